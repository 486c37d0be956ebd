import { X509Certificate } from "node:crypto";
import { readPemBlocks } from "../components/internal/pem";

/** A root certificate that a machine is to trust. */
export interface Root {
  /** PEM, one block. */
  pem: string;
  /** On one line. */
  subject: string;
  /** SHA-256 in hexadecimal, without colons. */
  fingerprint: string;
  /** SHA-1 of the same, by which Windows and macOS name a certificate. */
  thumbprint: string;
  notBefore: Date;
  notAfter: Date;
}

/** A root and where its PEM is, for commands to read. */
export interface RootFile extends Root {
  file: string;
}

/**
 * The roots in PEM text, each once. What is not the self-signed certificate of a CA is a fault: to trust it would be of
 * no use, or would trust more than was meant.
 */
export function readRoots(text: string): { roots: Root[]; faults: string[] } {
  const { blocks, faults } = readPemBlocks(text);
  const roots: Root[] = [];
  for (const [index, { label, pem }] of blocks.entries()) {
    const what = `block ${index + 1}`;
    if (label !== "CERTIFICATE") {
      faults.push(
        `${what} is ${label.includes("KEY") ? "a key" : `a ${label}`}: give root certificates alone`,
      );
      continue;
    }
    const root = readRoot(pem);
    if (typeof root === "string") {
      faults.push(`${what} ${root}`);
    } else if (!roots.some(({ fingerprint }) => fingerprint === root.fingerprint)) {
      roots.push(root);
    }
  }
  return {
    roots,
    faults: text.includes("-----BEGIN ") ? faults : ["there is no root certificate in PEM text"],
  };
}

function readRoot(pem: string): Root | string {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return "cannot be read, it is damaged: copy it again from where it was made";
  }
  const subject = oneLine(certificate.subject);
  if (!certificate.ca) {
    return `"${subject}" is not a CA: give the root certificate, not one that was issued below it`;
  }
  if (!isSelfSigned(certificate)) {
    return `"${subject}" was issued by "${oneLine(certificate.issuer)}": give the root, which is signed by itself`;
  }
  return {
    pem,
    subject,
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    thumbprint: certificate.fingerprint.replaceAll(":", "").toLowerCase(),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
  };
}

function isSelfSigned(certificate: X509Certificate): boolean {
  try {
    return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
  } catch {
    return false;
  }
}

function oneLine(name: string): string {
  return name.split("\n").reverse().join(", ");
}

/** Why a root is of no use today. */
export function dateFaults(roots: Root[], now: Date): string[] {
  return roots.flatMap(({ subject, notBefore, notAfter }) => {
    if (now > notAfter) {
      return [`"${subject}" ended at ${notAfter.toISOString()}: nothing below it is trusted any more`];
    }
    if (now < notBefore) {
      return [`"${subject}" begins at ${notBefore.toISOString()}: wait, or set this machine's clock right`];
    }
    return [];
  });
}

/** What a person compares before trusting it. */
export function describeRoot({ subject, fingerprint, notAfter }: Root, now: Date): string {
  const days = Math.floor((notAfter.getTime() - now.getTime()) / 86_400_000);
  const left = days >= 0 ? `${days} days left` : "ended";
  const bytes = fingerprint.toUpperCase().match(/../g) ?? [];
  return [
    subject,
    `  SHA-256 ${bytes.join(":")}`,
    `  until ${notAfter.toISOString().slice(0, 10)}, ${left}`,
  ].join("\n");
}

/**
 * Whose a root in a trust store is. Every root that a stack has ever had bears the stack's name there, so that it can be
 * taken away again when the stack has forgotten it.
 */
export class Owner {
  readonly stack: string;

  constructor(stack: string) {
    // In lower case, because Java's keystores know no other.
    this.stack = stack.toLowerCase().replace(/[^a-z0-9_-]/g, "_");
  }

  nameOf({ fingerprint }: Pick<Root, "fingerprint">): string {
    return `cert-manager-vault-${this.stack}-${fingerprint.slice(0, 16)}`;
  }

  owns(name: string): boolean {
    const beginning = `cert-manager-vault-${this.stack}-`;
    return name.startsWith(beginning) && /^[0-9a-f]{16}$/.test(name.slice(beginning.length));
  }
}
