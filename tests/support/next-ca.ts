import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { inLab } from "./lab";

/** What its owner gives the program of an offline CA. */
export interface GivenCa {
  /** PEM: intermediate, encrypted key and root. */
  bundle: string;
  passphrase: string;
}

/** Directory of the lab's offline CA, which lies outside the cluster. */
async function offlineCa(): Promise<string> {
  const rootCertificate = (await inLab(["printenv", "VAULT_CACERT"])).trim();
  return path.dirname(path.dirname(rootCertificate));
}

/** A further intermediate, with a key of its own, that the lab's root has signed. */
export async function anotherIntermediate(name: string): Promise<GivenCa> {
  const directory = await offlineCa();
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
  const file = (part: string) => `intermediate/${part}.pem`;
  const [key, request, certificate] = [
    file(`private/${name}.key`),
    file(`csr/${name}.csr`),
    file(`certs/${name}.cert`),
  ];
  const passphrase = "file:private/passphrase";
  openssl("genrsa", "-aes256", "-passout", passphrase, "-out", key, "2048");
  const subject = `/C=US/O=Home Lab/CN=Home Lab Intermediate CA ${name}`;
  const made = ["-key", key, "-passin", passphrase, "-subj", subject, "-out", request];
  openssl("req", "-config", "openssl.cnf", "-new", "-sha256", ...made);
  openssl(
    ...["ca", "-config", "openssl.cnf", "-batch", "-notext", "-md", "sha256", "-days", "3650"],
    ...["-extensions", "v3_intermediate_ca", "-passin", passphrase, "-in", request, "-out", certificate],
  );
  const read = (part: string) => readFileSync(path.join(directory, part), "utf8");
  return {
    bundle: [certificate, key, "certs/ca.cert.pem"].map(read).join(""),
    passphrase: read("private/passphrase"),
  };
}
