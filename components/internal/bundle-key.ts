import type { KeyObject } from "node:crypto";
import type { CaCertificate } from "./certificate";
import type { PemBlock } from "./pem";
import { isWhole, keyFault, openPrivateKey, type KeyOwner } from "./private-key";

/** The key of a bundle as far as it can be read without its certificate. */
export interface ReadKey {
  key?: KeyObject;
  faults: string[];
  notes: string[];
}

export const isKey = (block: PemBlock) => block.label.endsWith("PRIVATE KEY");

/** Opens the one private key among the blocks; with what is wrong when there is none, or more than one. */
export function readKey(blocks: PemBlock[], passphrase: string | undefined, owner: KeyOwner): ReadKey {
  const [block, ...further] = blocks.filter(isKey);
  if (!block) {
    return { faults: [`there is no private key: add the ${owner}'s`], notes: [] };
  }
  if (further.length > 0) {
    const offline = owner === "intermediate" ? ", the root's stays offline" : "";
    return {
      faults: [`there are ${further.length + 1} private keys: give only the ${owner}'s${offline}`],
      notes: [],
    };
  }
  const { key, encrypted, fault } = openPrivateKey(block, passphrase, owner);
  const unused = !encrypted && passphrase ? ["the key is not encrypted; caPassphrase is not used"] : [];
  return { key, faults: fault === undefined ? [] : [fault], notes: unused };
}

/**
 * What is wrong with an opened key, by itself or because it is not the one of its certificate.
 *
 * @param other The other certificate of the bundle, whose key may have been given by mistake.
 */
export function matchFaults(
  { key, faults }: { key: KeyObject; faults: string[] },
  owner: KeyOwner,
  certificate: CaCertificate | undefined,
  other?: CaCertificate,
): string[] {
  if (certificate?.x509.checkPrivateKey(key)) {
    const publicKey = certificate.x509.publicKey;
    if (faults.length > 0) {
      // What is wrong with the certificate's key has been said already.
      return keyFault(publicKey) === undefined ? faults : [];
    }
    return isWhole(key, publicKey)
      ? []
      : [
          `the key is damaged: its public part is that of the ${owner} ${certificate.title}, ` +
            "but its secret parts are not: copy it again from where it was made",
        ];
  }
  if (!certificate || faults.length > 0) {
    return faults;
  }
  const whose = other?.x509.checkPrivateKey(key)
    ? `it is the root's: give the intermediate's, and keep the root's offline`
    : `give the key that its certificate ${owner === "root" ? "" : "request "}was made with`;
  return [`the key does not match the ${owner} ${certificate.title}: ${whose}`];
}
