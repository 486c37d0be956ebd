import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createCanary, type CanaryWish } from "./canary";
import { ownMetadata, waitUntilReady } from "./own-metadata";

/** An issuer of cert-manager that signs through Vault, and what it needs in the cluster. */
export interface IssuerWish extends CanaryWish {
  /** Ends the name of the issuer as a resource: `cluster-issuer` or `issuer`. */
  resourceSuffix: string;
  server: pulumi.Input<string>;
  signPath: pulumi.Input<string>;
  /** None for what cert-manager's image trusts. */
  caChainPem?: pulumi.Input<string>;
  caBundleName: string;
  authPath?: pulumi.Input<string>;
  authRole: pulumi.Input<string>;
  serviceAccountName: string;
  controllerServiceAccountName?: pulumi.Input<string>;
  /** Where cert-manager itself is. */
  controllerNamespace: pulumi.Input<string>;
}

const caBundleKey = "ca-chain.cert.pem";

/**
 * The issuer with its CA bundle, its account and its canary, all of them children of `parent`.
 *
 * @returns its name, which resolves when it has signed a certificate
 */
export function createIssuer(
  name: string,
  wish: IssuerWish,
  parent: pulumi.ComponentResource,
): pulumi.Output<string> {
  const child = { parent, customTimeouts: { create: "6m", update: "6m" } };

  const caBundle =
    wish.caChainPem === undefined
      ? undefined
      : new k8s.core.v1.Secret(
          `${name}-ca-bundle`,
          {
            metadata: { name: wish.caBundleName, namespace: wish.namespace },
            stringData: { [caBundleKey]: wish.caChainPem },
          },
          { parent },
        );
  const account = createLoginAccount(name, wish, { parent });
  const issuer = new k8s.apiextensions.CustomResource(
    `${name}-${wish.resourceSuffix}`,
    {
      apiVersion: "cert-manager.io/v1",
      kind: wish.issuerKind,
      metadata: ownMetadata({
        name: wish.issuerName,
        ...(wish.issuerKind === "Issuer" ? { namespace: wish.namespace } : {}),
        annotations: waitUntilReady,
      }),
      spec: {
        vault: {
          server: wish.server,
          path: wish.signPath,
          caBundleSecretRef: caBundle && { name: caBundle.metadata.name, key: caBundleKey },
          auth: {
            kubernetes: {
              mountPath: pulumi.interpolate`/v1/auth/${wish.authPath ?? "kubernetes"}`,
              role: wish.authRole,
              serviceAccountRef: { name: account.name },
            },
          },
        },
      },
    },
    { ...child, dependsOn: account.rights },
  );
  const canary = createCanary(name, wish, issuer, child);
  return pulumi.all([issuer.metadata, canary.id]).apply(([metadata]) => metadata.name);
}

/** The ServiceAccount that logs in to Vault, and the right of cert-manager's controller to ask for its tokens. */
function createLoginAccount(
  name: string,
  wish: IssuerWish,
  opts: pulumi.CustomResourceOptions,
): { name: pulumi.Output<string>; rights: pulumi.Resource } {
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-service-account`,
    {
      metadata: ownMetadata({ name: wish.serviceAccountName, namespace: wish.namespace }),
      // No pod runs as it.
      automountServiceAccountToken: false,
    },
    opts,
  );
  const role = new k8s.rbac.v1.Role(
    `${name}-token-role`,
    {
      metadata: ownMetadata({
        name: pulumi.interpolate`${account.metadata.name}-token`,
        namespace: wish.namespace,
      }),
      rules: [
        {
          apiGroups: [""],
          resources: ["serviceaccounts/token"],
          resourceNames: [account.metadata.name],
          verbs: ["create"],
        },
      ],
    },
    opts,
  );
  const binding = new k8s.rbac.v1.RoleBinding(
    `${name}-token-role-binding`,
    {
      metadata: ownMetadata({ name: role.metadata.name, namespace: wish.namespace }),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [
        {
          kind: "ServiceAccount",
          name: wish.controllerServiceAccountName ?? "cert-manager",
          namespace: wish.controllerNamespace,
        },
      ],
    },
    opts,
  );
  return { name: account.metadata.name, rights: binding };
}
