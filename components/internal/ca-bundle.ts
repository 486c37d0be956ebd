import { isKey, matchFaults, readKey } from "./bundle-key";
import { readCaChain, type CaChain } from "./ca-chain";
import { isCertificate, mayNotSignCrls } from "./certificate";
import type { NameConstraints } from "./name-constraints";
import { readPemBlocks, type PemBlock } from "./pem";
import { unpackPkcs12 } from "./pkcs12";
import { writeKey } from "./private-key";

/** The owner's offline CA, checked, decrypted and in order. Every PEM text is one block and ends with a line end. */
export interface CaBundle {
  intermediatePem: string;
  /** The intermediate's key, decrypted, PKCS#8. Secret. */
  keyPem: string;
  rootPem: string;
  intermediateSubject: string;
  rootSubject: string;
  intermediateNotBefore: Date;
  intermediateNotAfter: Date;
  rootNotBefore: Date;
  rootNotAfter: Date;
  /** How many CAs the intermediate allows below itself; absent when any number. */
  pathLength?: number;
  /** The intermediate's, then the root's. */
  nameConstraints: NameConstraints[];
}

export interface ParsedCaBundle {
  /** There exactly when there are no faults. */
  bundle?: CaBundle;
  /** All that is wrong, each with what to do; no secrets. */
  faults: string[];
  /** What was put right or left out; no secrets. */
  notes: string[];
}

/**
 * Reads the intermediate certificate, its key and the root certificate from PEM text in any order, or from a PKCS#12
 * file as base64. Never throws.
 */
export function parseCaBundle(
  text: string,
  passphrase: string | undefined,
  now = new Date(),
): ParsedCaBundle {
  const { blocks, faults: textFaults, keyPassphrase } = readBundleBlocks(text, passphrase);
  if (blocks.length === 0) {
    return { faults: textFaults, notes: [] };
  }
  const chain = readCaChain(blocks, now);
  const { intermediate, root } = chain;
  const { key, faults: keyFaults, notes: keyNotes } = readKey(blocks, keyPassphrase, "intermediate");
  const faults = [
    ...textFaults,
    ...chain.faults,
    ...(blocks.some(isCertificate) ? [] : ["there is no certificate, only other PEM blocks: add both"]),
    ...(key ? matchFaults({ key, faults: keyFaults }, "intermediate", intermediate, root) : keyFaults),
    ...mistakenFaults(blocks),
  ];
  const notes = [...orderNotes(blocks, chain), ...chain.notes, ...keyNotes];
  if (faults.length > 0 || !intermediate || !root || !key) {
    return { faults, notes };
  }
  if (mayNotSignCrls(intermediate)) {
    notes.push(
      `${intermediate.title} may not sign CRLs (keyUsage has no cRLSign): Vault will publish none for it`,
    );
  }
  return {
    bundle: {
      intermediatePem: intermediate.pem,
      keyPem: writeKey(key),
      rootPem: root.pem,
      intermediateSubject: intermediate.subject,
      rootSubject: root.subject,
      intermediateNotBefore: intermediate.notBefore,
      intermediateNotAfter: intermediate.notAfter,
      rootNotBefore: root.notBefore,
      rootNotAfter: root.notAfter,
      pathLength: intermediate.pathLength,
      nameConstraints: [intermediate, root].flatMap((certificate) => certificate.nameConstraints ?? []),
    },
    faults,
    notes,
  };
}

/** The blocks of a bundle, whatever it came in, and the passphrase that its key may still want. */
export function readBundleBlocks(
  text: string,
  passphrase: string | undefined,
): { blocks: PemBlock[]; faults: string[]; keyPassphrase?: string } {
  const unpacked = unpackPkcs12(text, passphrase);
  if (!unpacked) {
    return { ...readPemBlocks(text), keyPassphrase: passphrase };
  }
  return unpacked.pem === undefined ? { blocks: [], faults: [unpacked.fault!] } : readPemBlocks(unpacked.pem);
}

/** Blocks that were given where a certificate or the key is missing. */
export function mistakenFaults(blocks: PemBlock[]): string[] {
  const given = (label: RegExp) => blocks.some((block) => label.test(block.label));
  const faults: string[] = [];
  if (given(/CERTIFICATE REQUEST$/) && blocks.filter(isCertificate).length < 2) {
    faults.push("a certificate request is no certificate: give what the root made of it by signing it");
  }
  if (given(/^(PKCS7|CMS|PKCS #7 SIGNED DATA)$/) && blocks.filter(isCertificate).length < 2) {
    faults.push('a PKCS#7 block is no certificate: unpack it with "openssl pkcs7 -print_certs -in FILE"');
  }
  if (given(/PUBLIC KEY$/) && !blocks.some(isKey)) {
    faults.push("a public key is no private key: give the key that it was made from");
  }
  return faults;
}

function orderNotes(blocks: PemBlock[], { intermediate, root }: CaChain): string[] {
  const notes = unneededNotes(blocks);
  const parts = blocks.filter((block) => isCertificate(block) || isKey(block));
  const [first, second, third] = parts;
  const inOrder =
    first?.pem === intermediate?.pem && second !== undefined && isKey(second) && third?.pem === root?.pem;
  if (intermediate && root && parts.length === 3 && !inOrder) {
    notes.unshift("the parts were put in order: intermediate certificate, its key, root certificate");
  }
  return notes;
}

export function unneededNotes(blocks: PemBlock[]): string[] {
  const unneeded = blocks.filter(
    (block) => !isCertificate(block) && !isKey(block) && block.label !== "EC PARAMETERS",
  );
  return unneeded.map((block) => `a PEM block ${block.label} is not needed and left out`);
}
