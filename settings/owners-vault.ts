import type * as pulumi from "@pulumi/pulumi";
import { loadKubeConfig, type KubeConfigSource } from "../components/internal/kubeconfig";
import { renewToken } from "../components/internal/token-client";
import { callVault, expectOk, type VaultEndpoint } from "../components/internal/vault-client";
import { neededRights } from "../program/token-reach";
import { occupiedFaults } from "./owners-vault-places";
import type { PlainSettings } from "./table";

/** The setting vaultExisting as the check takes it. */
export type OwnersVaultSettings = PlainSettings & { vaultToken: pulumi.Output<string> };

/** What the program needs to know of the Vault before it makes anything there. */
export interface OwnersVault {
  /** Three numbers. */
  version: string;
  /** `https://host:port` of the cluster's API as that Vault reaches it. */
  kubernetesHost: string;
}

export interface OwnersVaultFindings {
  faults: string[];
  notes: string[];
  /** There when there are no faults, and there is such a Vault. */
  found?: OwnersVault;
}

/** A token that lives no longer may end within the run. Seconds. */
const shortLife = 3600;

/** Paths that one fault names; the documentation has them all. */
const namedPaths = 6;

/**
 * With `vaultExisting`: whether that Vault answers and is unsealed, its token may do what the program has to do there,
 * and nothing of somebody else's is in the place of what the program makes. A token that can be renewed is.
 *
 * @param stack Full name of this stack.
 */
export async function checkOwnersVault(
  source: KubeConfigSource,
  settings: OwnersVaultSettings,
  stack: string,
): Promise<OwnersVaultFindings> {
  if (!settings.vaultExisting) {
    return { faults: [], notes: [] };
  }
  const endpoint = { address: new URL(settings.vaultExisting).origin, caPem: settings.vaultCaPem.trim() };
  const { kubernetesHost, faults: hostFaults } = hostOfCluster(source, settings);
  try {
    const { version, faults: stateFaults } = await stateOf(endpoint);
    if (stateFaults.length > 0) {
      return { faults: [...hostFaults, ...stateFaults], notes: [] };
    }
    const token = await known(settings.vaultToken);
    const { faults: tokenFaults, notes } = await checkToken(endpoint, token, settings);
    // What a token may not look at cannot be seen.
    const occupied =
      tokenFaults.length === 0 ? await occupiedFaults({ endpoint, token }, settings, stack) : [];
    const faults = [...hostFaults, ...tokenFaults, ...occupied];
    return { faults, notes, ...(faults.length === 0 ? { found: { version, kubernetesHost } } : {}) };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { faults: [...hostFaults, unreachable(endpoint, message || code || "no reason")], notes: [] };
  }
}

function unreachable({ address, caPem }: VaultEndpoint, reason: string): string {
  const trusted = caPem ? "the certificates in vaultCaPem" : "this machine, for vaultCaPem is empty";
  return (
    `vaultExisting: Vault at ${address} cannot be asked (${reason}): it has to answer there, with a certificate for that ` +
    `host which is trusted by ${trusted}`
  );
}

/** Works without a token, also while Vault is sealed. https://developer.hashicorp.com/vault/api-docs/system/seal-status */
async function stateOf(endpoint: VaultEndpoint): Promise<{ version: string; faults: string[] }> {
  const { initialized, sealed, version } = expectOk<{
    initialized: boolean;
    sealed: boolean;
    version?: string;
  }>("tell its seal status", await callVault(endpoint, { method: "GET", path: "sys/seal-status" }));
  const fault = !initialized
    ? 'is not initialised: "vault operator init" there first'
    : sealed
      ? "is sealed, and this program has no keys of it: unseal it"
      : undefined;
  return {
    version: /^\d+\.\d+\.\d+/.exec(version ?? "")?.[0] ?? oldestVersion,
    faults: fault ? [`vaultExisting: the Vault at ${endpoint.address} ${fault}`] : [],
  };
}

/** For a Vault that does not tell its version, as far as the provider goes by it: what this program needs. */
const oldestVersion = "1.14.0";

