import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ownMetadata } from "./internal/own-metadata";

export interface VaultTokenReviewerArgs {
  /** Namespace of the account, which has to be there. */
  namespace: pulumi.Input<string>;
  /** Name of the ServiceAccount to make. Default `vault-token-reviewer`. */
  serviceAccountName?: string;
}

/**
 * The account by which a Vault that is no pod of this cluster has the tokens of its ServiceAccounts checked. It may ask
 * the API server about tokens and rights, and do nothing else. Its own token has no end, because Vault cannot get another
 * by itself; it is over when this is deleted.
 *
 * @example
 * ```ts
 * const reviewer = new VaultTokenReviewer("vault-token-reviewer", { namespace: "vault" });
 * const auth = new KubernetesAuth("kubernetes-auth", {
 *   path: "homelab",
 *   kubernetesHost: "https://192.168.1.10:6443",
 *   kubernetesCaPem: reviewer.kubernetesCaPem,
 *   tokenReviewerJwt: reviewer.token,
 *   audience: "vault://vault-issuer",
 *   policies: [issuingCa.policyName],
 * }, { provider: vaultProvider });
 * ```
 */
export class VaultTokenReviewer extends pulumi.ComponentResource {
  /** Its token; resolves when it may check others. Secret. */
  public readonly token: pulumi.Output<string>;
  /** PEM: the CA of the cluster's API, as its pods have it. */
  public readonly kubernetesCaPem: pulumi.Output<string>;

  constructor(name: string, args: VaultTokenReviewerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:VaultTokenReviewer", name, args, opts);
    const child = { parent: this };

    const account = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      {
        metadata: ownMetadata({
          name: args.serviceAccountName ?? "vault-token-reviewer",
          namespace: args.namespace,
        }),
        // No pod runs as it.
        automountServiceAccountToken: false,
      },
      child,
    );
    const binding = new k8s.rbac.v1.ClusterRoleBinding(
      `${name}-binding`,
      {
        metadata: ownMetadata({
          name: pulumi.interpolate`cert-manager-vault-${args.namespace}-${account.metadata.name}`,
        }),
        roleRef: {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "ClusterRole",
          name: "system:auth-delegator",
        },
        subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: args.namespace }],
      },
      child,
    );
    // https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
    const secret = new k8s.core.v1.Secret(
      `${name}-token`,
      {
        metadata: ownMetadata({
          name: pulumi.interpolate`${account.metadata.name}-token`,
          namespace: args.namespace,
          annotations: { "kubernetes.io/service-account.name": account.metadata.name },
        }),
        type: "kubernetes.io/service-account-token",
      },
      child,
    );
    const field = (key: string) =>
      pulumi
        .all([secret.data, binding.id])
        .apply(([data]) => Buffer.from(data[key] ?? "", "base64").toString());

    this.token = pulumi.secret(field("token"));
    this.kubernetesCaPem = pulumi.unsecret(field("ca.crt"));
    this.registerOutputs({ token: this.token, kubernetesCaPem: this.kubernetesCaPem });
  }
}
