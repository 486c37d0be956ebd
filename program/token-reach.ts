import type { VaultTokenArgs } from "../components";
import { signPolicy, snapshotPolicy, type PolicyRule } from "../components/internal/hcl";
import { issuanceRules } from "../components/internal/token-policy";
import { ownName } from "../settings/issuers";
import { furtherMountPaths } from "../settings/mount-paths";
import { vaultStorageOf } from "../settings/rules";
import type { PlainSettings } from "../settings/table";

type ReachSettings = Pick<
  PlainSettings,
  | "caOrigin"
  | "parentCaMountPath"
  | "issuingCaMountPath"
  | "pkiRoleName"
  | "issuers"
  | "vaultStorage"
  | "vaultReplicas"
  | "vaultExisting"
  | "vaultAuthPath"
>;

/**
 * Names of the policies that admit to the role on each of the first two mounts. In a Vault that is there, whose policies
 * are others' as well, after the mount, which nobody else has. Vault knows small letters only.
 */
export function policyNames({
  vaultExisting,
  parentCaMountPath,
  issuingCaMountPath,
}: Pick<PlainSettings, "vaultExisting" | "parentCaMountPath" | "issuingCaMountPath">): {
  parent: string;
  issuing: string;
} {
  const nameOf = (mountPath: string) => `sign-${mountPath.replaceAll("/", ".").toLowerCase()}`;
  return vaultExisting
    ? { parent: nameOf(parentCaMountPath), issuing: nameOf(issuingCaMountPath) }
    : { parent: "pki", issuing: "pki_int" };
}

/** What a token has to be allowed in a Vault that is there, path by path. */
export function neededRights(settings: ReachSettings): Pick<PolicyRule, "path" | "capabilities">[] {
  return issuanceRules({ ...tokenReach(settings), authPath: settings.vaultAuthPath }).map(
    ({ path, capabilities }) => ({ path, capabilities }),
  );
}

/** What Pulumi's own token reaches in Vault: what the stack makes there, by the same names. */
export function tokenReach(
  settings: ReachSettings,
): Pick<VaultTokenArgs, "pkiMounts" | "policies" | "authRoles"> {
  const { parentCaMountPath, issuingCaMountPath, pkiRoleName: roleName, issuers } = settings;
  const { parent, issuing } = policyNames(settings);
  const rolesIn = (path: string) => issuers.filter(({ mount }) => mount === path).map(({ role }) => role);
  // Also while there are none: the token cannot widen itself when they are wanted later.
  const snapshots = vaultStorageOf(settings) === "raft";
  return {
    pkiMounts: [
      // Only where it is needed: another policy takes a root token to be written.
      {
        path: parentCaMountPath,
        roleNames: [roleName],
        ...(settings.caOrigin === "generate-in-vault" ? { makesRoot: true } : {}),
      },
      {
        path: issuingCaMountPath,
        roleNames: [roleName, ...rolesIn(issuingCaMountPath)],
        acme: true,
      },
      ...furtherMountPaths(settings).map((path) => ({ path, roleNames: rolesIn(path) })),
    ],
    policies: [
      { name: parent, text: signPolicy(`${parentCaMountPath}/sign/${roleName}`) },
      { name: issuing, text: signPolicy(`${issuingCaMountPath}/sign/${roleName}`) },
      ...(snapshots ? [{ name: "snapshots", text: snapshotPolicy() }] : []),
      ...issuers.map((issuer) => ({
        name: ownName(issuer),
        text: signPolicy(`${issuer.mount}/sign/${issuer.role}`),
      })),
    ],
    authRoles: [
      { name: "issuer", policies: [issuing] },
      ...(snapshots ? [{ name: "snapshots", policies: ["snapshots"] }] : []),
      ...issuers.map((issuer) => ({ name: ownName(issuer), policies: [ownName(issuer)] })),
    ],
  };
}
