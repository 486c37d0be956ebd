import { forgetStackOutputs, inLab, kubectl, vaultRead } from "./lab";
import { StackRun } from "./stack";

/** What makes the lab's stack one of three nodes with snapshots. */
export const raftSettings = {
  vaultReplicas: 3,
  // The lab is one machine.
  vaultAntiAffinity: false,
  vaultSnapshotSchedule: "0 3 * * *",
  vaultSnapshotKeep: 2,
};

/** The lab's stack with three nodes of Vault and snapshots, in place of what is there unless that is it already. */
export async function raftStack(): Promise<StackRun> {
  const run = await StackRun.with(raftSettings);
  const config = await inLab([
    "kubectl",
    "-n",
    "vault",
    "get",
    "configmap",
    "vault-config",
    "--ignore-not-found",
    "-o",
    "yaml",
  ]);
  if (!config.includes('storage "raft"')) {
    await inLab(["pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive"]);
    await run.up();
    forgetStackOutputs();
  }
  return run;
}

/** Vault's pods, by their own labels. */
export async function vaultPods(role: "active" | "standby"): Promise<string[]> {
  const label = `vault-active=${role === "active"}`;
  const { items } = await kubectl(
    "-n",
    "vault",
    "get",
    "pods",
    "-l",
    `component=server,${label},vault-sealed=false`,
  );
  return items.map((pod: any) => pod.metadata.name);
}

export async function allNodesAreReady(): Promise<boolean> {
  const set = await kubectl("-n", "vault", "get", "statefulset", "vault");
  return set.status.readyReplicas === 3 && (await vaultPods("active")).length === 1;
}

/** Members of the cluster as Vault itself sees them: name and whether it has a vote. */
export async function members(): Promise<[string, boolean][]> {
  const answer = await vaultRead("operator", "raft", "list-peers");
  return answer.data.config.servers
    .map((server: any) => [server.node_id, server.voter])
    .sort(([one]: [string], [other]: [string]) => one.localeCompare(other));
}
