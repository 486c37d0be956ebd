import { durationSeconds } from "../components/internal/duration";
import { readPgpKey } from "../components/internal/pgp-key";
import type { ReadableSettings } from "./rules";
import type { PlainSettings } from "./table";

/** What is wrong with `vaultPgpKeys`: their number, and each of them. */
export async function pgpKeyFaults(
  { vaultPgpKeys, vaultKeyShares }: ReadableSettings,
  now = new Date(),
): Promise<string[]> {
  if (!vaultPgpKeys || vaultPgpKeys.length === 0) {
    return [];
  }
  const faults: string[] = [];
  if (vaultKeyShares !== undefined && vaultPgpKeys.length !== vaultKeyShares) {
    faults.push(
      `vaultPgpKeys: there are ${vaultPgpKeys.length} for ${vaultKeyShares} unseal keys (vaultKeyShares): give one for each`,
    );
  }
  const fingerprints = new Map<string, number>();
  for (const [index, text] of vaultPgpKeys.entries()) {
    try {
      const { fingerprint } = await readPgpKey(text, now);
      const same = fingerprints.get(fingerprint);
      if (same !== undefined) {
        faults.push(`vaultPgpKeys: key ${index + 1} is key ${same} again: give different ones`);
      }
      fingerprints.set(fingerprint, index + 1);
    } catch (error) {
      faults.push(`vaultPgpKeys: key ${index + 1} ${(error as Error).message}`);
    }
  }
  return faults;
}

/** What is wrong with the settings of Pulumi's own token. */
export function tokenFaults({ vaultTokenPeriod }: ReadableSettings): string[] {
  if (vaultTokenPeriod && durationSeconds(vaultTokenPeriod) < 3600) {
    return [
      `vaultTokenPeriod: ${vaultTokenPeriod} could end before the next run, or within this one: give 1h or more`,
    ];
  }
  return [];
}

/** What the owner should know about the keys, although nothing is wrong. */
export function keyNotes({ vaultPgpKeys, vaultAutoUnseal }: PlainSettings): string[] {
  if (vaultPgpKeys.length > 0 && vaultAutoUnseal) {
    return [
      "vaultAutoUnseal: is off, because the unseal keys are encrypted for the owners of vaultPgpKeys; after every restart " +
        "Vault stays sealed until they unseal it",
    ];
  }
  return [];
}
