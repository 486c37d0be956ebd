import type { VaultTokenArgs } from "../components";
import { signPolicy, snapshotPolicy } from "../components/internal/hcl";
import { ownName } from "../settings/issuers";
import { furtherMountPaths } from "../settings/mount-paths";
import { vaultStorageOf } from "../settings/rules";
import type { PlainSettings } from "../settings/table";

/** What Pulumi's own token reaches in Vault: what the stack makes there, by the same names. */
export function tokenReach(
  settings: Pick<
    PlainSettings,
    | "caOrigin"
    | "parentCaMountPath"
    | "issuingCaMountPath"
    | "pkiRoleName"
    | "issuers"
    | "vaultStorage"
    | "vaultReplicas"
  >,
): Pick<VaultTokenArgs, "pkiMounts" | "policies" | "authRoles"> {
  const { parentCaMountPath, issuingCaMountPath, pkiRoleName: roleName, issuers } = settings;
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
      { name: "pki", text: signPolicy(`${parentCaMountPath}/sign/${roleName}`) },
      { name: "pki_int", text: signPolicy(`${issuingCaMountPath}/sign/${roleName}`) },
      ...(snapshots ? [{ name: "snapshots", text: snapshotPolicy() }] : []),
      ...issuers.map((issuer) => ({
        name: ownName(issuer),
        text: signPolicy(`${issuer.mount}/sign/${issuer.role}`),
      })),
    ],
    authRoles: [
      { name: "issuer", policies: ["pki_int"] },
      ...(snapshots ? [{ name: "snapshots", policies: ["snapshots"] }] : []),
      ...issuers.map((issuer) => ({ name: ownName(issuer), policies: [ownName(issuer)] })),
    ],
  };
}
