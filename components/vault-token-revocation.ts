import * as pulumi from "@pulumi/pulumi";
import { TokenRevocationResource } from "./internal/token-revocation-resource";

export interface VaultTokenRevocationArgs {
  /** Where Vault answers, `https://host:port`, reachable from the machine that runs Pulumi. */
  address: pulumi.Input<string>;
  /** PEM certificates that Vault's listener certificate is checked against. */
  caPem: pulumi.Input<string>;
  /** The token that stays in use; nothing is revoked unless Vault accepts it. Secret. */
  tokenInUse: pulumi.Input<string>;
  /** Tokens to revoke; those that Vault does not know are revoked already. Secret. */
  tokens: pulumi.Input<string[]>;
}

/**
 * Revokes tokens that are not to be used any more. Make it depend on everything that is made with the token in use: by
 * then that token is in the state, and has proved that it can do what it is for.
 *
 * @example
 * ```ts
 * new VaultTokenRevocation("vault-token-revocation", {
 *   address: server.address,
 *   caPem: authority.rootCertificatePem,
 *   tokenInUse: token.token,
 *   tokens: token.retiredTokens,
 * }, { dependsOn: [issuingCa, kubernetesAuth] });
 * ```
 */
export class VaultTokenRevocation extends pulumi.ComponentResource {
  constructor(name: string, args: VaultTokenRevocationArgs, opts?: pulumi.ComponentResourceOptions) {
    const tokenInUse = pulumi.secret(args.tokenInUse);
    const tokens = pulumi.secret(args.tokens);
    super("cert-manager-vault:index:VaultTokenRevocation", name, { ...args, tokenInUse, tokens }, opts);
    new TokenRevocationResource(
      `${name}-revocation`,
      {
        address: args.address,
        caPem: args.caPem,
        tokenInUse,
        tokens,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
