import type { KeyObject } from "node:crypto";
import { readCaChain, type CaChain } from "./ca-chain";
import { isCertificate, mayNotSignCrls } from "./certificate";
import type { NameConstraints } from "./name-constraints";
import { readPemBlocks, type PemBlock } from "./pem";
import { isWhole, keyFault, openPrivateKey, writeKey } from "./private-key";

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

/** Reads the intermediate certificate, its key and the root certificate from PEM text in any order. Never throws. */
export function parseCaBundle(pem: string, passphrase: string | undefined, now = new Date()): ParsedCaBundle {
  const { blocks, faults: textFaults } = readPemBlocks(pem);
  if (blocks.length === 0) {
    return { faults: textFaults, notes: [] };
  }
  const chain = readCaChain(blocks, now);
  const { key, faults: keyFaults, notes: keyNotes } = readKey(blocks, passphrase);
  const { intermediate, root } = chain;
  const faults = [
    ...textFaults,
    ...chain.faults,
    ...(blocks.some(isCertificate) ? [] : ["there is no certificate, only other PEM blocks: add both"]),
    ...(key ? matchFaults(key, keyFaults, chain) : keyFaults),
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

const isKey = (block: PemBlock) => block.label.endsWith("PRIVATE KEY");

function readKey(
  blocks: PemBlock[],
  passphrase: string | undefined,
): { key?: KeyObject; faults: string[]; notes: string[] } {
  const [block, ...further] = blocks.filter(isKey);
  if (!block) {
    return { faults: ["there is no private key: add the intermediate's"], notes: [] };
  }
  if (further.length > 0) {
    return {
      faults: [
        `there are ${further.length + 1} private keys: give only the intermediate's, the root's stays offline`,
      ],
      notes: [],
    };
  }
  const { key, encrypted, fault } = openPrivateKey(block, passphrase);
  const unused = !encrypted && passphrase ? ["the key is not encrypted; caPassphrase is not used"] : [];
  return { key, faults: fault === undefined ? [] : [fault], notes: unused };
}

/** Blocks that were given where a certificate or the key is missing. */
function mistakenFaults(blocks: PemBlock[]): string[] {
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

/** What is wrong with an opened key, by itself or because it is not the intermediate's. */
function matchFaults(key: KeyObject, keyFaults: string[], { intermediate, root }: CaChain): string[] {
  if (intermediate?.x509.checkPrivateKey(key)) {
    const publicKey = intermediate.x509.publicKey;
    if (keyFaults.length > 0) {
      // What is wrong with the certificate's key has been said already.
      return keyFault(publicKey) === undefined ? keyFaults : [];
    }
    return isWhole(key, publicKey)
      ? []
      : [
          `the key is damaged: its public part is that of the intermediate ${intermediate.title}, ` +
            "but its secret parts are not: copy it again from where it was made",
        ];
  }
  if (!intermediate || keyFaults.length > 0) {
    return keyFaults;
  }
  const whose = root?.x509.checkPrivateKey(key)
    ? `it is the root's: give the intermediate's, and keep the root's offline`
    : "give the key that its certificate request was made with";
  return [`the key does not match the intermediate ${intermediate.title}: ${whose}`];
}

function orderNotes(blocks: PemBlock[], { intermediate, root }: CaChain): string[] {
  const unneeded = blocks.filter(
    (block) => !isCertificate(block) && !isKey(block) && block.label !== "EC PARAMETERS",
  );
  const notes = unneeded.map((block) => `a PEM block ${block.label} is not needed and left out`);
  const parts = blocks.filter((block) => isCertificate(block) || isKey(block));
  const [first, second, third] = parts;
  const inOrder =
    first?.pem === intermediate?.pem && second !== undefined && isKey(second) && third?.pem === root?.pem;
  if (intermediate && root && parts.length === 3 && !inOrder) {
    notes.unshift("the parts were put in order: intermediate certificate, its key, root certificate");
  }
  return notes;
}
