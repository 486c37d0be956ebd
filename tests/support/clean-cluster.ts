import assert from "node:assert/strict";
import { eventually, inLab, kubectl } from "./lab";

/** Checks that nothing of the stack is left, in its state and in the cluster. */
export async function assertNothingIsLeft(): Promise<void> {
  assert.deepEqual(await resourcesInState(), []);
  const kinds = [
    "namespaces",
    "customresourcedefinitions",
    "validatingwebhookconfigurations",
    "mutatingwebhookconfigurations",
    "clusterroles",
    "clusterrolebindings",
  ];
  for (const kind of kinds) {
    assert.deepEqual(await ours(kind), [], kind);
  }
  // Their claims are gone with the namespace; the storage class's provisioner takes its time with the rest.
  await eventually("no volume of the stack", 60, async () => (await ours("persistentvolumes")).length === 0);
  for (const kind of ["roles", "rolebindings"]) {
    assert.deepEqual(await ours(kind, "-n", "kube-system"), [], kind);
  }
}

/** URNs of what the stack's state holds or has begun to make. */
export async function resourcesInState(): Promise<string[]> {
  const { held, begun } = await stackState();
  return [...held, ...begun];
}

/** URNs of what the stack's state holds, and of what a killed run had begun to make. */
export async function stackState(): Promise<{ held: string[]; begun: string[] }> {
  const { deployment } = JSON.parse(await inLab(["pulumi", "stack", "export"]));
  const urns = (resources: any[]): string[] =>
    resources.filter(({ type }) => type !== "pulumi:pulumi:Stack").map(({ urn }) => urn);
  return {
    held: urns(deployment.resources ?? []),
    begun: urns((deployment.pending_operations ?? []).map(({ resource }: any) => resource)),
  };
}

async function ours(...what: string[]): Promise<string[]> {
  const { items } = await kubectl("get", ...what);
  // A volume has no name that tells whose it is.
  return items
    .filter((item: any) =>
      /vault|cert-manager|trust-manager|podinfo/.test(
        `${item.metadata.name} ${item.spec?.claimRef?.namespace}`,
      ),
    )
    .map((item: any) => item.metadata.name);
}
