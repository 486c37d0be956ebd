import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import type { PemBlock } from "./pem";

const readableLabels = ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];
const curves: Record<string, string> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };
const usable = "RSA of 2048 bits or more and 8192 at most, ECDSA on P-256, P-384 or P-521, and Ed25519";

/** What to do about a key that Vault does not take. */
export const newKey = `make a new key and have its certificate signed again; usable are ${usable}`;

/** Whose key a bundle is to hold. */
export type KeyOwner = "intermediate" | "root";

export interface OpenedKey {
  /** There when it could be opened, whether or not Vault takes its type. */
  key?: KeyObject;
  encrypted: boolean;
  fault?: string;
}

/** Reads a private key, decrypted when need be. No message ever holds anything of the key or the passphrase. */
export function openPrivateKey(
  block: PemBlock,
  passphrase: string | undefined,
  owner: KeyOwner = "intermediate",
): OpenedKey {
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
    return { encrypted, fault: whyUnreadable(error, encrypted, owner) };
  }
}

/** Why Vault could not work with a key, private or public; undefined when it can. */
export function keyFault(key: KeyObject): string | undefined {
  const type = key.asymmetricKeyType ?? "unknown";
  const details = key.asymmetricKeyDetails;
  if (type === "rsa") {
    const bits = details?.modulusLength ?? 0;
    if (bits > 8192) {
      // Go refuses a chain with a longer one in it: CVE-2023-29409.
      return `is RSA with ${bits} bits, more than clients written in Go take: ${newKey}`;
    }
    return bits < 2048 ? `is RSA with only ${bits} bits: ${newKey}` : undefined;
  }
  if (type === "ec") {
    const curve = hasNamedCurve(key)
      ? (details?.namedCurve ?? "a curve of its own")
      : "a curve whose parameters are written out";
    return curves[curve] ? undefined : `is of an unknown type (ECDSA on ${curve}): ${newKey}`;
  }
  return type === "ed25519" ? undefined : `is of an unknown type (${type}): ${newKey}`;
}

// OpenSSL knows the curve by its parameters; Go takes nothing but its name (RFC 5480, section 2.1.1).
function hasNamedCurve(key: KeyObject): boolean {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  const spki = publicKey.export({ type: "spki", format: "der" });
  const ecPublicKey = Buffer.from("06072a8648ce3d0201", "hex");
  const objectIdentifier = 0x06;
  return spki[spki.indexOf(ecPublicKey) + ecPublicKey.length] === objectIdentifier;
}

/**
 * Whether the secret parts of a private key of a usable type are those of a public key. OpenSSL compares public parts
 * only and works around damaged ones of RSA; Vault does neither.
 */
export function isWhole(key: KeyObject, publicKey: KeyObject): boolean {
  const digest = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  const message = Buffer.from("cert-manager-vault");
  try {
    return verify(digest, message, publicKey, sign(digest, message, key)) && rsaPartsFit(key);
  } catch {
    return false;
  }
}

/** PKCS#8 PEM of a key of a usable type, made anew from its numbers: OpenSSL hands on what it read, Go reads less. */
export function writeKey(key: KeyObject): string {
  const written = createPrivateKey({ key: key.export({ format: "jwk" }), format: "jwk" });
  return written.export({ type: "pkcs8", format: "pem" }).toString();
}

// RFC 8017, section 3.2.
function rsaPartsFit(key: KeyObject): boolean {
  if (key.asymmetricKeyType !== "rsa") {
    return true;
  }
  const jwk = key.export({ format: "jwk" });
  const part = (text = "") => BigInt(`0x0${Buffer.from(text, "base64url").toString("hex")}`);
  const [n, e, d, p, q] = [part(jwk.n), part(jwk.e), part(jwk.d), part(jwk.p), part(jwk.q)];
  const [dp, dq, qi] = [part(jwk.dp), part(jwk.dq), part(jwk.qi)];
  return (
    p * q === n &&
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    (qi * q) % p === 1n
  );
}

// OpenSSL's own words would name functions, not what to do; its code is enough to tell the cases apart.
function whyUnreadable(error: unknown, encrypted: boolean, owner: KeyOwner): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // Without EVP, it is what came out under a wrong passphrase, once in 256 times, that no decoder supports.
  if (encrypted && /EVP_UNSUPPORTED/.test(code)) {
    return (
      "the key is encrypted with a cipher that OpenSSL 3 has dropped: " +
      'encrypt it again with "openssl pkcs8 -topk8 -v2 aes-256-cbc" where it was made'
    );
  }
  if (encrypted) {
    const other = owner === "root" ? "intermediate" : "root";
    return `the passphrase does not open the key: set caPassphrase to the ${owner} key's own, not the ${other} key's`;
  }
  return `the key cannot be read: it is damaged or of an unknown type; usable are ${usable}`;
}
