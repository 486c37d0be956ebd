import * as fs from "node:fs";
import * as path from "node:path";
import { stateFilePath } from "./recovery-file";
import { sealStatus, type VaultEndpoint } from "./vault-client";
import { waitFor, type WaitOptions } from "./wait-for-vault";

export interface OwnerUnsealOptions extends WaitOptions {
  /** Name of the recovery file; the files for the owners lie beside it. */
  recoveryName: string;
  /** Base64, encrypted, one a share. */
  unsealKeys: string[];
  /** Of the keys that the shares are encrypted for, in the same order. */
  pgpFingerprints: string[];
}

/**
 * Waits until the owners of the PGP keys have unsealed Vault, telling them how. What they need is laid out as files:
 * each share as gpg takes it, and the CA that Vault is checked against. They go when Vault is unsealed.
 *
 * @throws Error after `timeoutSeconds`, with the same commands; the files stay.
 */
export async function waitForOwners(endpoint: VaultEndpoint, options: OwnerUnsealOptions): Promise<void> {
  const files = ownerFiles(options);
  fs.mkdirSync(path.dirname(files.ca), { recursive: true, mode: 0o700 });
  fs.writeFileSync(files.ca, endpoint.caPem, { mode: 0o600 });
  files.shares.forEach((file, index) =>
    fs.writeFileSync(file, Buffer.from(options.unsealKeys[index]!, "base64"), { mode: 0o600 }),
  );
  const { threshold } = await sealStatus(endpoint);
  const how = instructions(endpoint, options, threshold);
  console.log(`${how}\nThis run waits up to ${options.timeoutSeconds} s (vaultTimeoutSeconds).`);
  const advice = `${how}\nThen run pulumi up again: it goes on from here. vaultTimeoutSeconds sets how long a run waits`;
  await waitFor(`the owners to unseal Vault at ${endpoint.address}`, { ...options, advice }, async () => {
    const status = await sealStatus(endpoint, 5);
    if (status.sealed) {
      throw new Error(`sealed, ${status.progress} of ${status.threshold} unseal keys given`);
    }
    return true;
  });
  for (const file of [files.ca, ...files.shares]) {
    fs.rmSync(file, { force: true });
  }
}

function ownerFiles(options: OwnerUnsealOptions): { ca: string; shares: string[] } {
  return {
    ca: stateFilePath(options.recoveryName, ".ca.pem"),
    shares: options.pgpFingerprints.map((_, index) =>
      stateFilePath(options.recoveryName, `.share-${index + 1}.pgp`),
    ),
  };
}

function instructions(endpoint: VaultEndpoint, options: OwnerUnsealOptions, threshold: number): string {
  const files = ownerFiles(options);
  const whose = options.pgpFingerprints.map(
    (fingerprint, index) => `  gpg --decrypt '${files.shares[index]}'   # for ${fingerprint}`,
  );
  const times = threshold === 1 ? "once" : `${threshold} times, each with another key`;
  return [
    `Vault at ${endpoint.address} is sealed, and its unseal keys are encrypted for the owners of vaultPgpKeys. In another terminal,`,
    "the unseal keys come from these files, each by the owner of its PGP key (send it to them):",
    ...whose,
    `and go to Vault, ${times}, with a command that asks for one:`,
    `  VAULT_ADDR=${endpoint.address} VAULT_CACERT='${files.ca}' vault operator unseal`,
  ].join("\n");
}
