import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

const keyArguments = {
  "p-256": ["-newkey", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "p-384": ["-newkey", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "p-521": ["-newkey", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
  secp256k1: ["-newkey", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
  "p-256 with explicit parameters": [
    ...["-newkey", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ...["-pkeyopt", "ec_param_enc:explicit"],
  ],
  ed25519: ["-newkey", "ED25519"],
  ed448: ["-newkey", "ED448"],
  "rsa-2048": ["-newkey", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  "rsa-pss": ["-newkey", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
  "rsa-1024": ["-newkey", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
};

export type KeyKind = keyof typeof keyArguments;

/** What a CA certificate is to be like; the good defaults are those of the usual offline CA. */
export interface AuthorityWish {
  name: string;
  /** Self-signed without. */
  issuer?: Authority;
  key?: KeyKind;
  /** Another certificate for the key that this one has. */
  keyOf?: Authority;
  /** Lines of openssl.cnf; undefined leaves the extension out. */
  basicConstraints?: string;
  keyUsage?: string;
  extendedKeyUsage?: string;
  nameConstraints?: string;
  notBefore?: Date;
  notAfter?: Date;
  digest?: "sha1" | "md5";
  /** Tells apart two that are alike otherwise. */
  copy?: number;
}

/** A CA as its owner has it: the certificate and the key, which is PKCS#8 and not encrypted. */
export interface Authority {
  certificatePem: string;
  keyPem: string;
  certificateFile: string;
  keyFile: string;
}

const day = 86_400_000;

/** A whole day before and many after, so that no test depends on the hour. */
const defaults = {
  key: "p-256" as KeyKind,
  basicConstraints: "critical, CA:true",
  keyUsage: "critical, keyCertSign, cRLSign",
  notBefore: daysFromNow(-1),
  notAfter: daysFromNow(3650),
} satisfies Partial<AuthorityWish>;

let made: string | undefined;
const authorities = new Map<string, Authority>();

export function daysFromNow(days: number): Date {
  // To the second, as certificates have it.
  return new Date(Math.floor((Date.now() + days * day) / 1000) * 1000);
}

/** Runs openssl in the fixtures' directory; what it writes to standard output, which is latin1 where it is binary. */
export function openssl(
  args: string[],
  input = "",
  environment: NodeJS.ProcessEnv = {},
  encoding: BufferEncoding = "utf8",
): string {
  return execFileSync("openssl", args, {
    cwd: directory(),
    input,
    encoding,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
}

/** Makes a CA certificate; the same wish gives the same certificate for as long as the run lasts. */
export function makeAuthority(wish: AuthorityWish): Authority {
  const full = { ...defaults, ...wish };
  const id = createHash("sha256")
    .update(JSON.stringify({ ...full, issuer: wish.issuer?.certificatePem, keyOf: wish.keyOf?.keyFile }))
    .digest("hex");
  const known = authorities.get(id);
  if (known) {
    return known;
  }
  const file = (end: string) => path.join(directory(), `${id.slice(0, 16)}${end}`);
  const authority = issue(full, wish.keyOf?.keyFile ?? file(".key"), file);
  authorities.set(id, authority);
  return authority;
}

/** Subject and serial, as messages name a certificate. */
export function titleOf({ certificatePem }: Authority): string {
  const { subject, serialNumber } = new X509Certificate(certificatePem);
  return `"${subject.split("\n").join(", ")}" (serial ${serialNumber})`;
}

/** A DSA key as PKCS#8, with parameters of 1024 bits, because longer ones take long. */
export function makeDsaKey(): Pick<Authority, "keyPem" | "keyFile"> {
  const keyFile = path.join(directory(), "dsa.key");
  if (!existsSync(keyFile)) {
    const parameters = ["-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:1024"];
    openssl(["genpkey", ...parameters, "-out", "dsa.parameters"]);
    openssl(["genpkey", "-paramfile", "dsa.parameters", "-out", keyFile]);
  }
  return { keyFile, keyPem: readFileSync(keyFile, "utf8") };
}

/** The key under the label of its own kind, such as `EC PRIVATE KEY`; with a passphrase, encrypted by DEK-Info. */
export function traditionalKey({ keyFile }: Pick<Authority, "keyFile">, passphrase?: string): string {
  const encryption = passphrase === undefined ? [] : ["-aes256", "-passout", "env:PASSPHRASE"];
  return openssl(["pkey", "-traditional", "-in", keyFile, ...encryption], "", { PASSPHRASE: passphrase });
}

/** The key as PKCS#8, encrypted; PBES2 unless another scheme such as `PBE-SHA1-3DES` is named. */
export function encryptedKey({ keyFile }: Authority, passphrase: string, oldScheme?: string): string {
  const scheme = oldScheme ? ["-v1", oldScheme] : ["-v2", "aes-256-cbc"];
  return openssl(["pkcs8", "-topk8", "-in", keyFile, ...scheme, "-passout", "env:PASSPHRASE"], "", {
    PASSPHRASE: passphrase,
  });
}

/** Certificate, key and further certificates as a PKCS#12 file. */
export function pkcs12File(
  { certificatePem, keyFile }: Authority,
  further: Authority[],
  passphrase: string,
  ...options: string[]
): Buffer {
  const file = openssl(
    ["pkcs12", "-export", "-inkey", keyFile, "-passout", "env:PASSPHRASE", ...options],
    certificatePem + further.map((one) => one.certificatePem).join(""),
    { PASSPHRASE: passphrase },
    "latin1",
  );
  return Buffer.from(file, "latin1");
}

/** The PKCS#10 request that the certificate was made from. */
export function certificateRequest({ certificateFile, keyFile }: Authority): string {
  return openssl(["x509", "-x509toreq", "-in", certificateFile, "-signkey", keyFile]);
}

/** Any bytes as a PEM block. */
export function pemBlock(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** What `openssl x509 -text` prints: the certificate in words and then as PEM. */
export function certificateInWords({ certificateFile }: Authority): string {
  return openssl(["x509", "-in", certificateFile, "-text"]);
}

/** What a CRL is to be like. */
export interface CrlWish {
  authority: Authority;
  thisUpdate: Date;
  nextUpdate: Date;
  /** Number of certificates on it. Default none. */
  revoked?: number;
  /** Of the first version, without extensions. */
  version1?: boolean;
}

/** A CRL in DER. */
export function makeCrl({
  authority,
  thisUpdate,
  nextUpdate,
  revoked = 0,
  version1 = false,
}: CrlWish): Buffer {
  const file = (end: string) => path.join(directory(), `crl.${end}`);
  const serial = (index: number) => (index + 1).toString(16).toUpperCase().padStart(40, "0");
  const lines = Array.from({ length: revoked }, (_, index) =>
    ["R", "490101000000Z", "250101000000Z", serial(index), "unknown", "/CN=revoked\n"].join("\t"),
  );
  writeFileSync(file("index"), lines.join(""));
  writeFileSync(file("number"), "01\n");
  const number = version1 ? "" : `crlnumber = ${file("number")}\n`;
  writeFileSync(
    file("cnf"),
    `[ ca ]\ndefault_ca = crl\n[ crl ]\ndatabase = ${file("index")}\ndefault_md = sha256\n${number}`,
  );
  const times = ["-crl_lastupdate", asn1Time(thisUpdate), "-crl_nextupdate", asn1Time(nextUpdate)];
  const signer = ["-cert", authority.certificateFile, "-keyfile", authority.keyFile];
  const pem = openssl(["ca", "-gencrl", "-config", file("cnf"), ...signer, ...times]);
  return Buffer.from(openssl(["crl", "-outform", "DER"], pem, {}, "latin1"), "latin1");
}

function issue(
  wish: AuthorityWish & typeof defaults,
  keyFile: string,
  file: (end: string) => string,
): Authority {
  const { issuer, basicConstraints, keyUsage, extendedKeyUsage, nameConstraints } = wish;
  const extensions = { basicConstraints, keyUsage, extendedKeyUsage, nameConstraints };
  writeFileSync(file(".cnf"), configuration(extensions, wish.digest ?? "default"));
  writeFileSync(file(".index"), "");
  const environment = { INDEX: file(".index") };
  const subject = `/O=Home Lab/CN=${wish.name}`;
  const made = [...keyArguments[wish.key], "-noenc", "-keyout", keyFile];
  const key = wish.keyOf ? ["-key", keyFile] : made;
  openssl(
    ["req", "-new", "-config", file(".cnf"), ...key, "-subj", subject, "-out", file(".csr")],
    "",
    environment,
  );
  const signer = issuer
    ? ["-cert", issuer.certificateFile, "-keyfile", issuer.keyFile]
    : ["-selfsign", "-keyfile", keyFile];
  const dates = ["-startdate", asn1Time(wish.notBefore), "-enddate", asn1Time(wish.notAfter)];
  const files = ["-in", file(".csr"), "-out", file(".pem")];
  openssl(
    ["ca", "-batch", "-notext", "-config", file(".cnf"), ...signer, ...dates, ...files],
    "",
    environment,
  );
  return {
    certificatePem: readFileSync(file(".pem"), "utf8"),
    keyPem: readFileSync(keyFile, "utf8"),
    certificateFile: file(".pem"),
    keyFile,
  };
}

// `openssl ca` is the one command that takes both dates in OpenSSL 3.0, and it takes nothing but a file like this.
function configuration(extensions: Record<string, string | undefined>, digest: string): string {
  const lines = Object.entries(extensions).filter(([, value]) => value !== undefined);
  return `
[ ca ]
default_ca = authority
[ authority ]
database = $ENV::INDEX
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = ${digest}
policy = policy
x509_extensions = extensions
[ policy ]
organizationName = optional
commonName = supplied
[ req ]
distinguished_name = name
[ name ]
[ extensions ]
subjectKeyIdentifier = hash
${lines.map(([name, value]) => `${name} = ${value}`).join("\n")}
`;
}

function asn1Time(date: Date): string {
  return date.toISOString().replace(/[-:T]|\.[0-9]+/g, "");
}

function directory(): string {
  if (made === undefined) {
    const fresh = mkdtempSync(path.join(tmpdir(), "openssl-ca-"));
    process.once("exit", () => rmSync(fresh, { recursive: true, force: true }));
    made = fresh;
  }
  return made;
}
