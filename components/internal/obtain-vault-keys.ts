import { readRecoveryFile, recoveryFilePath, setRecoveryFileAside, writeRecoveryFile } from "./recovery-file";
import { initializeVault, tokenIsValid, unsealVault, VaultEndpoint, VaultKeys } from "./vault-client";
import { waitForActiveVault, waitForVault, WaitOptions } from "./wait-for-vault";

export interface KeySource extends WaitOptions {
  keyShares: number;
  keyThreshold: number;
  /** Name of the recovery file, unique to this Vault of this stack. */
  recoveryName: string;
  /** Keys of a Vault that somebody else has initialised; all of them or none. */
  existing?: VaultKeys;
}

/** Unseals with these keys and logs in with this token, so that keys which do not fit never enter the state. */
async function proveKeys(
  endpoint: VaultEndpoint,
  source: KeySource,
  origin: string,
  keys: VaultKeys,
): Promise<void> {
  const status = await waitForVault(endpoint, source);
  if (status.sealed) {
    await unsealVault(endpoint, keys.unsealKeys).catch((error: Error) => {
      throw new Error(`the unseal keys from ${origin} do not open this Vault: ${error.message}`);
    });
  }
  await waitForActiveVault(endpoint, source);
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
  const status = await waitForVault(endpoint, source);
  const recovered = readRecoveryFile(source.recoveryName);
  if (!status.initialized) {
    if (recovered) {
      setRecoveryFileAside(source.recoveryName);
    }
    const keys = await initializeVault(endpoint, source.keyShares, source.keyThreshold);
    writeRecoveryFile(source.recoveryName, keys);
    return keys;
  }
  if (recovered) {
    await proveKeys(
      endpoint,
      source,
      `the recovery file ${recoveryFilePath(source.recoveryName)}`,
      recovered,
    );
    return recovered;
  }
  if (source.existing) {
    await proveKeys(endpoint, source, "vaultExistingUnsealKeys and vaultExistingRootToken", source.existing);
    return source.existing;
  }
  throw new Error(
    `the Vault at ${endpoint.address} is already initialised and its keys are not known to this stack. Two ways out: ` +
      `give them (pulumi config set --secret --path 'vaultExistingUnsealKeys[0]', one for each key, and ` +
      `pulumi config set --secret vaultExistingRootToken), or, if nothing in it is needed, reset its storage ` +
      `(kubectl -n ${source.namespace} delete pvc -l app.kubernetes.io/name=vault --wait=false; ` +
      `kubectl -n ${source.namespace} delete pods -l app.kubernetes.io/name=vault) and run pulumi up again`,
  );
}
