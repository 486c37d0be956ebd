import { isActive, sealStatus, SealStatus, VaultEndpoint } from "./vault-client";

export interface WaitOptions {
  timeoutSeconds: number;
  /** Kubernetes namespace of Vault, for the command that an error names. */
  namespace: string;
  /** What to do when it did not happen in time. Default: where to look in the cluster. */
  advice?: string;
}

const pauseSeconds = 2;
const reportSeconds = 15;

/**
 * Asks until `ask` gives an answer, saying every 15 seconds what is waited for.
 *
 * @throws Error after `timeoutSeconds`, naming what was waited for, the last reason and where to look.
 */
export async function waitFor<T>(
  what: string,
  options: WaitOptions,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const started = Date.now();
  let reported = started;
  let reason: string;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) {
        return answer;
      }
      reason = "not yet";
    } catch (error) {
      const fault = error as NodeJS.ErrnoException;
      reason = fault.message || fault.code || String(error);
    }
    const waited = Math.round((Date.now() - started) / 1000);
    if (waited >= options.timeoutSeconds) {
      throw new Error(
        `waited ${waited} s for ${what}; the last try ended with: ${reason}. ${options.advice ?? whereToLook(options)}`,
      );
    }
    if (Date.now() - reported >= reportSeconds * 1000) {
      reported = Date.now();
      console.log(`waiting for ${what}, ${waited} s so far: ${reason}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseSeconds * 1000));
  }
}

function whereToLook({ namespace }: WaitOptions): string {
  return (
    `${podsToLookAt(namespace)} ` +
    `An EXTERNAL-IP that stays <pending> means that nothing in the cluster hands out LoadBalancer addresses, or not this one: ` +
    `"pulumi config set vaultLoadBalancerIp ''" takes a port-forward instead. ` +
    `vaultTimeoutSeconds sets how long to wait`
  );
}

/** The commands that tell how Vault's pods are. */
export function podsToLookAt(namespace: string): string {
  return (
    `Look at: kubectl -n ${namespace} get service,pods,pvc; ` +
    `kubectl -n ${namespace} describe pods; kubectl -n ${namespace} logs -l app.kubernetes.io/name=vault --all-containers.`
  );
}

/** Where to look when the way to Vault is a port-forward; undefined for any other. */
function forwardAdvice({ nodesAddress }: VaultEndpoint, { namespace }: WaitOptions): string | undefined {
  return nodesAddress
    ? `${podsToLookAt(namespace)} Vault is reached by a port-forward, which a run with --target opens only where it is a ` +
        `target as well: --target '**::vault-forward-open'. vaultTimeoutSeconds sets how long to wait`
    : undefined;
}

/** Waits until Vault answers at its address, sealed or not. */
export async function waitForVault(endpoint: VaultEndpoint, options: WaitOptions): Promise<SealStatus> {
  const advice = options.advice ?? forwardAdvice(endpoint, options);
  return waitFor(`Vault to answer at ${endpoint.address}`, { ...options, advice }, () =>
    sealStatus(endpoint, 5),
  );
}

/** Waits until an unsealed Vault takes requests: right after the last key it is still loading its mounts. */
export async function waitForActiveVault(endpoint: VaultEndpoint, options: WaitOptions): Promise<void> {
  await waitFor(`Vault at ${endpoint.address} to become active`, options, async () =>
    (await isActive(endpoint)) ? true : undefined,
  );
}
