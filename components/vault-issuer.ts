import * as pulumi from "@pulumi/pulumi";
import type { CertificateUsage, KeyType } from "./certificate-profile";
import { createIssuer } from "./internal/issuer-objects";

export interface VaultIssuerArgs {
  /** Name of the Issuer. */
  issuerName: string;
  /** The one namespace that it serves, and that its account is in. It must be there. */
  namespace: pulumi.Input<string>;
  /** `https://host:port` of Vault as cert-manager reaches it. */
  server: pulumi.Input<string>;
  /** Vault's path that signs requests, for example `pki_int/sign/team`. */
  signPath: pulumi.Input<string>;
  /** PEM: the CA that Vault's listener certificate is checked against. Default: what cert-manager's image trusts. */
  caChainPem?: pulumi.Input<string>;
  /** Name of the Secret for it. Default: the ServiceAccount's name, and `-ca-bundle`. */
  caBundleName?: string;
  /** Path of the Kubernetes auth method. Default `kubernetes`. */
  authPath?: pulumi.Input<string>;
  /** Role of the auth method. */
  authRole: pulumi.Input<string>;
  /** ServiceAccount to make and log in with. */
  serviceAccountName: string;
  /** ServiceAccount of cert-manager's controller, which asks for the tokens. Default `cert-manager`. */
  controllerServiceAccountName?: pulumi.Input<string>;
  /** Its namespace. Default `cert-manager`. */
  controllerNamespace?: pulumi.Input<string>;
  /** A host name that the role admits, for the certificate that proves the issuer. */
  canaryDnsName: pulumi.Input<string>;
  /** What the certificates of the role are for. Default `server`. */
  usage?: CertificateUsage;
  /** Kind of key that the role wants. Default `any`. */
  keyType?: KeyType;
  /** Least size of an RSA or EC key that the role wants. Default: 2048 for RSA, 256 for EC. */
  keyBits?: number;
  /**
   * Kubeconfig, a path or its content, for looking after the canary. Default: the setting `kubernetes:kubeconfig`, then
   * the environment variable KUBECONFIG. Secret.
   */
  kubeconfig?: pulumi.Input<string>;
  /** Context in it. Default: the setting `kubernetes:context`, then the current one. */
  kubernetesContext?: pulumi.Input<string>;
}

/**
 * An Issuer for one namespace that signs through Vault, proved by a canary as a VaultClusterIssuer is. All that belongs
 * to it is in that namespace, and goes with it: other namespaces can neither use it nor log in as it.
 *
 * @example
 * ```ts
 * const issuer = new VaultIssuer("team-issuer", {
 *   issuerName: "team",
 *   namespace: "team",
 *   server: server.clusterAddress,
 *   signPath: role.signPath,
 *   caChainPem: authority.chainPem,
 *   authRole: role.authRoleName,
 *   serviceAccountName: "issuer-team",
 *   canaryDnsName: "canary.team.homelab.local",
 * });
 * ```
 */
export class VaultIssuer extends pulumi.ComponentResource {
  /** Name of the Issuer; resolves when it has signed a certificate. */
  public readonly issuerName: pulumi.Output<string>;

  constructor(name: string, args: VaultIssuerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:VaultIssuer", name, args, opts);

    this.issuerName = createIssuer(
      name,
      {
        ...args,
        issuerKind: "Issuer",
        resourceSuffix: "issuer",
        caBundleName: args.caBundleName ?? `${args.serviceAccountName}-ca-bundle`,
        controllerNamespace: args.controllerNamespace ?? "cert-manager",
        deleteSecret: true,
      },
      this,
    );
    this.registerOutputs({ issuerName: this.issuerName });
  }
}
