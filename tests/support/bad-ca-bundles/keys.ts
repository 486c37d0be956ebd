import { createPrivateKey } from "node:crypto";
import {
  type Authority,
  encryptedKey,
  type KeyKind,
  makeAuthority,
  makeDsaKey,
  openssl,
  pemBlock,
  traditionalKey,
} from "../openssl-ca";
import type { BadBundle, BadBundleRow } from "./row";

const passphrase = "correct horse battery staple ü€";
const root = () => makeAuthority({ name: "Root" });
const intermediate = (key: KeyKind = "p-256") => makeAuthority({ name: "Intermediate", issuer: root(), key });
const other = () => makeAuthority({ name: "Other" });

/** A good chain with this in the place of its key. */
function withKey(
  keyPem: string,
  says: RegExp,
  more: Partial<BadBundle> = {},
  of = intermediate(),
): BadBundle {
  return { pem: of.certificatePem + keyPem + root().certificatePem, says, ...more };
}

const missing =
  /^caBundle: the key is encrypted and there is no passphrase: "pulumi config set --secret caPassphrase"$/;
const wrong =
  /^caBundle: the passphrase does not open the key: set caPassphrase to the intermediate key's own, not the root key's$/;
const dropped =
  /^caBundle: the key is encrypted with a cipher that OpenSSL 3 has dropped: encrypt it again with "openssl pkcs8/;
const absent = /^caBundle: there is no private key: add the intermediate's$/;
const unreadable = /^caBundle: the key cannot be read: it is damaged or of an unknown type; usable are RSA/;

const encryptions: [what: string, encrypt: (made: Authority, passphrase: string) => string][] = [
  ["as PKCS#8", (made, secret) => encryptedKey(made, secret)],
  ["by DEK-Info", (made, secret) => traditionalKey(made, secret)],
  ["in PKCS#12's way", (made, secret) => encryptedKey(made, secret, "PBE-SHA1-3DES")],
];

