import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import type { CertificateUsage, KeyType } from "./certificate-profile";
import { createPkiRole } from "./internal/pki-role";

export interface IssuerRoleArgs {
  /** Mount path of the CA that signs; must resolve only when that mount is there. */
  mountPath: pulumi.Input<string>;
  /** Name of the role on that mount. */
  roleName: pulumi.Input<string>;
  /** Domains that the role admits, with their subdomains. */
  allowedDomains: pulumi.Input<pulumi.Input<string>[]>;
  /** Longest life of a certificate of the role, as a duration. Default `24h`. */
  maxTtl?: string;
  /** What the certificates are for. Default `server`. */
  usage?: CertificateUsage;
  /** Kind of their keys. Default `any`. */
  keyType?: KeyType;
  /** Least size of an RSA or EC key. Default: 2048 for RSA, 256 for EC. */
  keyBits?: number;
  /** Name of the policy that admits to the role. */
  policyName: pulumi.Input<string>;
  /** Path of the Kubernetes auth method; must resolve only when that is configured. Default `kubernetes`. */
  authPath?: pulumi.Input<string>;
  /** Name of the role of the auth method. */
  authRoleName: pulumi.Input<string>;
  /** The one ServiceAccount that may log in. */
  serviceAccountName: pulumi.Input<string>;
  /** Its namespace. */
  serviceAccountNamespace: pulumi.Input<string>;
  /** Audience that its token must carry: `vault://<ClusterIssuer>`, or `vault://<namespace>/<Issuer>`. */
  audience: pulumi.Input<string>;
  /** Life of the Vault token that a login gives, seconds. Default 600. */
  tokenTtlSeconds?: pulumi.Input<number>;
}

/**
 * All that one more issuer has inside Vault: a role of its own on a CA's mount, a policy that admits to signing by that
 * role and to nothing else, and a login that gives this policy to one ServiceAccount.
 *
 * @example
 * ```ts
 * const role = new IssuerRole("client-role", {
 *   mountPath: issuingCa.mountPath,
 *   roleName: "clients",
 *   allowedDomains: ["clients.homelab.local"],
 *   usage: CertificateUsage.Client,
 *   policyName: "issuer-clients",
 *   authPath: auth.path,
 *   authRoleName: "issuer-clients",
 *   serviceAccountName: "issuer-clients",
 *   serviceAccountNamespace: "cert-manager",
 *   audience: "vault://clients",
 * }, { provider: vaultProvider, deletedWith: server.release });
 * ```
 */
export class IssuerRole extends pulumi.ComponentResource {
  /** API path that signs requests by the role. */
  public readonly signPath: pulumi.Output<string>;
  /** Name of the policy that admits to `signPath` and nothing else. */
  public readonly policyName: pulumi.Output<string>;
  /** Name of the role of the auth method; resolves when a login by it can sign. */
  public readonly authRoleName: pulumi.Output<string>;

  constructor(name: string, args: IssuerRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:IssuerRole", name, args, opts);
    const child = { parent: this, deletedWith: opts?.deletedWith };

    const { policy, signPath } = createPkiRole(
      name,
      {
        mountPath: pulumi.output(args.mountPath),
        roleName: args.roleName,
        allowedDomains: args.allowedDomains,
        maxTtl: args.maxTtl ?? "24h",
        usage: args.usage,
        keyType: args.keyType,
        keyBits: args.keyBits,
        policyName: args.policyName,
      },
      child,
    );
    const login = new vault.kubernetes.AuthBackendRole(
      `${name}-login`,
      {
        backend: args.authPath ?? "kubernetes",
        roleName: args.authRoleName,
        boundServiceAccountNames: [args.serviceAccountName],
        boundServiceAccountNamespaces: [args.serviceAccountNamespace],
        audience: args.audience,
        tokenPolicies: [policy.name],
        tokenTtl: args.tokenTtlSeconds ?? 600,
      },
      child,
    );

    this.signPath = signPath;
    this.policyName = policy.name;
    this.authRoleName = login.roleName;
    this.registerOutputs({
      signPath: this.signPath,
      policyName: this.policyName,
      authRoleName: this.authRoleName,
    });
  }
}
