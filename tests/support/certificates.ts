import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const crypto = webcrypto as unknown as Crypto;

/** A certificate with its key, as PEM and as objects for signing further ones. */
export interface MadeCertificate {
  certificate: x509.X509Certificate;
  keys: CryptoKeyPair;
  certificatePem: string;
  keyPem: string;
}

interface CertificateWish {
  name: string;
  /** Self-signed without. */
  issuer?: MadeCertificate;
  authority?: boolean;
  dnsNames?: string[];
  ipAddresses?: string[];
  /** Further ones. */
  extensions?: x509.Extension[];
}

/** Makes a P-256 certificate that is good for an hour. */
export async function makeCertificate(wish: CertificateWish): Promise<MadeCertificate> {
  x509.cryptoProvider.set(crypto);
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const alternativeNames = [
    ...(wish.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(wish.ipAddresses ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(wish.authority ?? false, undefined, true),
    ...(alternativeNames.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternativeNames)] : []),
    ...(wish.extensions ?? []),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${wish.name}`,
    issuer: wish.issuer?.certificate.subject ?? `CN=${wish.name}`,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3600_000),
    publicKey: keys.publicKey,
    signingKey: (wish.issuer?.keys ?? keys).privateKey,
    signingAlgorithm: algorithm,
    extensions,
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate,
    keys,
    certificatePem: `${certificate.toString("pem")}\n`,
    keyPem: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n`,
  };
}
