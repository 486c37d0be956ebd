import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubernetesObject,
  type V1Deployment,
} from "@kubernetes/client-node";
import { loadKubeConfig, type KubeConfigSource } from "../components/internal/kubeconfig";
import { unlessMissing } from "../components/internal/unless-missing";
import { stackAnnotation } from "../stack-mark";
import type { PlainSettings } from "./table";

type CertManagerSettings = Pick<
  PlainSettings,
  "certManagerExisting" | "certManagerNamespace" | "clusterIssuerName"
>;

/** Name of the controller's Deployment and ServiceAccount, by the chart's release `cert-manager` and by its manifests. */
export const controllerName = "cert-manager";

/** Tokens of a ServiceAccount that cert-manager asks for itself: https://cert-manager.io/docs/releases/release-notes/release-notes-1.12/ */
const leastVersion = [1, 12] as const;

/**
 * With `certManagerExisting`: whether there is a cert-manager that this program can use as it is, and nothing of
 * somebody else's in the place of what the program makes in its namespace.
 *
 * @param stack Full name of this stack.
 * @throws Error when the cluster cannot be asked.
 */
export async function existingCertManagerFaults(
  source: KubeConfigSource,
  { certManagerExisting, certManagerNamespace: namespace, clusterIssuerName }: CertManagerSettings,
  stack: string,
): Promise<string[]> {
  const loaded = loadKubeConfig(source);
  if (!certManagerExisting || typeof loaded === "string") {
    return [];
  }
  const core = loaded.config.makeApiClient(CoreV1Api);
  const objects = loaded.config.makeApiClient(CustomObjectsApi);
  const [home, deployment, account, bundle, issuer] = await Promise.all([
    unlessMissing(core.readNamespace({ name: namespace })),
    unlessMissing(
      loaded.config.makeApiClient(AppsV1Api).readNamespacedDeployment({ name: controllerName, namespace }),
    ),
    unlessMissing(core.readNamespacedServiceAccount({ name: "issuer", namespace })),
    unlessMissing(core.readNamespacedSecret({ name: "ca-bundle", namespace })),
    unlessMissing(
      objects.getClusterCustomObject({
        group: "cert-manager.io",
        version: "v1",
        plural: "clusterissuers",
        name: clusterIssuerName,
      }) as Promise<KubernetesObject>,
    ),
  ]);
  if (home?.metadata?.annotations?.[stackAnnotation] === stack) {
    return [
      `certManagerExisting: the cert-manager in namespace ${namespace} is this stack's own, and this run would delete it ` +
        "with every Certificate of the cluster: set it to false",
    ];
  }
  if (!deployment) {
    return [
      `certManagerExisting: there is no Deployment ${controllerName} in namespace ${namespace}: "kubectl get deployments ` +
        `--all-namespaces --selector app.kubernetes.io/name=cert-manager" tells where it is, for certManagerNamespace; ` +
        "or set certManagerExisting to false to have one installed",
    ];
  }
  const inTheWay = [
    [`ServiceAccount issuer in namespace ${namespace}`, account],
    [`Secret ca-bundle in namespace ${namespace}`, bundle],
    [`ClusterIssuer ${clusterIssuerName}`, issuer],
  ] as const;
  return [
    ...controllerFaults(deployment, namespace),
    ...inTheWay.flatMap(([what, object]) => foreignFaults(what, object, stack)),
  ].map((fault) => `certManagerExisting: ${fault}`);
}

/** What makes a cert-manager unfit for issuers of this program. */
export function controllerFaults({ metadata, spec }: V1Deployment, namespace: string): string[] {
  const faults: string[] = [];
  const version = metadata?.labels?.["app.kubernetes.io/version"] ?? "";
  const [major, minor] = (/^v?(\d+)\.(\d+)\./.exec(version) ?? []).slice(1).map(Number);
  if (major === leastVersion[0] && minor! < leastVersion[1]) {
    faults.push(
      `cert-manager is ${version}, and asks for tokens of a ServiceAccount since v${leastVersion.join(".")} only: upgrade it`,
    );
  }
  const pod = spec?.template.spec;
  const account = pod?.serviceAccountName ?? "default";
  if (account !== controllerName) {
    faults.push(
      `cert-manager runs as the ServiceAccount ${account}, and this program gives its right to ask for tokens to ` +
        `${controllerName}: name it so`,
    );
  }
  const flag = "--cluster-resource-namespace=";
  const given = pod?.containers.flatMap(({ args = [] }) => args).find((arg) => arg.startsWith(flag));
  const lookedUp = given?.slice(flag.length);
  if (lookedUp !== undefined && lookedUp !== "$(POD_NAMESPACE)" && lookedUp !== namespace) {
    faults.push(
      `cert-manager looks for what a ClusterIssuer needs in namespace ${lookedUp} (${flag.slice(0, -1)}), and this program ` +
        `puts it into cert-manager's own: take the flag away`,
    );
  }
  return faults;
}

function foreignFaults(what: string, object: KubernetesObject | undefined, stack: string): string[] {
  if (!object || object.metadata?.annotations?.[stackAnnotation] === stack) {
    return [];
  }
  return [
    `the ${what} is there and is not marked as this stack's, which would overwrite it, and delete it in the end: ` +
      `delete it if nothing needs it; clusterIssuerName gives the ClusterIssuer another name`,
  ];
}
