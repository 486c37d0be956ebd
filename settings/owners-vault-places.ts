import { callVault, expectOk, type VaultEndpoint } from "../components/internal/vault-client";
import { policyNames } from "../program/token-reach";
import { isMarkedDescription, markedDescription, policyMark } from "../stack-mark";
import { ownName } from "./issuers";
import { collide, furtherMountPaths } from "./mount-paths";
import type { PlainSettings } from "./table";

/** A conversation with a Vault of the owner's. */
interface Asked {
  endpoint: VaultEndpoint;
  token: string;
}

/** A mount or an auth method, by its path with a slash behind it. */
type Mounts = Record<string, { type?: string; description?: string }>;

/**
 * What somebody else has where the program makes a mount, an auth method or a policy. The program's own bear its mark.
 *
 * @param stack Full name of this stack.
 * @throws Error when Vault does not tell.
 */
export async function occupiedFaults(
  asked: Asked,
  settings: PlainSettings,
  stack: string,
): Promise<string[]> {
  const [mounts, methods] = await Promise.all([read(asked, "sys/mounts"), read(asked, "sys/auth")]);
  const wanted = [
    { setting: "parentCaMountPath", path: settings.parentCaMountPath },
    { setting: "issuingCaMountPath", path: settings.issuingCaMountPath },
    ...furtherMountPaths(settings).map((path) => ({ setting: "issuers", path })),
  ];
  const policies = await Promise.all(
    wantedPolicies(settings).map(async ({ setting, name }) => policyFault(asked, setting, name, stack)),
  );
  return [
    ...wanted.flatMap(({ setting, path }) => mountFaults("secrets", setting, path, mounts, stack)),
    ...mountFaults("auth", "vaultAuthPath", settings.vaultAuthPath, methods, stack),
    ...policies.filter((fault) => fault !== undefined),
  ];
}

async function read({ endpoint, token }: Asked, path: string): Promise<Mounts> {
  const response = await callVault(endpoint, { method: "GET", path, token });
  return expectOk<{ data?: Mounts }>(`read ${path}`, response).data ?? {};
}

function mountFaults(
  kind: "secrets" | "auth",
  setting: string,
  path: string,
  present: Mounts,
  stack: string,
): string[] {
  const what = kind === "auth" ? "auth method" : "mount";
  return Object.entries(present)
    .map(([name, { description = "" }]) => ({ name: name.replace(/\/$/, ""), description }))
    .filter(({ name }) => collide(name, path))
    .filter(({ name, description }) => name !== path || !isMarkedDescription(description, stack))
    .map(
      ({ name, description }) =>
        `${setting}: your Vault has the ${what} ${name} already, which is not marked as this stack's` +
        (name === path
          ? ": give another path, or, if it is this stack's and the stack had another name, " +
            `vault ${kind} tune -description="${markedDescription(description, stack)}" ${name}`
          : `, and ${path} cannot be beside it: give another path`),
    );
}

/** Policies that the program writes, and the setting that names each. */
function wantedPolicies(settings: PlainSettings): { setting: string; name: string }[] {
  const { parent, issuing } = policyNames(settings);
  return [
    { setting: "parentCaMountPath", name: parent },
    { setting: "issuingCaMountPath", name: issuing },
    ...settings.issuers.map((issuer) => ({ setting: "issuers", name: ownName(issuer) })),
  ];
}

async function policyFault(
  { endpoint, token }: Asked,
  setting: string,
  name: string,
  stack: string,
): Promise<string | undefined> {
  const response = await callVault(endpoint, { method: "GET", path: `sys/policies/acl/${name}`, token });
  if (response.status === 404) {
    return undefined;
  }
  const { data } = expectOk<{ data?: { policy?: string } }>(`read the policy ${name}`, response);
  const mark = policyMark(stack);
  return data?.policy?.split("\n").includes(mark)
    ? undefined
    : `${setting}: your Vault has the policy ${name} already, which is not marked as this stack's: give another ` +
        `${setting === "issuers" ? "name there" : "path, which the policy is named after"}, or, if it is this stack's and the ` +
        `stack had another name, write it with the line "${mark}" at its top`;
}
