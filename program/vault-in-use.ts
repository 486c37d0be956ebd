import type { Preflight } from "../settings/preflight";
import type { Authority } from "./authority";
import { useOwnersVault } from "./owners-vault";
import { createVault, forwardToVault, type Vault } from "./vault";

/** One of the stack's own, or with `vaultExisting` the owner's. */
export function vaultInUse(
  settings: Preflight,
  authority: Authority,
  forward: ReturnType<typeof forwardToVault>,
): Vault {
  return settings.ownersVault
    ? useOwnersVault(settings, settings.ownersVault)
    : createVault(settings, authority.listener(), forward);
}
