import { AppsV1Api, BatchV1Api, CoreV1Api } from "@kubernetes/client-node";
import { loadKubeConfig, type KubeConfigSource } from "../components/internal/kubeconfig";
import { unlessMissing } from "../components/internal/unless-missing";
import { vaultStorageOf } from "./rules";
import { isStale } from "./schedule";
import type { PlainSettings } from "./table";

type VaultSettings = Pick<
  PlainSettings,
  "vaultNamespace" | "vaultReplicas" | "vaultStorage" | "vaultSnapshotSchedule" | "vaultExisting"
>;

/** What the cluster has of an earlier run. */
export interface ExistingVault {
  /** `file` or `raft`. */
  storage: string;
  replicas: number;
}

/**
 * Changes of settings that an existing Vault would not survive. The faults say what would be lost and what to do.
 *
 * @throws Error when the cluster cannot be asked.
 */
export async function checkExistingVault(
  source: KubeConfigSource,
  settings: VaultSettings,
): Promise<string[]> {
  const loaded = loadKubeConfig(source);
  if (typeof loaded === "string") {
    return [loaded];
  }
  const namespace = settings.vaultNamespace;
  const core = loaded.config.makeApiClient(CoreV1Api);
  const [set, map, reviewer] = await Promise.all([
    unlessMissing(
      loaded.config.makeApiClient(AppsV1Api).readNamespacedStatefulSet({ name: "vault", namespace }),
    ),
    unlessMissing(core.readNamespacedConfigMap({ name: "vault-config", namespace })),
    unlessMissing(core.readNamespacedServiceAccount({ name: "vault-token-reviewer", namespace })),
  ]);
  const storage = /^\s*storage\s+"(\w+)"/m.exec(Object.values(map?.data ?? {}).join("\n"))?.[1];
  if (settings.vaultExisting) {
    return set ? [replacedFault(settings)] : [];
  }
  if (reviewer) {
    return [returnedFault(settings)];
  }
  return set && storage ? migrationFaults({ storage, replicas: set.spec?.replicas ?? 1 }, settings) : [];
}

/** The namespace is this stack's, as `foreignObjectFaults` has seen to, and so is the Vault in it. */
function replacedFault({ vaultNamespace }: VaultSettings): string {
  return (
    `vaultExisting: there is a Vault in namespace ${vaultNamespace}, which this run would delete with every CA in it, if it is ` +
    'this stack\'s: put vaultExisting back to "", or run "pulumi destroy" first if nothing needs those CAs any more; one ' +
    "of somebody else's has that namespace to itself, and vaultNamespace gives this stack another"
  );
}

/** The old namespace would be deleted after the new one, which is the same. */
function returnedFault({ vaultNamespace }: VaultSettings): string {
  return (
    `vaultExisting: is empty, and namespace ${vaultNamespace} has what goes with a Vault that this stack has not installed: ` +
    'put vaultExisting back, or run "pulumi destroy" with it first, which deletes the stack\'s CAs in that Vault'
  );
}

/** What is wrong with these settings for a Vault that is there already. */
export function migrationFaults(
  existing: ExistingVault,
  settings: Omit<VaultSettings, "vaultExisting">,
): string[] {
  const wanted = vaultStorageOf(settings);
  const { vaultReplicas, vaultNamespace } = settings;
  if (wanted !== existing.storage) {
    const name = settings.vaultStorage ? "vaultStorage" : "vaultReplicas";
    return [
      `${name}: the Vault in namespace ${vaultNamespace} has ${existing.storage} storage, and ${wanted} storage would begin ` +
        "empty: its keys, the issuing CA and all else in it would be out of reach. Put the setting back, or, since the " +
        "same root can carry a new issuing CA, build Vault anew: pulumi destroy, then pulumi up (docs/operations.md)",
    ];
  }
  if (vaultReplicas < existing.replicas) {
    return [
      `vaultReplicas: the Vault in namespace ${vaultNamespace} has ${existing.replicas} nodes, and ${vaultReplicas} of them ` +
        "would not be a majority once the others are gone without having left: take them out of the cluster first " +
        "(docs/operations.md), or put the setting back",
    ];
  }
  return [];
}

/**
 * Since when snapshots have been missing (ISO time), if two runs of the schedule have come to nothing.
 *
 * @throws Error when the cluster cannot be asked.
 */
export async function snapshotsMissingSince(
  source: KubeConfigSource,
  settings: VaultSettings,
  now = new Date(),
): Promise<string | undefined> {
  const loaded = loadKubeConfig(source);
  if (!settings.vaultSnapshotSchedule || typeof loaded === "string") {
    return undefined;
  }
  const job = await unlessMissing(
    loaded.config.makeApiClient(BatchV1Api).readNamespacedCronJob({
      name: "vault-snapshots",
      namespace: settings.vaultNamespace,
    }),
  );
  const last = job?.status?.lastSuccessfulTime ?? job?.metadata?.creationTimestamp;
  return last && isStale(settings.vaultSnapshotSchedule, last, now) ? last.toISOString() : undefined;
}
