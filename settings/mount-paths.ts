import { longestOf } from "../components/internal/duration";
import type { PlainSettings } from "./table";

type MountSettings = Pick<PlainSettings, "issuingCaMountPath" | "issuers">;

/** Whether Vault refuses one of two mounts for the other: they are the same, or one is inside the other. */
export function collide(one: string, other: string): boolean {
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
}

/** Mounts beside `issuingCaMountPath` with an issuing CA of their own, as the issuers name them. */
export function furtherMountPaths({ issuingCaMountPath, issuers }: MountSettings): string[] {
  return [...new Set(issuers.map(({ mount }) => mount))].filter((mount) => mount !== issuingCaMountPath);
}

/** The mounts whose CRLs certificates name: those that `pkiHost` serves, and whose age is watched. */
export function crlMountPaths(settings: MountSettings & Pick<PlainSettings, "parentCaMountPath">): string[] {
  return [settings.parentCaMountPath, settings.issuingCaMountPath, ...furtherMountPaths(settings)];
}

/** Common name of the issuing CA in one of those, which tells it from the others. */
export function furtherCommonName(
  mount: string,
  { issuingCaCommonName }: Pick<PlainSettings, "issuingCaCommonName">,
): string {
  return `${issuingCaCommonName} ${mount}`;
}

/** The longest life of a certificate of a mount's issuers, a duration: as long is a former issuing CA needed there. */
export function longestLifeIn(
  mount: string,
  settings: MountSettings & Pick<PlainSettings, "issuingCaRoleMaxTtl">,
): string {
  const lives = settings.issuers.filter((issuer) => issuer.mount === mount).map(({ maxTtl }) => maxTtl);
  const [first, ...others] =
    mount === settings.issuingCaMountPath ? [settings.issuingCaRoleMaxTtl, ...lives] : lives;
  return longestOf(first!, ...others);
}
