import { execFileSync } from "node:child_process";
import { randomBytes, X509Certificate } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";

/** The owner's offline CA: what the home lab's owner had before Vault, and hands to the program. */
export interface OfflineCa {
  /** Path of the root certificate, all that a client trusts. */
  rootCertificate: string;
  rootCommonName: string;
  /** Path of the bundle: intermediate certificate, its encrypted key, root certificate. */
  bundle: string;
  /** Path of the passphrase of both keys; mode 0600. */
  passphrase: string;
}

const subject = (commonName: string): string => `/C=US/O=Home Lab/CN=${commonName}`;
const rootCommonName = "Home Lab Root CA";

/** Makes the offline CA with openssl, as its owner did by hand, unless it is there. Takes a few seconds. */
export function ensureOfflineCa(directory: string): OfflineCa {
  const bundle = path.join(directory, "bundle.pem");
  if (!existsSync(bundle)) {
    // Left by an interrupted run: a CA with half its files is of no use.
    rmSync(directory, { recursive: true, force: true });
    prepareDirectories(directory);
    makeRoot(directory);
    makeIntermediate(directory);
    const parts = ["intermediate/certs/intermediate.cert.pem", keyFile("intermediate"), "certs/ca.cert.pem"];
    const text = parts.map((part) => readFileSync(path.join(directory, part), "utf8")).join("");
    writeFileSync(bundle, text, { mode: 0o600 });
  }
  const rootCertificate = path.join(directory, "certs/ca.cert.pem");
  return {
    rootCertificate,
    rootCommonName: commonNameOf(rootCertificate),
    bundle,
    passphrase: path.join(directory, "private/passphrase"),
  };
}

function prepareDirectories(directory: string): void {
  for (const authority of [directory, path.join(directory, "intermediate")]) {
    for (const name of ["certs", "csr", "newcerts"])
      mkdirSync(path.join(authority, name), { recursive: true });
    mkdirSync(path.join(authority, "private"), { mode: 0o700 });
    writeFileSync(path.join(authority, "index.txt"), "");
    writeFileSync(path.join(authority, "serial"), "1000\n");
  }
  copyFileSync(path.join(__dirname, "offline-ca.cnf"), path.join(directory, "openssl.cnf"));
  writeFileSync(path.join(directory, "private/passphrase"), randomBytes(24).toString("base64url"), {
    mode: 0o600,
  });
}

function makeRoot(directory: string): void {
  makeEncryptedKey(directory, keyFile("ca"));
  openssl(directory, [
    ...["req", "-config", "openssl.cnf", "-new", "-x509", "-days", "7300", "-sha256", "-extensions", "v3_ca"],
    ...["-key", keyFile("ca"), "-passin", "file:private/passphrase"],
    ...["-subj", subject(rootCommonName), "-out", "certs/ca.cert.pem"],
  ]);
}

function makeIntermediate(directory: string): void {
  const request = "intermediate/csr/intermediate.csr.pem";
  makeEncryptedKey(directory, keyFile("intermediate"));
  openssl(directory, [
    ...["req", "-config", "openssl.cnf", "-new", "-sha256"],
    ...["-key", keyFile("intermediate"), "-passin", "file:private/passphrase"],
    ...["-subj", subject("Home Lab Intermediate CA"), "-out", request],
  ]);
  openssl(directory, [
    ...["ca", "-config", "openssl.cnf", "-batch", "-notext", "-md", "sha256", "-days", "3650"],
    ...["-extensions", "v3_intermediate_ca", "-passin", "file:private/passphrase"],
    ...["-in", request, "-out", "intermediate/certs/intermediate.cert.pem"],
  ]);
}

function keyFile(authority: "ca" | "intermediate"): string {
  return authority === "ca" ? "private/ca.key.pem" : "intermediate/private/intermediate.key.pem";
}

function makeEncryptedKey(directory: string, file: string): void {
  openssl(directory, ["genrsa", "-aes256", "-passout", "file:private/passphrase", "-out", file, "4096"]);
}

// The passphrase goes by file, never by an argument that every process on the machine could read.
function openssl(directory: string, args: string[]): void {
  execFileSync("openssl", args, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
}

function commonNameOf(certificate: string): string {
  const lines = new X509Certificate(readFileSync(certificate)).subject.split("\n");
  return lines.find((line) => line.startsWith("CN="))?.slice("CN=".length) ?? "";
}