export const badKeys: BadBundleRow[] = [
  ...encryptions.flatMap(([what, encrypt]): BadBundleRow[] => [
    [
      `a key encrypted ${what} without a passphrase`,
      () => withKey(encrypt(intermediate(), passphrase), missing),
    ],
    [
      `a key encrypted ${what} with another passphrase`,
      () => withKey(encrypt(intermediate(), passphrase), wrong, { passphrase: "the root's 4711" }),
    ],
    [
      `a key encrypted ${what} with a line end after its passphrase`,
      () => withKey(encrypt(intermediate(), passphrase), wrong, { passphrase: `${passphrase}\n` }),
    ],
  ]),
  ["a key encrypted by DEK-Info with DES", () => withKey(withDes(), dropped, { passphrase })],
  ["a key encrypted as PKCS#8 with RC2", () => withKey(withRc2(), dropped, { passphrase })],
  [
    "another certificate's key",
    () =>
      withKey(other().keyPem, /does not match .*: give the key that its certificate request was made with$/, {
        about: [intermediate()],
      }),
  ],
  [
    "the root's key",
    () =>
      withKey(
        root().keyPem,
        /does not match .*: it is the root's: give the intermediate's, and keep the root's/,
        {
          about: [intermediate()],
        },
      ),
  ],
  [
    "a key of another type than the certificate's",
    () =>
      withKey(intermediate("ed25519").keyPem, /does not match .*: give the key that/, {
        about: [intermediate()],
      }),
  ],
  [
    "both keys",
    () =>
      withKey(
        intermediate().keyPem + root().keyPem,
        /^caBundle: there are 2 private keys: give only the intermediate's, the root's stays offline$/,
      ),
  ],
  ["no key", () => withKey("", absent)],
  [
    "the curve's parameters without the key",
    () => withKey(openssl(["ecparam", "-name", "prime256v1"]), absent),
  ],
  [
    "the public key instead of the key",
    () =>
      withKey(
        openssl(["pkey", "-in", intermediate().keyFile, "-pubout"]),
        /^caBundle: a public key is no private key: give the key that it was made from$/,
      ),
  ],
  [
    "only a key",
    () => ({
      pem: intermediate().keyPem,
      says: /^caBundle: there is no certificate, only other PEM blocks: add both$/,
    }),
  ],
  [
    "a key with the parameters of its curve written out",
    () =>
      withKey(
        openssl(["pkey", "-in", intermediate().keyFile, "-ec_param_enc", "explicit"]),
        /^caBundle: the key is of an unknown type \(ECDSA on a curve whose parameters are written out\): make a new key/,
      ),
  ],
  [
    "a DSA key",
    () => withKey(makeDsaKey().keyPem, /^caBundle: the key is of an unknown type \(dsa\): make a new key/),
  ],
  [
    "a DSA key under its own label",
    () =>
      withKey(
        traditionalKey(makeDsaKey()),
        /^caBundle: the key is of an unknown type \(DSA PRIVATE KEY\): .*give it as PKCS#8/,
      ),
  ],
  [
    "an SSH key",
    () =>
      withKey(
        pemBlock("OPENSSH PRIVATE KEY", Buffer.from("openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none")),
        /^caBundle: the key is of an unknown type \(OPENSSH PRIVATE KEY\): .*give it as PKCS#8/,
      ),
  ],
  ["a key without its first bytes", () => withKey(withoutFirstBytes(), unreadable)],
  [
    "a key whose block holds something else",
    () => withKey(pemBlock("PRIVATE KEY", Buffer.from("hello")), unreadable),
  ],
  ...(
    [
      ["p-256", "d"],
      ["rsa-2048", "d"],
      ["rsa-2048", "p"],
      ["rsa-2048", "dp"],
      ["rsa-2048", "dq"],
      ["rsa-2048", "qi"],
    ] as const
  ).map(([kind, part]): BadBundleRow => [
    `a ${kind} key with a wrong bit in its ${part}`,
    () =>
      withKey(
        damagedKey(intermediate(kind), part),
        /^caBundle: the key is damaged: its public part is that of the intermediate .*, but its secret parts are not: copy/,
        { about: [intermediate(kind)] },
        intermediate(kind),
      ),
  ]),
];

/** The key as PKCS#8 with one bit of one part turned over; its public part stays. */
function damagedKey({ keyPem }: Authority, part: "d" | "p" | "dp" | "dq" | "qi"): string {
  const key = createPrivateKey(keyPem);
  const der = key.export({ type: "pkcs8", format: "der" });
  const bytes = Buffer.from(key.export({ format: "jwk" })[part]!, "base64url");
  const last = der.indexOf(bytes) + bytes.length - 1;
  der[last] = der[last]! ^ 2;
  return pemBlock("PRIVATE KEY", der);
}

function withoutFirstBytes(): string {
  return pemBlock(
    "PRIVATE KEY",
    createPrivateKey(intermediate().keyPem).export({ type: "pkcs8", format: "der" }).subarray(3),
  );
}

/** As openssl 0.9 wrote it; what is encrypted does not matter, because the cipher is looked at first. */
function withDes(): string {
  return traditionalKey(intermediate(), passphrase).replace(
    /DEK-Info: .*/,
    "DEK-Info: DES-CBC,0123456789ABCDEF",
  );
}

/** The last number of the scheme is 3 for 3DES and 6 for RC2 of 40 bits: RFC 7292, appendix C. */
function withRc2(): string {
  const pem = encryptedKey(intermediate(), passphrase, "PBE-SHA1-3DES");
  const der = Buffer.from(pem.replace(/-----[A-Z ]+-----|\n/g, ""), "base64");
  const scheme = Buffer.from("2a864886f70d010c0103", "hex");
  der[der.indexOf(scheme) + scheme.length - 1] = 6;
  return pemBlock("ENCRYPTED PRIVATE KEY", der);
}
