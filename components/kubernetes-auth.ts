import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

export interface KubernetesAuthArgs {
  /** Path of the auth method. Default `kubernetes`. */
  path?: pulumi.Input<string>;
  /** The cluster's API as Vault's pod reaches it. Default `https://kubernetes.default.svc`. */
  kubernetesHost?: pulumi.Input<string>;
  /**
   * PEM: the CA of the cluster's API. Default that of Vault's pod; to be given, with `tokenReviewerJwt`, for a Vault that
   * is no pod of the cluster.
   */
  kubernetesCaPem?: pulumi.Input<string>;
  /** Token by which Vault has tokens checked, such as that of a VaultTokenReviewer. Secret. Default that of Vault's pod. */
  tokenReviewerJwt?: pulumi.Input<string>;
  /** Name of the role. Default `issuer`. */
  roleName?: pulumi.Input<string>;
  /** The ServiceAccount that may log in. Default `issuer`. */
  serviceAccountName?: pulumi.Input<string>;
  /** Its namespace. Default `cert-manager`. */
  serviceAccountNamespace?: pulumi.Input<string>;
  /** Audience that its token must carry; cert-manager adds `vault://<ClusterIssuer>`. */
  audience: pulumi.Input<string>;
  /** Policies of the Vault token that a login gives. */
  policies: pulumi.Input<pulumi.Input<string>[]>;
  /** Life of that Vault token, seconds. Default 600. */
  tokenTtlSeconds?: pulumi.Input<number>;
}

/**
 * Login to Vault for one ServiceAccount. Vault checks tokens with its own pod's ServiceAccount, which the chart allows
 * to review them, so no reviewer token is stored anywhere; unless one is given, for a Vault outside of the cluster.
 *
 * @example
 * ```ts
 * const auth = new KubernetesAuth("kubernetes-auth", {
 *   audience: "vault://vault-issuer",
 *   policies: [issuingCa.policyName],
 * }, { provider: vaultProvider, deletedWith: server.release });
 * ```
 */
export class KubernetesAuth extends pulumi.ComponentResource {
  /** Path of the auth method; resolves when it is configured. */
  public readonly path: pulumi.Output<string>;
  /** Name of the role. */
  public readonly roleName: pulumi.Output<string>;

  constructor(name: string, args: KubernetesAuthArgs, opts?: pulumi.ComponentResourceOptions) {
    const { tokenReviewerJwt: given } = args;
    const tokenReviewerJwt = given === undefined ? undefined : pulumi.secret(given);
    super("cert-manager-vault:index:KubernetesAuth", name, { ...args, tokenReviewerJwt }, opts);
    const child = { parent: this, deletedWith: opts?.deletedWith };

    const method = new vault.AuthBackend(
      `${name}-method`,
      { type: "kubernetes", path: args.path ?? "kubernetes" },
      child,
    );
    const config = new vault.kubernetes.AuthBackendConfig(
      `${name}-config`,
      {
        backend: method.path,
        kubernetesHost: args.kubernetesHost ?? "https://kubernetes.default.svc",
        kubernetesCaCert: args.kubernetesCaPem,
        tokenReviewerJwt,
        // Otherwise a Vault in a pod of another cluster would take what that pod has.
        disableLocalCaJwt: tokenReviewerJwt && true,
      },
      child,
    );
    const role = new vault.kubernetes.AuthBackendRole(
      `${name}-role`,
      {
        backend: method.path,
        roleName: args.roleName ?? "issuer",
        boundServiceAccountNames: [args.serviceAccountName ?? "issuer"],
        boundServiceAccountNamespaces: [args.serviceAccountNamespace ?? "cert-manager"],
        audience: args.audience,
        tokenPolicies: args.policies,
        tokenTtl: args.tokenTtlSeconds ?? 600,
      },
      { ...child, dependsOn: config },
    );

    this.path = pulumi.all([method.path, config.id]).apply(([path]) => path);
    this.roleName = role.roleName;
    this.registerOutputs({ path: this.path, roleName: this.roleName });
  }
}
