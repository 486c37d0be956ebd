import { readCaChain } from "./ca-chain";
import type { NameConstraints } from "./name-constraints";
import { readPemBlocks } from "./pem";

/** A certificate that a root outside has signed for a CA in Vault, and that root, checked. */
export interface SignedCa {
  certificatePem: string;
  rootPem: string;
  subject: string;
  rootSubject: string;
  notBefore: Date;
  notAfter: Date;
  rootNotAfter: Date;
  /** The certificate's, then the root's. */
  nameConstraints: NameConstraints[];
}

export interface ParsedSignedCa {
  /** There exactly when there are no faults. */
  signed?: SignedCa;
  /** All that is wrong, each with what to do. */
  faults: string[];
  /** What was put right or left out. */
  notes: string[];
}

/** Reads a signed certificate and its root from PEM text in any order. Never throws. */
export function parseSignedCa(pem: string, now = new Date()): ParsedSignedCa {
  const { blocks, faults: textFaults } = readPemBlocks(pem);
  if (blocks.some(({ label }) => label.endsWith("PRIVATE KEY"))) {
    return {
      faults: [
        "holds a private key, in clear: give certificates only, and make that key anew if anybody else can read this setting",
      ],
      notes: [],
    };
  }
  if (blocks.length === 0) {
    return { faults: textFaults, notes: [] };
  }
  const { intermediate, root, faults: chainFaults, notes } = readCaChain(blocks, now);
  const faults = [...textFaults, ...chainFaults];
  if (faults.length > 0 || !intermediate || !root) {
    return { faults, notes };
  }
  return {
    signed: {
      certificatePem: intermediate.pem,
      rootPem: root.pem,
      subject: intermediate.subject,
      rootSubject: root.subject,
      notBefore: intermediate.notBefore,
      notAfter: intermediate.notAfter,
      rootNotAfter: root.notAfter,
      nameConstraints: [intermediate, root].flatMap((certificate) => certificate.nameConstraints ?? []),
    },
    faults,
    notes,
  };
}
