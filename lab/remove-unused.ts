import { existsSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import * as path from "node:path";

const days = 14;

/**
 * Marks what this checkout uses of a cache directory and removes what no checkout has used for two weeks: builds for
 * inputs that have changed since.
 */
export function removeUnused(directory: string, used: readonly string[]): void {
  const now = new Date();
  for (const file of used) utimesSync(file, now, now);
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const file = path.join(directory, name);
    if (now.getTime() - statSync(file).mtimeMs > days * 24 * 60 * 60 * 1000) {
      rmSync(file, { recursive: true, force: true });
    }
  }
}
