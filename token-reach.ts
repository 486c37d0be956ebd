import type { VaultTokenArgs } from "./components";
import { signPolicy } from "./components/internal/hcl";
import type { PlainSettings } from "./settings/table";

/** What Pulumi's own token reaches in Vault: what the stack makes there, by the same names. */
export function tokenReach(
  settings: Pick<PlainSettings, "parentCaMountPath" | "issuingCaMountPath" | "pkiRoleName">,
): Pick<VaultTokenArgs, "pkiMounts" | "policies" | "authRoles"> {
  const { parentCaMountPath, issuingCaMountPath, pkiRoleName: roleName } = settings;
  return {
    pkiMounts: [
      { path: parentCaMountPath, roleName },
      { path: issuingCaMountPath, roleName },
    ],
    policies: [
      { name: "pki", text: signPolicy(`${parentCaMountPath}/sign/${roleName}`) },
      { name: "pki_int", text: signPolicy(`${issuingCaMountPath}/sign/${roleName}`) },
    ],
    authRoles: [{ name: "issuer", policies: ["pki_int"] }],
  };
}
