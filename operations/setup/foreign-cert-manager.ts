import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { controllerFaults, controllerName } from "../../settings/existing-cert-manager";
import { stackAnnotation } from "../../stack-mark";
import type { Cluster } from "../cluster";
import { project } from "../stack-settings";

/** Labels of the controller, by the chart and by cert-manager's own manifests. */
const labelSelector = "app.kubernetes.io/name=cert-manager,app.kubernetes.io/component=controller";

/**
 * Namespace of a cert-manager that this stack has not installed and that fits `certManagerExisting`; undefined where
 * there is none, or where this user may not look.
 */
export async function foreignCertManager(cluster: Cluster, stack: string): Promise<string | undefined> {
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
    return isOwn(home?.metadata?.annotations?.[stackAnnotation], stack) ? undefined : name;
  } catch {
    return undefined;
  }
}

/** Setup does not know the organization that a name without one is going to have. */
function isOwn(mark: string | undefined, stack: string): boolean {
  return mark?.split("/").slice(1).join("/") === `${project}/${stack.split("/").at(-1)}`;
}
