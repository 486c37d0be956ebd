import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { IssuanceResource } from "./internal/issuance-resource";
import { ownMetadata } from "./internal/own-metadata";

export interface VaultClusterIssuerArgs {
  /** Name of the ClusterIssuer. Default `vault-issuer`. */
  issuerName?: string;
  /** cert-manager's namespace. */
  namespace: pulumi.Input<string>;
  /** `https://host:port` of Vault as cert-manager reaches it. */
  server: pulumi.Input<string>;
  /** Vault's path that signs requests, for example `pki_int/sign/home-lab-dot-local`. */
  signPath: pulumi.Input<string>;
  /** PEM: the CA that Vault's listener certificate is checked against. */
  caChainPem: pulumi.Input<string>;
  /** Path of the Kubernetes auth method. Default `kubernetes`. */
  authPath?: pulumi.Input<string>;
  /** Role of the auth method. Default `issuer`. */
  authRole?: pulumi.Input<string>;
  /** ServiceAccount to make and log in with. Default `issuer`. */
  serviceAccountName?: string;
  /** ServiceAccount of cert-manager's controller, which asks for the tokens. Default `cert-manager`. */
  controllerServiceAccountName?: pulumi.Input<string>;
  /** A host name that the role admits, for the certificate that proves the issuer. */
  canaryDnsName: pulumi.Input<string>;
  /**
   * Kubeconfig, a path or its content, for looking after the canary. Default: the setting `kubernetes:kubeconfig`, then
   * the environment variable KUBECONFIG. Secret.
   */
  kubeconfig?: pulumi.Input<string>;
  /** Context in it. Default: the setting `kubernetes:context`, then the current one. */
  kubernetesContext?: pulumi.Input<string>;
}

const waitUntilReady = { "pulumi.com/waitFor": "condition=Ready" };
const caBundleKey = "ca-chain.cert.pem";

/**
 * A ClusterIssuer that signs through Vault, logging in with a token of ten minutes that cert-manager requests itself.
 * `Ready` means only that a login worked, so it is done when a canary Certificate has been issued. A canary whose renewal
 * has failed is issued anew by the next run; cert-manager would wait for hours.
 *
 * @example
 * ```ts
 * const issuer = new VaultClusterIssuer("vault-issuer", {
 *   namespace: certManager.namespace,
 *   server: server.clusterAddress,
 *   signPath: issuingCa.signPath,
 *   caChainPem: authority.chainPem,
 *   canaryDnsName: "canary.homelab.local",
 * });
 * ```
 */
export class VaultClusterIssuer extends pulumi.ComponentResource {
  /** Name of the ClusterIssuer; resolves when it has signed a certificate. */
  public readonly issuerName: pulumi.Output<string>;

  constructor(name: string, args: VaultClusterIssuerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:VaultClusterIssuer", name, args, opts);
    const issuerName = args.issuerName ?? "vault-issuer";
    const child = { parent: this, customTimeouts: { create: "6m", update: "6m" } };

    const caBundle = new k8s.core.v1.Secret(
      `${name}-ca-bundle`,
      {
        metadata: { name: "ca-bundle", namespace: args.namespace },
        stringData: { [caBundleKey]: args.caChainPem },
      },
      { parent: this },
    );
    const account = createLoginAccount(name, args, { parent: this });
    const issuer = new k8s.apiextensions.CustomResource(
      `${name}-cluster-issuer`,
      {
        apiVersion: "cert-manager.io/v1",
        kind: "ClusterIssuer",
        metadata: ownMetadata({ name: issuerName, annotations: waitUntilReady }),
        spec: {
          vault: {
            server: args.server,
            path: args.signPath,
            caBundleSecretRef: { name: caBundle.metadata.name, key: caBundleKey },
            auth: {
              kubernetes: {
                mountPath: pulumi.interpolate`/v1/auth/${args.authPath ?? "kubernetes"}`,
                role: args.authRole ?? "issuer",
                serviceAccountRef: { name: account.name },
              },
            },
          },
        },
      },
      { ...child, dependsOn: account.rights },
    );
    const canary = createCanary(name, issuerName, args, issuer, child);

    this.issuerName = pulumi.all([issuer.metadata, canary.id]).apply(([metadata]) => metadata.name);
    this.registerOutputs({ issuerName: this.issuerName });
  }
}

/** The ServiceAccount that logs in to Vault, and the right of cert-manager's controller to ask for its tokens. */
function createLoginAccount(
  name: string,
  args: VaultClusterIssuerArgs,
  opts: pulumi.CustomResourceOptions,
): { name: pulumi.Output<string>; rights: pulumi.Resource } {
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-service-account`,
    {
      metadata: ownMetadata({ name: args.serviceAccountName ?? "issuer", namespace: args.namespace }),
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
        namespace: args.namespace,
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
      metadata: ownMetadata({ name: role.metadata.name, namespace: args.namespace }),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [
        {
          kind: "ServiceAccount",
          name: args.controllerServiceAccountName ?? "cert-manager",
          namespace: args.namespace,
        },
      ],
    },
    opts,
  );
  return { name: account.metadata.name, rights: binding };
}

/** A Certificate that nobody uses: its first issuance proves the whole path, its renewals keep proving it. */
function createCanary(
  name: string,
  issuerName: string,
  args: VaultClusterIssuerArgs,
  issuer: pulumi.Resource,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  const canaryName = `${issuerName}-canary`;
  const issuance = new IssuanceResource(
    `${name}-canary-issuance`,
    {
      namespace: args.namespace,
      name: canaryName,
      kubeconfig: args.kubeconfig,
      context: args.kubernetesContext,
    },
    { parent: opts.parent, dependsOn: issuer },
  );
  return new k8s.apiextensions.CustomResource(
    `${name}-canary`,
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata: ownMetadata({ name: canaryName, namespace: args.namespace, annotations: waitUntilReady }),
      spec: {
        secretName: canaryName,
        dnsNames: [args.canaryDnsName],
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        issuerRef: { name: issuerName, kind: "ClusterIssuer", group: "cert-manager.io" },
      },
    },
    { ...opts, dependsOn: [issuer, issuance] },
  );
}
