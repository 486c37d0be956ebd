import * as openpgp from "openpgp";

/** An owner of a share: the public key as it is given to the program, and what it takes to decrypt. */
export interface PgpOwner {
  armored: string;
  /** Base64 of the binary public key. */
  base64: string;
  privateKey: openpgp.PrivateKey;
}

/** Makes a key pair of the kind that gpg makes by default. */
export async function makePgpOwner(
  name: string,
  options: { expiresInSeconds?: number; date?: Date; signingOnly?: boolean } = {},
): Promise<PgpOwner> {
  const { privateKey, publicKey } = await openpgp.generateKey({
    type: "ecc",
    curve: "curve25519Legacy",
    userIDs: [{ name }],
    keyExpirationTime: options.expiresInSeconds,
    date: options.date,
    subkeys: options.signingOnly ? [{ sign: true }] : undefined,
    format: "object",
  });
  return {
    armored: publicKey.armor(),
    base64: Buffer.from(publicKey.write()).toString("base64"),
    privateKey,
  };
}

/** The unseal key inside an encrypted share, hexadecimal. */
export async function decryptShare(share: string, owner: PgpOwner): Promise<string> {
  const { data } = await openpgp.decrypt({
    message: await openpgp.readMessage({ binaryMessage: Buffer.from(share, "base64") }),
    decryptionKeys: owner.privateKey,
  });
  return String(data);
}
