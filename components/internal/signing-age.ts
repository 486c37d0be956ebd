import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

// Vault dates what it signs back by 30 s unless told otherwise (not_before_duration), for clients whose clocks are
// behind, and refuses to sign what would begin before its signer. One second more, for clocks that differ.
const requiredAgeSeconds = 31;

/** Milliseconds until a CA that begins at `notBefore` can sign in Vault; 0 for one that can already. */
export function untilOldEnoughToSign(notBefore: Date, now: Date): number {
  return Math.max(0, notBefore.getTime() + requiredAgeSeconds * 1000 - now.getTime());
}

/** Resolves when a CA that begins at `notBefore` can sign in Vault; at once in a preview, which has nothing signed. */
export async function oldEnoughToSign(notBefore: Date): Promise<void> {
  if (!pulumi.runtime.isDryRun()) {
    await sleep(untilOldEnoughToSign(notBefore, new Date()));
  }
}
