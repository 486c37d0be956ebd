import * as pulumi from "@pulumi/pulumi";
import type { CertificateUsage, KeyType } from "./certificate-profile";
import { createIssuer } from "./internal/issuer-objects";

export interface VaultClusterIssuerArgs {
  /** Name of the ClusterIssuer. Default `vault-issuer`. */
  issuerName?: string;
  /** cert-manager's namespace. */
  namespace: pulumi.Input<string>;
  /** `https://host:port` of Vault as cert-manager reaches it. */
  server: pulumi.Input<string>;
  /** Vault's path that signs requests, for example `pki_int/sign/home-lab-dot-local`. */
  signPath: pulumi.Input<string>;
  /** PEM: the CA that Vault's listener certificate is checked against. Default: what cert-manager's image trusts. */
  caChainPem?: pulumi.Input<string>;
  /** Name of the Secret for it. Default `ca-bundle`. */
  caBundleName?: string;
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
  /** What the certificates of the role are for. Default `server`. */
  usage?: CertificateUsage;
  /** Kind of key that the role wants. Default `any`. */
  keyType?: KeyType;
  /** Least size of an RSA or EC key that the role wants. Default: 2048 for RSA, 256 for EC. */
  keyBits?: number;
  /** Whether the Secret of the certificate that proves the issuer is deleted with it, and not with the namespace only. Default false. */
  deleteCanarySecret?: boolean;
  /**
   * Kubeconfig, a path or its content, for looking after the canary. Default: the setting `kubernetes:kubeconfig`, then
   * the environment variable KUBECONFIG. Secret.
   */
  kubeconfig?: pulumi.Input<string>;
  /** Context in it. Default: the setting `kubernetes:context`, then the current one. */
  kubernetesContext?: pulumi.Input<string>;
}

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

    this.issuerName = createIssuer(
      name,
      {
        ...args,
        issuerKind: "ClusterIssuer",
        resourceSuffix: "cluster-issuer",
        issuerName: args.issuerName ?? "vault-issuer",
        caBundleName: args.caBundleName ?? "ca-bundle",
        authRole: args.authRole ?? "issuer",
        serviceAccountName: args.serviceAccountName ?? "issuer",
        controllerNamespace: args.namespace,
        deleteSecret: args.deleteCanarySecret ?? false,
      },
      this,
    );
    this.registerOutputs({ issuerName: this.issuerName });
  }
}
