import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { readNameConstraints, type NameConstraints } from "./name-constraints";
import type { PemBlock } from "./pem";
import { keyFault, newKey } from "./private-key";

/** What of a CA certificate decides whether Vault can work with it. */
export interface CaCertificate {
  /** Written anew: Go's readers pass over blocks with another label, with headers or with trust settings. */
  pem: string;
  /** Subject and serial, the way messages name the certificate. */
  title: string;
  subject: string;
  issuer: string;
  /** SHA-256 of the certificate. */
  fingerprint: string;
  notBefore: Date;
  notAfter: Date;
  isCa: boolean;
  pathLength?: number;
  /** Absent when the certificate does not limit what its key is used for. */
  keyUsages?: x509.KeyUsageFlags;
  extendedKeyUsages?: string[];
  nameConstraints?: NameConstraints;
  /** What Vault and browsers refuse; absent for a signature that they take. */
  weakSignature?: string;
  /** Named and signed by itself. */
  selfSigned: boolean;
  x509: X509Certificate;
}

export function isCertificate(block: PemBlock): boolean {
  return /^((X509|TRUSTED) )?CERTIFICATE$/.test(block.label);
}

export function readCertificate(
  block: PemBlock,
  position: number,
): { certificate?: CaCertificate; fault?: string } {
  let title = `${position} of the bundle`;
  try {
    const certificate = new X509Certificate(block.pem);
    title = `"${oneLine(certificate.subject)}" (serial ${certificate.serialNumber})`;
    return { certificate: parse(certificate, title) };
  } catch {
    return {
      fault: `certificate ${title} cannot be read, it is damaged: copy it again from where it was made`,
    };
  }
}

function parse(certificate: X509Certificate, title: string): CaCertificate {
  const parsed = new x509.X509Certificate(certificate.raw);
  const basicConstraints = parsed.getExtension(x509.BasicConstraintsExtension);
  return {
    pem: certificate.toString(),
    title,
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    fingerprint: certificate.fingerprint256,
    notBefore: parsed.notBefore,
    notAfter: parsed.notAfter,
    isCa: basicConstraints?.ca ?? false,
    pathLength: basicConstraints?.pathLength,
    keyUsages: parsed.getExtension(x509.KeyUsagesExtension)?.usages,
    extendedKeyUsages: parsed
      .getExtension(x509.ExtendedKeyUsageExtension)
      ?.usages.map((usage) => String(usage)),
    nameConstraints: readNameConstraints(parsed, title),
    weakSignature: weakSignature(parsed.signatureAlgorithm),
    selfSigned: certificate.subject === certificate.issuer && isSignedBy(certificate, certificate),
    x509: certificate,
  };
}

// The reader knows no name for what came before SHA-1, nor for what came after SHA-2.
function weakSignature(algorithm: { name: string; hash?: { name: string } }): string | undefined {
  const { name, hash } = algorithm;
  if (name === "Ed25519" || /^SHA-(256|384|512)$/.test(hash?.name ?? "")) {
    return undefined;
  }
  const md5WithRsa = "1.2.840.113549.1.1.4";
  return hash?.name ?? (name === md5WithRsa ? "MD5" : `an algorithm of its own (${name})`);
}

/** Whether the signature, not only the name, is the issuer's. */
export function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** Why a certificate could not stand above Vault's issuing CA, whichever place in the chain it has. */
export function caFaults(certificate: CaCertificate, role: "intermediate" | "root", now: Date): string[] {
  const faults: string[] = [];
  const found = (what: string) => faults.push(`the ${role} ${certificate.title} ${what}`);
  const again = `have it issued again with ${role === "root" ? "the [ v3_ca ]" : "the [ v3_intermediate_ca ]"} section of openssl.cnf`;

  if (now < certificate.notBefore) {
    found(
      `is not valid before ${certificate.notBefore.toISOString()}: check this machine's clock, or have it issued again`,
    );
  }
  if (now > certificate.notAfter) {
    found(`expired at ${certificate.notAfter.toISOString()}: have it issued again for a longer time`);
  }
  if (!certificate.isCa) {
    found(`is not a CA: ${again} and basicConstraints = critical, CA:true`);
  }
  const usages = certificate.keyUsages;
  if (usages !== undefined && (usages & x509.KeyUsageFlags.keyCertSign) === 0) {
    found(
      `may not sign certificates (keyUsage has no keyCertSign): ${again} and keyUsage = keyCertSign, cRLSign`,
    );
  }
  const extended = certificate.extendedKeyUsages;
  const forServers: string[] = [x509.ExtendedKeyUsage.serverAuth, "2.5.29.37.0"];
  if (extended && !extended.some((usage) => forServers.includes(usage))) {
    found(
      "limits everything below it to other uses than TLS servers (extendedKeyUsage has no serverAuth): " +
        again,
    );
  }
  const weakness = publicKeyFault(certificate.x509);
  if (weakness) {
    found(`has a key that ${weakness}`);
  }
  // Nobody checks a root's signature by itself.
  if (role === "intermediate" && certificate.weakSignature) {
    found(
      `is signed with ${certificate.weakSignature}, which Vault and browsers refuse: have it signed with -sha256`,
    );
  }
  return faults;
}

function publicKeyFault(certificate: X509Certificate): string | undefined {
  let key;
  try {
    key = certificate.publicKey;
  } catch {
    return `OpenSSL cannot read: ${newKey}`;
  }
  return keyFault(key);
}

/** Whether the certificate limits its key to uses among which CRLs are not. */
export function mayNotSignCrls(certificate: CaCertificate): boolean {
  const usages = certificate.keyUsages;
  return usages !== undefined && (usages & x509.KeyUsageFlags.cRLSign) === 0;
}

function oneLine(name: string): string {
  return name.split("\n").join(", ");
}
