import { policy, type PolicyRule } from "./hcl";

/** What the program has in Vault, and its token must be able to make, look at, change and remove. */
export interface TokenReach {
  /** Mount paths of PKI mounts, the roles on each, whether a root is made in it, and whether it may be an ACME server. */
  pkiMounts: { path: string; roleNames: string[]; makesRoot?: boolean; acme?: boolean }[];
  /** Policies that are written; with exactly these texts. */
  policies: { name: string; text: string }[];
  /** Path of the Kubernetes auth method. */
  authPath: string;
  /** Its roles, each with the policies that it gives and no others. */
  authRoles: { name: string; policies: string[] }[];
  /** Role by which the token makes the one after it. */
  tokenRoleName: string;
}

const whole = ["create", "read", "update", "delete"];
const setting = ["create", "read", "update"];

/**
 * The policy of the token that Pulumi works with: exactly the paths of the program. It cannot widen itself: the texts
 * of the policies that it may write, and the policies that a login may give, are part of it.
 */
export function tokenPolicy(reach: TokenReach): string {
  return policy([
    ...ownToken(reach.tokenRoleName),
    ...issuanceRules(reach),
    // Vault protects these by asking for sudo.
    { path: "sys/audit", capabilities: ["read", "sudo"] },
    { path: "sys/audit/*", capabilities: [...whole, "sudo"] },
    { path: "sys/storage/raft/configuration", capabilities: ["read"] },
    { path: "sys/storage/raft/autopilot/configuration", capabilities: setting },
    { path: "sys/storage/raft/autopilot/state", capabilities: ["read"] },
  ]);
}

/** What it takes to make, look at, change and remove the mounts, the policies and the auth method. */
export function issuanceRules(reach: Omit<TokenReach, "tokenRoleName">): PolicyRule[] {
  return [
    { path: "sys/mounts", capabilities: ["read"] },
    ...reach.pkiMounts.flatMap(pkiRules),
    ...reach.policies.map(({ name, text }) => ({
      path: `sys/policies/acl/${name}`,
      capabilities: whole,
      allowedValues: { policy: [text] },
    })),
    ...authRules(reach),
  ];
}

/** Below a mount. A token that was made without a rule for it will do: its holder says what it could not do. */
export const dispensablePath = "crl/rotate-delta";

/** What Vault's policy `default` would give, and the token is made without. */
function ownToken(roleName: string): PolicyRule[] {
  return [
    { path: "auth/token/lookup-self", capabilities: ["read"] },
    { path: "auth/token/renew-self", capabilities: ["update"] },
    { path: "auth/token/revoke-self", capabilities: ["update"] },
    { path: `auth/token/create/${roleName}`, capabilities: ["update"] },
  ];
}

function pkiRules({ path, roleNames, makesRoot, acme }: TokenReach["pkiMounts"][number]): PolicyRule[] {
  const making = ["create", "update"];
  return [
    ...(makesRoot ? [{ path: `${path}/issuers/generate/root/internal`, capabilities: making }] : []),
    { path: `sys/mounts/${path}`, capabilities: whole },
    { path: `sys/mounts/${path}/tune`, capabilities: ["read", "update"] },
    { path: `${path}/config/ca`, capabilities: setting },
    { path: `${path}/config/issuers`, capabilities: setting },
    { path: `${path}/config/urls`, capabilities: setting },
    { path: `${path}/config/crl`, capabilities: setting },
    { path: `${path}/config/auto-tidy`, capabilities: setting },
    { path: `${path}/${dispensablePath}`, capabilities: ["read"] },
    { path: `${path}/intermediate/generate/internal`, capabilities: ["create", "update"] },
    { path: `${path}/issuers/generate/intermediate/internal`, capabilities: ["create", "update"] },
    { path: `${path}/intermediate/set-signed`, capabilities: ["create", "update"] },
    { path: `${path}/root/sign-intermediate`, capabilities: ["create", "update"] },
    { path: `${path}/issuer/+/sign-intermediate`, capabilities: ["create", "update"] },
    { path: `${path}/issuers`, capabilities: ["list"] },
    { path: `${path}/issuer/+`, capabilities: [...whole, "patch"] },
    { path: `${path}/keys`, capabilities: ["list"] },
    { path: `${path}/key/+`, capabilities: ["read", "delete"] },
    ...roleNames.map((roleName) => ({ path: `${path}/roles/${roleName}`, capabilities: whole })),
    // By the first of its roles.
    ...(acme ? acmeRules(path, roleNames[0]!) : []),
  ];
}

/** ACME asks for no token: who may open it must not be able to open it for everybody. */
function acmeRules(path: string, roleName: string): PolicyRule[] {
  return [
    { path: `${path}/config/cluster`, capabilities: setting },
    {
      path: `${path}/config/acme`,
      capabilities: setting,
      allowedValues: {
        allowed_roles: [[roleName]],
        default_directory_policy: [`role:${roleName}`],
        eab_policy: ["always-required"],
      },
    },
  ];
}

function authRules({ authPath, authRoles }: Omit<TokenReach, "tokenRoleName">): PolicyRule[] {
  return [
    { path: "sys/auth", capabilities: ["read"] },
    { path: `sys/auth/${authPath}`, capabilities: [...whole, "sudo"] },
    { path: `sys/auth/${authPath}/tune`, capabilities: ["read", "update", "sudo"] },
    { path: `sys/mounts/auth/${authPath}`, capabilities: ["read"] },
    { path: `sys/mounts/auth/${authPath}/tune`, capabilities: ["read", "update"] },
    { path: `auth/${authPath}/config`, capabilities: setting },
    ...authRoles.map(({ name, policies }) => ({
      path: `auth/${authPath}/role/${name}`,
      capabilities: whole,
      allowedValues: { token_policies: [policies] },
      // Their name before token_policies, which Vault still takes.
      deniedParameters: ["policies"],
    })),
  ];
}
