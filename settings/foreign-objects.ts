import {
  ApiextensionsV1Api,
  CoreV1Api,
  RbacAuthorizationV1Api,
  type KubernetesObject,
  type V1ClusterRoleBinding,
  type V1Namespace,
} from "@kubernetes/client-node";
import { loadKubeConfig, type KubeConfigSource } from "../components/internal/kubeconfig";
import { unlessMissing } from "../components/internal/unless-missing";
import { foreignNamespaceFault } from "../stack-mark";
import type { PlainSettings } from "./table";

type NamespaceSettings = Pick<
  PlainSettings,
  | "vaultNamespace"
  | "certManagerNamespace"
  | "podinfoNamespace"
  | "demo"
  | "certManagerExisting"
  | "trustBundle"
  | "approverPolicy"
  | "vaultExisting"
>;

/**
 * What the stack is going to make and somebody else has made already: namespaces, and what a cluster has once only. The
 * faults say whose it is and what to do.
 *
 * @param stack Full name of this stack.
 * @throws Error when the cluster cannot be asked.
 */
export async function foreignObjectFaults(
  source: KubeConfigSource,
  settings: NamespaceSettings,
  stack: string,
): Promise<string[]> {
  const loaded = loadKubeConfig(source);
  if (typeof loaded === "string") {
    return [loaded];
  }
  const core = loaded.config.makeApiClient(CoreV1Api);
  const rbac = loaded.config.makeApiClient(RbacAuthorizationV1Api);
  const extensions = loaded.config.makeApiClient(ApiextensionsV1Api);
  const customResource = (name: string) => unlessMissing(extensions.readCustomResourceDefinition({ name }));
  const ofCertManager = settings.certManagerExisting ? [] : (["certManagerNamespace"] as const);
  const ofDemo = settings.demo ? (["podinfoNamespace"] as const) : [];
  const names = ["vaultNamespace", ...ofCertManager, ...ofDemo] as const;
  const [binding, certificates, bundles, policies, ...namespaces] = await Promise.all([
    settings.vaultExisting
      ? undefined
      : unlessMissing(rbac.readClusterRoleBinding({ name: tokenReviewBinding })),
    settings.certManagerExisting ? undefined : customResource("certificates.cert-manager.io"),
    settings.trustBundle ? customResource("bundles.trust.cert-manager.io") : undefined,
    settings.approverPolicy ? customResource("certificaterequestpolicies.policy.cert-manager.io") : undefined,
    ...names.map((setting) => unlessMissing(core.readNamespace({ name: settings[setting] }))),
  ]);
  return [
    ...names.map((setting, index) => namespaceFault(setting, namespaces[index], stack)),
    bindingFault(binding, settings.vaultNamespace),
    definitionFault(certificates, "cert-manager", settings.certManagerNamespace),
    definitionFault(bundles, "trust-manager", settings.certManagerNamespace),
    definitionFault(policies, "cert-manager-approver-policy", settings.certManagerNamespace),
  ].filter((fault) => fault !== undefined);
}

/** Of a release `vault`, whatever its namespace: https://github.com/hashicorp/vault-helm/blob/main/templates/server-clusterrolebinding.yaml */
const tokenReviewBinding = "vault-server-binding";

function namespaceFault(
  setting: string,
  namespace: V1Namespace | undefined,
  stack: string,
): string | undefined {
  const fault = namespace && foreignNamespaceFault(namespace, stack);
  return fault && `${setting}: ${fault}`;
}

function bindingFault(binding: V1ClusterRoleBinding | undefined, vaultNamespace: string): string | undefined {
  if (!binding || isOfRelease(binding, "vault", vaultNamespace)) {
    return undefined;
  }
  const { name = "vault", namespace = "NAMESPACE" } = binding.subjects?.[0] ?? {};
  return (
    `vaultNamespace: the ClusterRoleBinding ${tokenReviewBinding} is ${ownerOf(binding)}, and this stack's Vault needs ` +
    `the name: give that one another, "kubectl create clusterrolebinding ${namespace}-token-review ` +
    `--clusterrole=system:auth-delegator --serviceaccount=${namespace}:${name}", then ` +
    `"kubectl delete clusterrolebinding ${tokenReviewBinding}" (docs/moving.md)`
  );
}

function definitionFault(
  definition: KubernetesObject | undefined,
  release: string,
  namespace: string,
): string | undefined {
  if (!definition || isOfRelease(definition, release, namespace)) {
    return undefined;
  }
  const use =
    release === "cert-manager"
      ? 'use the one that is there ("pulumi config set certManagerExisting true", and its namespace as certManagerNamespace), or '
      : "";
  return (
    `certManagerNamespace: the CRD ${definition.metadata?.name} is ${ownerOf(definition)}, and a cluster can have one ` +
    `${release} only: ${use}hand the CRDs over to the release ${release} in namespace ${namespace}, which keeps every ` +
    "object of theirs, as docs/moving.md says; or put the setting back, if that release is this stack's own"
  );
}

/** Helm takes over what is marked so: https://github.com/helm/helm/blob/v3.19.0/pkg/action/validate.go */
function isOfRelease({ metadata }: KubernetesObject, name: string, namespace: string): boolean {
  const annotations = metadata?.annotations ?? {};
  return (
    annotations["meta.helm.sh/release-name"] === name &&
    annotations["meta.helm.sh/release-namespace"] === namespace
  );
}

function ownerOf({ metadata }: KubernetesObject): string {
  const { "meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": namespace } =
    metadata?.annotations ?? {};
  return name ? `of the Helm release ${name} in namespace ${namespace}` : "of no Helm release";
}
