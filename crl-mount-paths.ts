import type { PlainSettings } from "./settings/table";

/** The mounts whose CRLs certificates name: those that `pkiHost` serves, and whose age is watched. */
export function crlMountPaths(
  settings: Pick<PlainSettings, "parentCaMountPath" | "issuingCaMountPath">,
): string[] {
  return [settings.parentCaMountPath, settings.issuingCaMountPath];
}
