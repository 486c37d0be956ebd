import { matchFaults, readKey, isKey } from "./bundle-key";
import { mistakenFaults, readBundleBlocks, unneededNotes } from "./ca-bundle";
import { readLoneRoot } from "./ca-chain";
import { isCertificate, mayNotSignCrls } from "./certificate";
import type { NameConstraints } from "./name-constraints";
import { writeKey } from "./private-key";

/** The owner's root, checked and decrypted. Every PEM text is one block and ends with a line end. */
export interface RootBundle {
  rootPem: string;
  /** The root's key, decrypted, PKCS#8; absent when it was not given. Secret. */
  keyPem?: string;
  /** SHA-256 of the certificate. */
  fingerprint: string;
  rootSubject: string;
  rootNotBefore: Date;
  rootNotAfter: Date;
  nameConstraints: NameConstraints[];
}

export interface ParsedRootBundle {
  /** There exactly when there are no faults. */
  bundle?: RootBundle;
  /** All that is wrong, each with what to do; no secrets. */
  faults: string[];
  /** What was put right or left out; no secrets. */
  notes: string[];
}

/** Reads a root certificate and its key, which may be missing, from PEM text or a PKCS#12 file as base64. Never throws. */
export function parseRootBundle(
  text: string,
  passphrase: string | undefined,
  now = new Date(),
): ParsedRootBundle {
  const { blocks, faults: textFaults, keyPassphrase } = readBundleBlocks(text, passphrase);
  if (blocks.length === 0) {
    return { faults: textFaults, notes: [] };
  }
  const { root, faults: rootFaults, notes: rootNotes } = readLoneRoot(blocks, now);
  const given = blocks.some(isKey);
  const read = given ? readKey(blocks, keyPassphrase, "root") : { faults: [], notes: [] };
  const faults = [
    ...textFaults,
    ...rootFaults,
    ...(blocks.some(isCertificate) ? [] : ["there is no certificate: add the root's"]),
    ...(read.key ? matchFaults({ key: read.key, faults: read.faults }, "root", root) : read.faults),
    ...mistakenFaults(blocks),
  ];
  const notes = [...unneededNotes(blocks), ...rootNotes, ...read.notes];
  if (faults.length > 0 || !root) {
    return { faults, notes };
  }
  if (mayNotSignCrls(root)) {
    notes.push(`${root.title} may not sign CRLs (keyUsage has no cRLSign): Vault will publish none for it`);
  }
  return {
    bundle: {
      rootPem: root.pem,
      keyPem: read.key && writeKey(read.key),
      fingerprint: root.fingerprint,
      rootSubject: root.subject,
      rootNotBefore: root.notBefore,
      rootNotAfter: root.notAfter,
      nameConstraints: root.nameConstraints ? [root.nameConstraints] : [],
    },
    faults,
    notes,
  };
}
