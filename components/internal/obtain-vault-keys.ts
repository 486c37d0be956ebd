import { forgetRequest, openRequest, requestInit, type InitRequest, type OpenRequest } from "./init-request";
import { readRecoveryFile, recoveryFilePath, setRecoveryFileAside } from "./recovery-file";
import {
  sealStatus,
  tokenIsValid,
  unsealVault,
  withOneNode,
  type SealStatus,
  type VaultEndpoint,
  type VaultKeys,
} from "./vault-client";
import { unsealNodes } from "./vault-nodes";
import { waitForActiveVault, waitForVault, type WaitOptions } from "./wait-for-vault";

export interface KeySource extends WaitOptions, InitRequest {
  /** Name of the recovery file, unique to this Vault of this stack. */
  recoveryName: string;
  /** Keys of a Vault that somebody else has initialised. */
  existing?: VaultKeys;
}

/**
 * Unseals with these keys and logs in with this token, so that keys which do not fit never enter the state.
 *
 * @throws Error when the keys do not open this Vault, or not in the number that the settings say.
 */
export async function proveKeys(
  endpoint: VaultEndpoint,
  source: KeySource,
  origin: string,
  keys: VaultKeys,
): Promise<void> {
  const waitForOwners = await withOneNode(endpoint, async (node) => {
    const status = await waitForVault(node, source);
    checkNumbers(status, source);
    if (!status.sealed || keys.pgpFingerprints?.length) {
      // Only the owners of the PGP keys can unseal it, for which the next step waits.
      return status.sealed;
    }
    await unsealVault(node, keys.unsealKeys).catch((error: Error) => {
      throw new Error(`the unseal keys from ${origin} do not open this Vault: ${error.message}`);
    });
    return false;
  });
  if (waitForOwners) {
    return;
  }
  if (source.replicas > 1) {
    await unsealNodes(endpoint, source, keys.unsealKeys);
  } else {
    await waitForActiveVault(endpoint, source);
  }
  if (!(await tokenIsValid(endpoint, keys.rootToken))) {
    throw new Error(`the root token from ${origin} is not accepted by this Vault`);
  }
}

/**
 * The keys of the Vault at `endpoint`. A Vault that is not initialised yet is initialised, and its answer is on the
 * disk before it is returned. One that is, gives its keys from an interrupted run's recovery file or from the settings.
 *
 * @throws Error when Vault does not answer, or is initialised and its keys are not known here.
 */
export async function obtainVaultKeys(endpoint: VaultEndpoint, source: KeySource): Promise<VaultKeys> {
  // An interrupted run may have a request on its way that changes all that is asked below.
  const open = await openRequest(source.recoveryName);
  const status = await waitForVault(endpoint, source);
  if (!status.initialized) {
    return newKeys(endpoint, source);
  }
  const recovered = readRecoveryFile(source.recoveryName);
  if (recovered) {
    const origin = `the recovery file ${recoveryFilePath(source.recoveryName)}`;
    checkPgpKeys(recovered, source, origin);
    await proveKeys(endpoint, source, origin, recovered);
    forgetRequest(source.recoveryName);
    return recovered;
  }
  if (source.existing) {
    await adoptable(endpoint, source, source.existing);
    forgetRequest(source.recoveryName);
    return source.existing;
  }
  throw new Error(unknownKeys(endpoint, source, open));
}

async function newKeys(endpoint: VaultEndpoint, source: KeySource): Promise<VaultKeys> {
  if (readRecoveryFile(source.recoveryName)) {
    setRecoveryFileAside(source.recoveryName);
  }
  await requestInit(endpoint, source.recoveryName, source);
  return readRecoveryFile(source.recoveryName)!;
}

async function adoptable(endpoint: VaultEndpoint, source: KeySource, keys: VaultKeys): Promise<void> {
  if (keys.unsealKeys.length === 0) {
    throw new Error(
      `the Vault at ${endpoint.address} is initialised already, and vaultExistingRootToken alone does not unseal it after ` +
        "a restart: give vaultExistingUnsealKeys as well (pulumi config set --secret --path 'vaultExistingUnsealKeys[0]')",
    );
  }
  await proveKeys(endpoint, source, "vaultExistingUnsealKeys and vaultExistingRootToken", keys);
}

function checkNumbers({ shares, threshold }: SealStatus, source: KeySource): void {
  if (shares !== source.keyShares || threshold !== source.keyThreshold) {
    throw new Error(
      `this Vault takes ${threshold} of ${shares} unseal keys, and the settings say ${source.keyThreshold} of ` +
        `${source.keyShares}: pulumi config set vaultKeyShares ${shares}; pulumi config set vaultKeyThreshold ${threshold}`,
    );
  }
}

function checkPgpKeys(keys: VaultKeys, source: KeySource, origin: string): void {
  const made = keys.pgpFingerprints ?? [];
  if (made.join() !== source.pgpFingerprints.join()) {
    const which = made.length > 0 ? `the PGP keys ${made.join(", ")}, in this order` : "no PGP keys";
    throw new Error(`the unseal keys in ${origin} were made with ${which}: set vaultPgpKeys accordingly`);
  }
}

function unknownKeys(endpoint: VaultEndpoint, source: KeySource, open: OpenRequest | undefined): string {
  const reset =
    `(kubectl -n ${source.namespace} delete pvc -l app.kubernetes.io/name=vault --wait=false; ` +
    `kubectl -n ${source.namespace} delete pods -l app.kubernetes.io/name=vault) and run pulumi up again`;
  const give =
    `(pulumi config set --secret --path 'vaultExistingUnsealKeys[0]', one for each key, and ` +
    `pulumi config set --secret vaultExistingRootToken)`;
  if (open) {
    return (
      `the Vault at ${endpoint.address} is initialised, and its keys are lost: this stack asked for them at ${open.sentAt} and ` +
      `was ended, together with the process that waited for the answer, before the answer came. Vault never tells them ` +
      `again. Nothing was put into this Vault and no certificate came out of it, so nothing is lost with it: reset its storage ${reset}. ` +
      `Should somebody else have initialised it since, give the keys ${give}`
    );
  }
  return (
    `the Vault at ${endpoint.address} is already initialised and its keys are not known to this stack. Two ways out: ` +
    `give them ${give}, or, if nothing in it is needed, reset its storage ${reset}`
  );
}

/** The keys that take the place of those in the state: a new root token, or all of them after a rekey. */
export async function replacedKeys(
  endpoint: VaultEndpoint,
  source: KeySource,
  kept: VaultKeys,
  given: VaultKeys,
): Promise<VaultKeys> {
  const keys: VaultKeys =
    given.unsealKeys.length > 0 ? { ...given, pgpFingerprints: [] } : { ...kept, rootToken: given.rootToken };
  if (keys.pgpFingerprints?.length && (await sealStatus(endpoint)).sealed) {
    throw new Error(
      `the Vault at ${endpoint.address} is sealed, so that vaultExistingRootToken cannot be tried: unseal it first ` +
        "(vault operator unseal), then run pulumi up again",
    );
  }
  await proveKeys(endpoint, source, "the settings vaultExisting…", keys);
  return keys;
}