async function checkToken(
  endpoint: VaultEndpoint,
  token: string,
  settings: OwnersVaultSettings,
): Promise<{ faults: string[]; notes: string[] }> {
  const lookUp = async () => callVault(endpoint, { method: "GET", path: "auth/token/lookup-self", token });
  const response = await lookUp();
  if (response.status === 403) {
    return {
      faults: [
        `vaultToken: the Vault at ${endpoint.address} does not accept it, because it has expired, was revoked, or may not look ` +
          'itself up, as the policy "default" allows: "pulumi config set --secret vaultToken" asks for another',
      ],
      notes: [],
    };
  }
  let life = lifeOf(response);
  if (life.renewable) {
    // A policy may forbid it; then it ends when it ends.
    await renewToken(endpoint, token);
    life = lifeOf(await lookUp());
  }
  const notes =
    life.ttl > 0 && life.ttl < shortLife
      ? [
          `vaultToken: ends in ${life.ttl} s, perhaps before this run does, and pulumi destroy needs one that is accepted: give a ` +
            "periodic token, which every run renews",
        ]
      : [];
  const rights = await missingRights(endpoint, token, settings);
  return { faults: rights, notes };
}

function lifeOf(response: Parameters<typeof expectOk>[1]): { ttl: number; renewable: boolean } {
  const { data } = expectOk<{ data?: { ttl?: number; renewable?: boolean } }>("look up a token", response);
  return { ttl: data?.ttl ?? 0, renewable: data?.renewable ?? false };
}

/** https://developer.hashicorp.com/vault/api-docs/system/capabilities-self */
async function missingRights(
  endpoint: VaultEndpoint,
  token: string,
  settings: OwnersVaultSettings,
): Promise<string[]> {
  const needed = neededRights(settings);
  const response = await callVault(endpoint, {
    method: "POST",
    path: "sys/capabilities-self",
    token,
    body: { paths: needed.map(({ path }) => path) },
  });
  if (response.status === 403) {
    return [
      'vaultToken: may not ask what it may do (sys/capabilities-self), as the policy "default" allows: give one with that policy',
    ];
  }
  const body = expectOk<{ data?: Record<string, string[]> }>("tell what a token may do", response);
  const missing = needed.flatMap(({ path, capabilities }) => {
    const has = body.data?.[path] ?? [];
    const lacks = has.includes("root") ? [] : capabilities.filter((one) => !has.includes(one));
    return lacks.length > 0 ? `${path} (${lacks.join(", ")})` : [];
  });
  if (missing.length === 0) {
    return [];
  }
  const more = missing.length > namedPaths ? `, and ${missing.length - namedPaths} more` : "";
  return [
    `vaultToken: its policies do not reach ${missing.slice(0, namedPaths).join(", ")}${more}: docs/existing-vault.md has the ` +
      "policy that it needs",
  ];
}

/** Where that Vault has tokens checked. What leads to this machine only leads nowhere from there. */
function hostOfCluster(
  source: KubeConfigSource,
  { vaultKubernetesHost }: OwnersVaultSettings,
): { kubernetesHost: string; faults: string[] } {
  if (vaultKubernetesHost) {
    return { kubernetesHost: new URL(vaultKubernetesHost).origin, faults: [] };
  }
  const loaded = loadKubeConfig(source);
  // The cluster has been asked by now.
  const server = typeof loaded === "string" ? "" : (loaded.config.getCurrentCluster()?.server ?? "");
  const host = URL.canParse(server) ? new URL(server).hostname : "";
  return {
    kubernetesHost: server,
    faults: /^(127\..*|localhost|\[::1?\]|0\.0\.0\.0)$/.test(host)
      ? [
          `vaultKubernetesHost: is empty, and the kubeconfig has ${server}, which leads to this machine only: give the https:// ` +
            "URL by which your Vault reaches the cluster's API; https://kubernetes.default.svc where it runs in this cluster",
        ]
      : [],
  };
}

async function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value)));
}
