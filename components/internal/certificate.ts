import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { readNameConstraints, type NameConstraints } from "./name-constraints";
import type { PemBlock } from "./pem";
import { keyFault } from "./private-key";

/** What of a CA certificate decides whether Vault can work with it. */
export interface CaCertificate {
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
  signatureHash?: string;
  /** Named and signed by itself. */
  selfSigned: boolean;
  x509: X509Certificate;
}

export function readCertificate(
  block: PemBlock,
  position: number,
): { certificate?: CaCertificate; fault?: string } {
  try {
    return { certificate: parse(block) };
  } catch {
    return {
      fault: `certificate ${position} of the bundle cannot be read: it is damaged, or its key is of an unknown type; copy it again`,
    };
  }
}

function parse(block: PemBlock): CaCertificate {
  const certificate = new X509Certificate(block.pem);
  const parsed = new x509.X509Certificate(certificate.raw);
  const basicConstraints = parsed.getExtension(x509.BasicConstraintsExtension);
  const subject = oneLine(certificate.subject);
  const title = `"${subject}" (serial ${certificate.serialNumber})`;
  return {
    pem: block.pem,
    title,
    subject,
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
    signatureHash: "hash" in parsed.signatureAlgorithm ? parsed.signatureAlgorithm.hash.name : undefined,
    selfSigned: certificate.subject === certificate.issuer && isSignedBy(certificate, certificate),
    x509: certificate,
  };
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
  const weakness = keyFault(certificate.x509.publicKey);
  if (weakness) {
    found(`has a key that ${weakness}`);
  }
  // Nobody checks a root's signature by itself.
  if (role === "intermediate" && ["SHA-1", "MD5"].includes(certificate.signatureHash ?? "")) {
    found(
      `is signed with ${certificate.signatureHash}, which Vault and browsers refuse: have it signed with -sha256`,
    );
  }
  return faults;
}

/** Whether the certificate limits its key to uses among which CRLs are not. */
export function mayNotSignCrls(certificate: CaCertificate): boolean {
  const usages = certificate.keyUsages;
  return usages !== undefined && (usages & x509.KeyUsageFlags.cRLSign) === 0;
}

function oneLine(name: string): string {
  return name.split("\n").join(", ");
}
