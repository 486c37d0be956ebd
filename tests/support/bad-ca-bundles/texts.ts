import { certificateRequest, makeAuthority, openssl, pemBlock } from "../openssl-ca";
import { goodBundle } from "../settings";
import type { BadBundle, BadBundleRow } from "./row";

const root = () => makeAuthority({ name: "Root" });
const intermediate = () => makeAuthority({ name: "Intermediate", issuer: root() });

const binary =
  /^caBundle: is a binary file, such as DER or PKCS#12: give .*"openssl pkcs12 -in FILE" write PEM/;
const utf16 = /^caBundle: is UTF-16 text: save .* in UTF-8$/;
const foreign =
  /^caBundle: holds no PEM block: give the intermediate certificate, its key and the root certificate as PEM/;
const notBase64 =
  /^caBundle: PEM block 2 \(PRIVATE KEY\) is damaged: what is between its lines is not base64: copy/;

/** What stands in the place of PEM, or is damaged as text. */
export const badTexts: BadBundleRow[] = [
  ["white space", () => text(" \n\t\n", /^caBundle: is empty: give the intermediate certificate, its key/)],
  ["the name of a file", () => text("./bundle.pem", foreign)],
  ["a page of an error", () => text("<html><body>404 Not Found</body></html>", foreign)],
  ["base64 without its lines", () => text(der(intermediate().certificateFile).toString("base64"), foreign)],
  ["an SSH public key", () => text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI owner@home", foreign)],
  [
    "a certificate in words only",
    () => text(openssl(["x509", "-in", root().certificateFile, "-text", "-noout"]), foreign),
  ],
  ["a certificate as DER", () => text(der(intermediate().certificateFile).toString("utf8"), binary)],
  ["a PKCS#12 file", () => text(pkcs12().toString("utf8"), binary)],
  [
    "UTF-16, as Windows saves it",
    () => text(Buffer.from(`\uFEFF${goodBundle()}`, "utf16le").toString("utf8"), utf16),
  ],
  [
    "UTF-16 of the other byte order",
    () => text(Buffer.from(goodBundle(), "utf16le").swap16().toString("utf8"), utf16),
  ],
  [
    "a certificate request instead of the intermediate",
    () => ({
      pem: certificateRequest(intermediate()) + intermediate().keyPem + root().certificatePem,
      says: /^caBundle: a certificate request is no certificate: give what the root made of it by signing it$/,
    }),
  ],
  [
    "a PKCS#7 block instead of both certificates",
    () => ({
      pem: pkcs7() + intermediate().keyPem,
      says: /^caBundle: a PKCS#7 block is no certificate: unpack it with "openssl pkcs7 -print_certs -in FILE"$/,
    }),
  ],
  [
    "a text that ends in the key",
    () => text(goodBundle().split("-----END PRIVATE KEY")[0]!, noEnd(2, "PRIVATE KEY")),
  ],
  [
    "a text that ends in the last line",
    () => text(goodBundle().trimEnd().slice(0, -1), noEnd(3, "CERTIFICATE")),
  ],
  [
    "a block that ends as another one",
    () => text(goodBundle().replace("END PRIVATE", "END EC PRIVATE"), noEnd(2, "PRIVATE KEY")),
  ],
  [
    "a BEGIN line without its last dashes",
    () =>
      text(
        goodBundle().replace("BEGIN PRIVATE KEY-----", "BEGIN PRIVATE KEY---"),
        /^caBundle: PEM block 2 has a damaged BEGIN line: copy the file again, from its BEGIN line to its END line$/,
      ),
  ],
  [
    "a key that lacks one character",
    () =>
      text(
        changedKey((line) => line.slice(1)),
        notBase64,
      ),
  ],
  [
    "a key with an ellipsis",
    () =>
      text(
        changedKey((line) => `${line.slice(0, 20)}…`),
        notBase64,
      ),
  ],
  [
    "a block with nothing in it",
    () =>
      text(
        changedKey(() => ""),
        notBase64,
      ),
  ],
  [
    "a certificate that lacks a line",
    () =>
      text(
        withoutLine(intermediate().certificatePem, 3) + intermediate().keyPem + root().certificatePem,
        /^caBundle: certificate 1 of the bundle cannot be read, it is damaged: copy it again/,
      ),
  ],
  [
    "a root whose block holds something else",
    () =>
      text(
        intermediate().certificatePem + intermediate().keyPem + pemBlock("CERTIFICATE", Buffer.from("hello")),
        /^caBundle: certificate 2 of the bundle cannot be read, it is damaged: copy it again/,
      ),
  ],
  [
    "one wrong bit in the intermediate's signature",
    () => ({
      pem: wrongSignature(intermediate().certificateFile) + intermediate().keyPem + root().certificatePem,
      about: [intermediate(), root()],
      says: /^caBundle: the intermediate .* is not signed with that root's key: give the root that signed it/,
    }),
  ],
  [
    "one wrong bit in the root's signature",
    () => ({
      pem: intermediate().certificatePem + intermediate().keyPem + wrongSignature(root().certificateFile),
      about: [root()],
      says: /^caBundle: the root .* names itself as its issuer but is not signed with its own key: copy it again/,
    }),
  ],
];

function text(pem: string, says: RegExp): BadBundle {
  return { pem, says };
}

function noEnd(position: number, label: string): RegExp {
  return new RegExp(`^caBundle: PEM block ${position} \\(${label}\\) has no END line: copy the file again`);
}

function der(certificateFile: string): Buffer {
  return Buffer.from(
    openssl(["x509", "-in", certificateFile, "-outform", "der"], "", {}, "latin1"),
    "latin1",
  );
}

/** The last byte of a certificate is the last of its signature. */
function wrongSignature(certificateFile: string): string {
  const bytes = der(certificateFile);
  bytes[bytes.length - 1] = bytes.at(-1)! ^ 1;
  return pemBlock("CERTIFICATE", bytes);
}

function pkcs12(): Buffer {
  const { certificateFile, keyFile } = intermediate();
  const files = ["-in", certificateFile, "-inkey", keyFile, "-certfile", root().certificateFile];
  return Buffer.from(
    openssl(["pkcs12", "-export", ...files, "-passout", "pass:"], "", {}, "latin1"),
    "latin1",
  );
}

function pkcs7(): string {
  const files = [intermediate(), root()].flatMap(({ certificateFile }) => ["-certfile", certificateFile]);
  return openssl(["crl2pkcs7", "-nocrl", ...files]);
}

/** A good bundle with the first line of its key changed and the others left out. */
function changedKey(change: (line: string) => string): string {
  return goodBundle().replace(
    /(-----BEGIN PRIVATE KEY-----\n)([^\n]*)[^-]*/,
    (_whole, begin: string, line: string) => `${begin}${change(line)}\n`,
  );
}

function withoutLine(pem: string, index: number): string {
  return pem
    .split("\n")
    .filter((_line, position) => position !== index)
    .join("\n");
}
