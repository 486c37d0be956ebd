import { CoreV1Api } from "@kubernetes/client-node";
import { askNodes } from "../../components/internal/vault-nodes";
import { nodeHealth, type NodeHealth, type VaultEndpoint } from "../../components/internal/vault-client";
import type { Cluster } from "../cluster";
import type { Stack } from "../stack";
import type { VaultNodeStatus } from "./report";

/** Pods of Vault's servers, by the labels of its chart. */
export const vaultPods = "app.kubernetes.io/name=vault,component=server";

/**
 * The nodes of the stack's Vault.
 *
 * @param podNames Asked where Vault is the stack's own.
 */
export async function nodesOf(
  { vault, settings }: Pick<Stack, "vault" | "settings">,
  podNames: () => Promise<string[]>,
): Promise<VaultNodeStatus[]> {
  return settings.vaultExisting
    ? [await ownersVaultNode(vault)]
    : vaultNodes(vault, settings.vaultReplicas, await podNames());
}

/** Every node that there should be, by its own word, or that it says none. */
export async function vaultNodes(
  endpoint: VaultEndpoint,
  replicas: number,
  podNames: string[],
): Promise<VaultNodeStatus[]> {
  const { nodes } = await askNodes(endpoint, replicas);
  // A single one need not tell its name.
  const nameOf = ({ node }: NodeHealth) => node || podNames[0] || "vault-0";
  const expected = Array.from({ length: replicas }, (_, index) => `vault-${index}`);
  const names = new Set([...expected, ...podNames, ...nodes.map(nameOf)]);
  return [...names].sort().map((name) => {
    const health = nodes.find((node) => nameOf(node) === name);
    return statusOf(name, health);
  });
}

/** A Vault of the owner's, behind its address: how many nodes it has is not for this stack to say. */
async function ownersVaultNode(endpoint: VaultEndpoint): Promise<VaultNodeStatus> {
  const health = await nodeHealth(endpoint, 5).catch(() => undefined);
  return statusOf(new URL(endpoint.address).host, health);
}

function statusOf(name: string, health: NodeHealth | undefined): VaultNodeStatus {
  const state = health ? stateOf(health) : "does not answer";
  return { name, state, ok: state === "active" || state === "standby" };
}

export async function vaultPodNames(cluster: Cluster, namespace: string): Promise<string[]> {
  const list = await cluster.ask(CoreV1Api, (api) =>
    api.listNamespacedPod({ namespace, labelSelector: vaultPods }),
  );
  return (list?.items ?? []).map(({ metadata }) => metadata?.name ?? "");
}

function stateOf({ initialized, sealed, active, serving }: NodeHealth): string {
  if (!initialized) {
    return "not initialised";
  }
  if (sealed) {
    return "sealed";
  }
  return active ? "active" : serving ? "standby" : "without a leader";
}
