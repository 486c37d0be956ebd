import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";

/** Kinds that charts make outside the namespace that they are installed into; what serves others goes first. */
const kinds: [apiVersion: string, kind: string][] = [
  ["admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"],
  ["admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"],
  ["apiregistration.k8s.io/v1", "APIService"],
  ["rbac.authorization.k8s.io/v1", "RoleBinding"],
  ["rbac.authorization.k8s.io/v1", "Role"],
  ["rbac.authorization.k8s.io/v1", "ClusterRoleBinding"],
  ["rbac.authorization.k8s.io/v1", "ClusterRole"],
  ["scheduling.k8s.io/v1", "PriorityClass"],
  ["apiextensions.k8s.io/v1", "CustomResourceDefinition"],
];

const pauseSeconds = 1;

/**
 * Deletes what Helm has made outside the given namespaces for releases inside them, and waits until it is gone. Helm
 * marks all that it makes: https://github.com/helm/helm/blob/v3.19.0/pkg/action/validate.go
 *
 * @returns what was deleted, each as `kind name`
 * @throws Error when something still is there after `timeoutSeconds`.
 */
export async function deleteOutsideObjects(
  api: KubernetesObjectApi,
  namespaces: string[],
  timeoutSeconds = 120,
): Promise<string[]> {
  const found: KubernetesObject[] = [];
  for (const [apiVersion, kind] of kinds) {
    const { items } = await api.list(
      apiVersion,
      kind,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      "app.kubernetes.io/managed-by=Helm",
    );
    const ours = items.filter((item) => isLeftBy(item, namespaces));
    found.push(...ours.map(({ metadata }) => ({ apiVersion, kind, metadata })));
  }
  for (const object of found) {
    await unlessGone(api.delete(object));
  }
  await waitUntilGone(api, found, timeoutSeconds);
  return found.map(title);
}

function isLeftBy({ metadata }: KubernetesObject, namespaces: string[]): boolean {
  const annotations = metadata?.annotations ?? {};
  return (
    namespaces.includes(annotations["meta.helm.sh/release-namespace"] ?? "") &&
    !namespaces.includes(metadata?.namespace ?? "") &&
    annotations["helm.sh/resource-policy"] !== "keep"
  );
}

async function waitUntilGone(
  api: KubernetesObjectApi,
  objects: KubernetesObject[],
  timeoutSeconds: number,
): Promise<void> {
  const end = Date.now() + timeoutSeconds * 1000;
  let left = objects;
  for (;;) {
    const answers = await Promise.all(left.map((object) => unlessGone(api.read(namedObject(object)))));
    left = left.filter((_, index) => answers[index] !== undefined);
    if (left.length === 0) {
      return;
    }
    if (Date.now() > end) {
      throw new Error(
        `${left.map(title).join(", ")} were told to go ${timeoutSeconds} s ago and are still there: ` +
          `"kubectl describe" tells what holds them, most likely a finalizer`,
      );
    }
    await sleep(pauseSeconds * 1000);
  }
}

function namedObject({ apiVersion, kind, metadata }: KubernetesObject): {
  apiVersion?: string;
  kind?: string;
  metadata: { name: string; namespace?: string };
} {
  return { apiVersion, kind, metadata: { name: metadata?.name ?? "", namespace: metadata?.namespace } };
}

function title({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata?.name}`;
}

/** What is gone already is as good as deleted. */
async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if ((error as { code?: number }).code === 404) {
      return undefined;
    }
    throw error;
  });
}
