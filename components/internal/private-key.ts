import { createPrivateKey, type KeyObject } from "node:crypto";
import type { PemBlock } from "./pem";

const readableLabels = ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];
const curves: Record<string, string> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };
const usable = "RSA of 2048 bits or more, ECDSA on P-256, P-384 or P-521, and Ed25519";

export interface OpenedKey {
  /** There when it could be opened, whether or not Vault takes its type. */
  key?: KeyObject;
  encrypted: boolean;
  fault?: string;
}

/** Reads a private key, decrypted when need be. No message ever holds anything of the key or the passphrase. */
export function openPrivateKey(block: PemBlock, passphrase: string | undefined): OpenedKey {
  const encrypted = block.encryptedHeader || block.label === "ENCRYPTED PRIVATE KEY";
  if (!readableLabels.includes(block.label)) {
    return {
      encrypted,
      fault: `the key is of an unknown type (${block.label}): Vault takes ${usable}; give it as PKCS#8, PKCS#1 or SEC1 PEM`,
    };
  }
  if (encrypted && !passphrase) {
    return {
      encrypted,
      fault: 'the key is encrypted and there is no passphrase: "pulumi config set --secret caPassphrase"',
    };
  }
  try {
    const key = createPrivateKey({ key: block.pem, ...(encrypted ? { passphrase } : {}) });
    const weakness = keyFault(key);
    return { key, encrypted, ...(weakness ? { fault: `the key ${weakness}` } : {}) };
  } catch (error) {
    return { encrypted, fault: whyUnreadable(error, encrypted) };
  }
}

/** Why Vault could not work with a key, private or public; undefined when it can. */
export function keyFault(key: KeyObject): string | undefined {
  const type = key.asymmetricKeyType ?? "unknown";
  const details = key.asymmetricKeyDetails;
  const make = `make a new key and have its certificate signed again; usable are ${usable}`;
  if (type === "rsa") {
    const bits = details?.modulusLength ?? 0;
    return bits < 2048 ? `is RSA with only ${bits} bits: ${make}` : undefined;
  }
  if (type === "ec") {
    const curve = details?.namedCurve ?? "a curve of its own";
    return curves[curve] ? undefined : `is of an unknown type (ECDSA on ${curve}): ${make}`;
  }
  return type === "ed25519" ? undefined : `is of an unknown type (${type}): ${make}`;
}

// OpenSSL's own words would name functions, not what to do; its code is enough to tell the cases apart.
function whyUnreadable(error: unknown, encrypted: boolean): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (encrypted && /UNSUPPORTED/.test(code)) {
    return (
      "the key is encrypted with a cipher that OpenSSL 3 has dropped: " +
      'encrypt it again with "openssl pkcs8 -topk8 -v2 aes-256-cbc" where it was made'
    );
  }
  if (encrypted) {
    return "the passphrase does not open the key: set caPassphrase to the intermediate key's own, not the root key's";
  }
  return `the key cannot be read: it is damaged or of an unknown type; usable are ${usable}`;
}
