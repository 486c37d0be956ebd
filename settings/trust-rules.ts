import { CoreV1Api } from "@kubernetes/client-node";
import { requireKubeConfig, type KubeConfigSource } from "../components/internal/kubeconfig";
import { unlessMissing } from "../components/internal/unless-missing";
import type { ReadableSettings } from "./rules";
import type { PlainSettings } from "./table";

/** ConfigMaps that the cluster itself keeps in every namespace. */
const clusterOwn = ["kube-root-ca.crt", "openshift-service-ca.crt"];

/** What is wrong with the settings of trust inside the cluster. */
export function trustFaults({ trustBundle, trustNamespaceLabels }: ReadableSettings): string[] {
  const faults: string[] = [];
  if (trustBundle && clusterOwn.includes(trustBundle)) {
    faults.push(
      `trustBundle: ${trustBundle} is a ConfigMap of the cluster's own, which every pod trusts the API server by: ` +
        "choose another name",
    );
  }
  const names = trustNamespaceLabels?.map((label) => label.split("=")[0]) ?? [];
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
    faults.push(`trustNamespaceLabels: ${name} is given twice, and a namespace has it once: list it once`);
  }
  return faults;
}

/** ConfigMaps that somebody else has made, and that trust-manager would write into. Faults say where and what to do. */
export async function trustTargetFaults(
  source: KubeConfigSource,
  { trustBundle, trustNamespaceLabels }: Pick<PlainSettings, "trustBundle" | "trustNamespaceLabels">,
): Promise<string[]> {
  if (!trustBundle) {
    return [];
  }
  const api = requireKubeConfig(source).makeApiClient(CoreV1Api);
  const [configMaps, namespaces] = await Promise.all([
    itemsOf(api.listConfigMapForAllNamespaces({ fieldSelector: `metadata.name=${trustBundle}` })),
    itemsOf(api.listNamespace({ labelSelector: trustNamespaceLabels.join(",") || undefined })),
  ]);
  const selected = namespaces.map(({ metadata }) => metadata?.name);
  const foreign = configMaps
    .map(({ metadata }) => metadata ?? {})
    .filter(({ labels }) => labels?.["trust.cert-manager.io/bundle"] !== trustBundle)
    .filter(({ namespace }) => selected.includes(namespace))
    .map(({ namespace }) => namespace);
  if (foreign.length === 0) {
    return [];
  }
  return [
    `trustBundle: there is a ConfigMap ${trustBundle} already in ${foreign.join(", ")}, which trust-manager has not made ` +
      "and would write into: choose another name, or delete it",
  ];
}

async function itemsOf<T>(answer: Promise<{ items: T[] }>): Promise<T[]> {
  return (await unlessMissing(answer))?.items ?? [];
}
