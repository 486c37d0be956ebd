import { hasAllRules, withFormerRules } from "./policy-rules";
import { createToken, renewToken, writeTokenRole } from "./token-client";
import { dispensablePath } from "./token-policy";
import { tokenIsValid, type VaultEndpoint } from "./vault-client";

/** The token that Pulumi is to work with. */
export interface TokenWish {
  /** Whether it is a token of Pulumi's own, or else the root token. */
  narrow: boolean;
  /** May be revoked already. */
  rootToken: string;
  /** Name of the token's policy and of its role. */
  policyName: string;
  policy: string;
  periodSeconds: number;
  /** Another number wants another token. */
  rotation: number;
}

/** What is remembered of the token that Pulumi works with. */
export interface TokenState extends Omit<TokenWish, "rootToken"> {
  /** As it is in Vault, which may reach more than was wished last: what the program had there before. */
  policy: string;
  token: string;
  /** Tokens of Pulumi's own that were in use before and may not be revoked yet. */
  retired: string[];
}

const breakGlass =
  'Make a new root token with the unseal keys ("Break glass" in docs/security.md), ' +
  "pulumi config set --secret vaultExistingRootToken, and run pulumi up again";

/** Whether there is anything to do for the token to be as wished. Renews it on the way. */
export async function tokenNeedsWork(
  endpoint: VaultEndpoint,
  wish: TokenWish,
  state: TokenState,
): Promise<boolean> {
  if (!isAsWished(wish, state)) {
    return true;
  }
  return !(await isAlive(endpoint, state));
}

/**
 * The token as wished: the one there is where it will do, or a new one. A token of Pulumi's own makes the one after it
 * itself; the first one, and one of another policy, take the root token.
 *
 * @throws Error when it takes the root token, and Vault does not accept it; says how to get one.
 */
export async function obtainVaultToken(
  endpoint: VaultEndpoint,
  wish: TokenWish,
  state?: TokenState,
): Promise<TokenState> {
  const { rootToken, policy: wished, ...remembered } = wish;
  const alive = state !== undefined && (await isAlive(endpoint, state));
  if (!wish.narrow) {
    await requireRoot(
      endpoint,
      rootToken,
      "vaultRootToken is keep, but the root token is not accepted any more",
    );
    return {
      ...remembered,
      policy: wished,
      token: rootToken,
      retired: await stillToRetire(endpoint, state),
    };
  }
  // What is not wished any more has to be reached still: it is deleted at the end of this run.
  const policy = state?.narrow ? policyAfter(wished, state.policy) : wished;
  const hasRole = state !== undefined && state.narrow && sameRole(wish, state);
  if (!hasRole || !alive) {
    await requireRoot(endpoint, rootToken, whyRoot(state, alive));
    const role = { name: wish.policyName, policyName: wish.policyName, periodSeconds: wish.periodSeconds };
    await writeTokenRole(endpoint, rootToken, role, policy);
  }
  if (state?.narrow && alive && state.rotation === wish.rotation && state.policyName === wish.policyName) {
    return { ...remembered, policy, token: state.token, retired: state.retired };
  }
  const maker = hasRole && alive ? state.token : rootToken;
  const token = await createToken(endpoint, maker, wish.policyName);
  return { ...remembered, policy, token, retired: await stillToRetire(endpoint, state) };
}

function isAsWished(wish: TokenWish, state: TokenState): boolean {
  if (!wish.narrow) {
    return !state.narrow && state.token === wish.rootToken;
  }
  return state.narrow && sameRole(wish, state) && state.rotation === wish.rotation;
}

function sameRole(wish: TokenWish, state: TokenState): boolean {
  return (
    state.policyName === wish.policyName &&
    hasAllRules(state.policy, wish.policy, dispensablePath) &&
    state.periodSeconds === wish.periodSeconds
  );
}

function policyAfter(wished: string, former: string): string {
  return hasAllRules(former, wished, dispensablePath) ? former : withFormerRules(wished, former);
}

async function isAlive(endpoint: VaultEndpoint, { narrow, token }: TokenState): Promise<boolean> {
  return narrow ? renewToken(endpoint, token) : tokenIsValid(endpoint, token);
}

async function requireRoot(endpoint: VaultEndpoint, rootToken: string, why: string): Promise<void> {
  if (!(await tokenIsValid(endpoint, rootToken))) {
    throw new Error(`${why}. ${breakGlass}`);
  }
}

function whyRoot(state: TokenState | undefined, alive: boolean): string {
  if (!state?.narrow) {
    return "vaultRootToken is revoke, for which Pulumi's own token is made with the root token, but Vault does not accept the root token any more";
  }
  return alive
    ? "what the program has in Vault has other names or paths than Pulumi's own token was made for, or there is one more issuer, which takes the root token, and that is revoked"
    : "Pulumi's own token in Vault is not accepted any more, because no run renewed it in its period or somebody revoked it, and the root token is revoked as well";
}

/** Tokens of Pulumi's own that were in use and that Vault still knows. Root tokens are the owner's to keep or revoke. */
async function stillToRetire(endpoint: VaultEndpoint, state?: TokenState): Promise<string[]> {
  const known: string[] = [];
  for (const token of state ? [...state.retired, ...(state.narrow ? [state.token] : [])] : []) {
    if (await tokenIsValid(endpoint, token)) {
      known.push(token);
    }
  }
  return known;
}
