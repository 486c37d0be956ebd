import { callVault, expectOk, type VaultEndpoint } from "./vault-client";

/** A role of the token store: what its tokens are like. Only the root token can change it. */
export interface TokenRole {
  name: string;
  /** The one policy of its tokens. */
  policyName: string;
  /** How long a token lives after it was made or renewed. */
  periodSeconds: number;
}

/** To which Vault cuts a period, unless the token store is told otherwise. Seconds. */
const longestLease = 768 * 3600;

/** Writes a policy and the role that gives tokens with it: orphans without the policy `default`, renewed for ever. */
export async function writeTokenRole(
  endpoint: VaultEndpoint,
  token: string,
  role: TokenRole,
  policy: string,
): Promise<void> {
  expectOk(
    `write the policy ${role.policyName}`,
    await callVault(endpoint, {
      method: "PUT",
      path: `sys/policies/acl/${role.policyName}`,
      token,
      body: { policy },
    }),
  );
  if (role.periodSeconds > longestLease) {
    expectOk(
      "set the longest life of tokens",
      await callVault(endpoint, {
        method: "POST",
        path: "sys/auth/token/tune",
        token,
        body: { max_lease_ttl: `${role.periodSeconds}s` },
      }),
    );
  }
  expectOk(
    `write the token role ${role.name}`,
    await callVault(endpoint, {
      method: "POST",
      path: `auth/token/roles/${role.name}`,
      token,
      body: {
        allowed_policies: [role.policyName],
        token_no_default_policy: true,
        orphan: true,
        renewable: true,
        token_period: role.periodSeconds,
      },
    }),
  );
}

/** Makes a token by a role. */
export async function createToken(endpoint: VaultEndpoint, token: string, roleName: string): Promise<string> {
  const body = expectOk<{ auth: { client_token: string } }>(
    `make a token by the role ${roleName}`,
    await callVault(endpoint, {
      method: "POST",
      path: `auth/token/create/${roleName}`,
      token,
      body: { display_name: roleName },
    }),
  );
  return body.auth.client_token;
}

/**
 * Renews a token for its whole period.
 *
 * @returns false when Vault does not know it: expired or revoked
 * @throws Error when Vault cannot tell, for example because it is sealed.
 */
export async function renewToken(endpoint: VaultEndpoint, token: string): Promise<boolean> {
  const response = await callVault(endpoint, {
    method: "POST",
    path: "auth/token/renew-self",
    token,
    body: {},
  });
  if (response.status === 403) {
    return false;
  }
  expectOk("renew the token that Pulumi works with", response);
  return true;
}

/** Revokes a token; one that Vault does not know is revoked already. */
export async function revokeToken(endpoint: VaultEndpoint, token: string): Promise<void> {
  const response = await callVault(endpoint, {
    method: "POST",
    path: "auth/token/revoke-self",
    token,
    body: {},
  });
  if (response.status !== 403) {
    expectOk("revoke a token", response);
  }
}
