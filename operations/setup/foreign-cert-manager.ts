import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { controllerFaults, controllerName } from "../../settings/existing-cert-manager";
import { stackAnnotation } from "../../stack-mark";
import type { Cluster } from "../cluster";

/** Labels of the controller, by the chart and by cert-manager's own manifests. */
const labelSelector = "app.kubernetes.io/name=cert-manager,app.kubernetes.io/component=controller";

/**
 * Namespace of a cert-manager that fits `certManagerExisting`; undefined where there is none, or where this user may not
 * look. One that a stack of this program has installed is not for another: there is one ServiceAccount `issuer` in its
 * namespace, and it goes with its stack.
 */
export async function foreignCertManager(cluster: Cluster): Promise<string | undefined> {
  try {
    const list = await cluster.ask(AppsV1Api, (api) => api.listDeploymentForAllNamespaces({ labelSelector }));
    const found = (list?.items ?? []).find(
      (deployment) =>
        deployment.metadata?.name === controllerName &&
        controllerFaults(deployment, deployment.metadata.namespace ?? "").length === 0,
    );
    const name = found?.metadata?.namespace;
    if (name === undefined) {
      return undefined;
    }
    const home = await cluster.ask(CoreV1Api, (api) => api.readNamespace({ name }));
    return home?.metadata?.annotations?.[stackAnnotation] === undefined ? name : undefined;
  } catch {
    return undefined;
  }
}
