import type * as pulumi from "@pulumi/pulumi";
import { VaultTokenRevocation } from "../components";
import type { Vault } from "./vault";

/**
 * Revokes the tokens that are not to be used any more, where there may be some.
 *
 * @param madeInVault All that is made in Vault: by then Pulumi's own token is in the state, and has proved itself.
 */
export function revokeRetiredTokens({ access, retiredTokens }: Vault, madeInVault: pulumi.Resource[]): void {
  if (!retiredTokens) {
    return;
  }
  new VaultTokenRevocation(
    "vault-token-revocation",
    { address: access.address, caPem: access.caPem, tokenInUse: access.token, tokens: retiredTokens },
    { dependsOn: madeInVault },
  );
}
