import type { VaultTokenArgs } from "./components";
import { signPolicy, snapshotPolicy } from "./components/internal/hcl";
import { vaultStorageOf } from "./settings/rules";
import type { PlainSettings } from "./settings/table";

/** What Pulumi's own token reaches in Vault: what the stack makes there, by the same names. */
export function tokenReach(
  settings: Pick<
    PlainSettings,
    "caOrigin" | "parentCaMountPath" | "issuingCaMountPath" | "pkiRoleName" | "vaultStorage" | "vaultReplicas"
  >,
): Pick<VaultTokenArgs, "pkiMounts" | "policies" | "authRoles"> {
  const { parentCaMountPath, issuingCaMountPath, pkiRoleName: roleName } = settings;
  // Also while there are none: the token cannot widen itself when they are wanted later.
  const snapshots = vaultStorageOf(settings) === "raft";
  return {
    pkiMounts: [
      // Only where it is needed: another policy takes a root token to be written.
      {
        path: parentCaMountPath,
        roleName,
        ...(settings.caOrigin === "generate-in-vault" ? { makesRoot: true } : {}),
      },
      { path: issuingCaMountPath, roleName },
    ],
    policies: [
      { name: "pki", text: signPolicy(`${parentCaMountPath}/sign/${roleName}`) },
      { name: "pki_int", text: signPolicy(`${issuingCaMountPath}/sign/${roleName}`) },
      ...(snapshots ? [{ name: "snapshots", text: snapshotPolicy() }] : []),
    ],
    authRoles: [
      { name: "issuer", policies: ["pki_int"] },
      ...(snapshots ? [{ name: "snapshots", policies: ["snapshots"] }] : []),
    ],
  };
}
