import * as pulumi from "@pulumi/pulumi";
import { tokenPolicy } from "./internal/token-policy";
import { VaultTokenResource } from "./internal/vault-token-resource";

export interface VaultTokenPkiMount {
  /** Mount path. */
  path: string;
  /** Names of its roles. */
  roleNames: string[];
  /** Whether a root is made in it. Default false. */
  makesRoot?: boolean;
  /** Whether the token may make it an ACME server, by the first role and for bound accounts only. Default false. */
  acme?: boolean;
}

export interface VaultTokenPolicy {
  /** Name of the policy. */
  name: string;
  /** HCL, as it is written to Vault, to the letter. */
  text: string;
}

export interface VaultTokenAuthRole {
  /** Name of the role. */
  name: string;
  /** Policies that a login by it gives. */
  policies: string[];
}

export interface VaultTokenArgs {
  /** Where Vault answers, `https://host:port`, reachable from the machine that runs Pulumi. */
  address: pulumi.Input<string>;
  /** PEM certificates that Vault's listener certificate is checked against. */
  caPem: pulumi.Input<string>;
  /** Root token; known when Vault is unsealed. Need not be valid once there is a token of Pulumi's own. Secret. */
  rootToken: pulumi.Input<string>;
  /** Whether Pulumi works with a token of its own, so that the root token can be revoked. Default false. */
  ownToken?: boolean;
  /** PKI mounts that the token reaches. */
  pkiMounts: VaultTokenPkiMount[];
  /** Policies that the token may write. */
  policies: VaultTokenPolicy[];
  /** Path of the Kubernetes auth method that the token reaches. Default `kubernetes`. */
  authPath?: string;
  /** Roles of the auth method that the token may write. */
  authRoles: VaultTokenAuthRole[];
  /** Name of the token's own policy, and of the role that it is made by. Default `cert-manager-vault`. */
  policyName?: string;
  /** How long the token lives after the last run or preview, seconds. Default 2764800, which is 32 days. */
  periodSeconds?: number;
  /** Another number makes another token. Default 0. */
  rotation?: number;
}

/**
 * The token that Pulumi works with in Vault: the root token, or one of its own that reaches what the program has there
 * and nothing else. That one is an orphan, so it outlives the root token, and periodic: every run and every preview renews it.
 *
 * @example
 * ```ts
 * const token = new VaultToken("vault-token", {
 *   address: server.address,
 *   caPem: authority.rootCertificatePem,
 *   rootToken: vaultInit.rootToken,
 *   ownToken: true,
 *   pkiMounts: [{ path: "pki_int", roleNames: ["home-lab-dot-local"] }],
 *   policies: [],
 *   authRoles: [{ name: "issuer", policies: ["pki_int"] }],
 * });
 * const provider = new vault.Provider("vault", { address: server.address, token: token.token });
 * ```
 */
export class VaultToken extends pulumi.ComponentResource {
  /** The token. Secret. */
  public readonly token: pulumi.Output<string>;
  /** Tokens to be revoked now, for VaultTokenRevocation: those in use before, with `ownToken` the root token. Secret. */
  public readonly retiredTokens: pulumi.Output<string[]>;

  constructor(name: string, args: VaultTokenArgs, opts?: pulumi.ComponentResourceOptions) {
    const rootToken = pulumi.secret(args.rootToken);
    super("cert-manager-vault:index:VaultToken", name, { ...args, rootToken }, opts);
    const policyName = args.policyName ?? "cert-manager-vault";
    const narrow = args.ownToken ?? false;

    const resource = new VaultTokenResource(
      `${name}-token`,
      {
        address: args.address,
        caPem: args.caPem,
        rootToken,
        narrow,
        policyName,
        policy: tokenPolicy({
          pkiMounts: args.pkiMounts,
          policies: args.policies,
          authPath: args.authPath ?? "kubernetes",
          authRoles: args.authRoles,
          tokenRoleName: policyName,
        }),
        periodSeconds: args.periodSeconds ?? 768 * 3600,
        rotation: args.rotation ?? 0,
      },
      { parent: this },
    );

    this.token = pulumi.secret(resource.token);
    this.retiredTokens = pulumi
      .secret(pulumi.all([resource.retired, rootToken]))
      .apply(([retired, root]) => (narrow ? [root, ...retired] : retired));
    this.registerOutputs({ token: this.token, retiredTokens: this.retiredTokens });
  }
}
