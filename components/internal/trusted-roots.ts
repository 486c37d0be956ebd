import { isCertificate, readCertificate, type CaCertificate } from "./certificate";
import { certificateBlocks, readPemBlocks } from "./pem";

/** Root certificates read from PEM text, and what is wrong with it, each reading on after the setting's name. */
export interface ReadRoots {
  roots: CaCertificate[];
  faults: string[];
}

/** Reads certificates that are to be trusted, which self-signed CAs alone can be. Empty text is none. */
export function readRoots(pem: string): ReadRoots {
  if (pem.trim() === "") {
    return { roots: [], faults: [] };
  }
  const { blocks, faults } = readPemBlocks(pem);
  const roots: CaCertificate[] = [];
  for (const block of blocks.filter((one) => !isCertificate(one))) {
    faults.push(
      block.label.endsWith("PRIVATE KEY")
        ? "holds a private key, in clear: give certificates only, and no longer use what that key belongs to"
        : `holds a PEM block ${block.label}: give certificates only`,
    );
  }
  blocks.filter(isCertificate).forEach((block, index) => {
    const { certificate, fault } = readCertificate(block, index + 1);
    if (!certificate) {
      faults.push(fault!);
    } else if (!certificate.selfSigned) {
      faults.push(
        `holds ${certificate.title}, which was issued by "${certificate.issuer}": give the self-signed root at the top`,
      );
    } else if (!certificate.isCa) {
      faults.push(`holds ${certificate.title}, which is not a CA: give the root that signs the others`);
    } else {
      roots.push(certificate);
    }
  });
  return { roots, faults };
}

/** PEM: all these certificates, each once. */
export function joinRoots(...pem: string[]): string {
  return [...new Set(pem.flatMap(certificateBlocks))].join("");
}

/**
 * Whether two CAs are one in Vault's eyes, which tells CAs apart by subject and key: below both of them a chain would
 * fork, and cert-manager refuses a chain that is not a straight line.
 */
export function isSameAuthority(one: CaCertificate, other: CaCertificate): boolean {
  return (
    one.fingerprint !== other.fingerprint &&
    one.subject === other.subject &&
    one.x509.publicKey.equals(other.x509.publicKey)
  );
}
