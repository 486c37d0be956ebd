import * as openpgp from "openpgp";

/** A PGP public key that Vault can encrypt a share of its unseal key for. */
export interface PgpKey {
  /** The key itself, binary, as base64: the form that `sys/init` takes. */
  base64: string;
  /** Hexadecimal. Stays when the owner prolongs the key's life or signs it. */
  fingerprint: string;
}

/**
 * Reads a public key as its owner exports it, armored (`gpg --export --armor`) or base64 of the binary form.
 *
 * @throws Error saying what is wrong with it, reading on after "key N"; never repeats the key.
 */
export async function readPgpKey(text: string, now = new Date()): Promise<PgpKey> {
  if (text.includes("PRIVATE KEY BLOCK")) {
    throw new Error("is a private key: give the public one (gpg --export --armor), and keep this one secret");
  }
  const key = await parse(text);
  if (key.isPrivate()) {
    throw new Error(
      "is a private key: give the public one (gpg --export | base64), and keep this one secret",
    );
  }
  const expires = await key.getExpirationTime().catch(() => null);
  if (expires instanceof Date && expires <= now) {
    throw new Error(`has expired at ${expires.toISOString()}: prolong it, export it again and give that`);
  }
  await key.getEncryptionKey(undefined, now).catch((error: Error) => {
    throw new Error(
      `cannot be encrypted for (${error.message}): give one with a valid encryption subkey, which is not expired or revoked`,
    );
  });
  return {
    base64: Buffer.from(key.toPublic().write()).toString("base64"),
    fingerprint: key.getFingerprint(),
  };
}

async function parse(text: string): Promise<openpgp.Key> {
  try {
    if (text.includes("-----BEGIN")) {
      return await openpgp.readKey({ armoredKey: text });
    }
    return await openpgp.readKey({ binaryKey: new Uint8Array(Buffer.from(text, "base64")) });
  } catch {
    throw new Error(
      "cannot be read: give a PGP public key, armored (gpg --export --armor NAME) or base64 (gpg --export NAME | base64 -w0)",
    );
  }
}
