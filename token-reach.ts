import type { VaultTokenArgs } from "./components";
import { signPolicy, snapshotPolicy } from "./components/internal/hcl";
import { ownName } from "./settings/issuers";
import { vaultStorageOf } from "./settings/rules";
import type { PlainSettings } from "./settings/table";

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
        roleNames: [roleName, ...issuers.map(({ role }) => role)],
        acme: true,
      },
    ],
    policies: [
      { name: "pki", text: signPolicy(`${parentCaMountPath}/sign/${roleName}`) },
      { name: "pki_int", text: signPolicy(`${issuingCaMountPath}/sign/${roleName}`) },
      ...(snapshots ? [{ name: "snapshots", text: snapshotPolicy() }] : []),
      ...issuers.map((issuer) => ({
        name: ownName(issuer),
        text: signPolicy(`${issuingCaMountPath}/sign/${issuer.role}`),
      })),
    ],
    authRoles: [
      { name: "issuer", policies: ["pki_int"] },
      ...(snapshots ? [{ name: "snapshots", policies: ["snapshots"] }] : []),
      ...issuers.map((issuer) => ({ name: ownName(issuer), policies: [ownName(issuer)] })),
    ],
  };
}
