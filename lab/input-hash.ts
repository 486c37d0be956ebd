import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import * as path from "node:path";

/**
 * Names what a build makes after what goes into it: 16 hexadecimal digits over values (as JSON) and whole directories
 * (file names, executable bits and contents).
 */
export function inputHash(values: object, directories: readonly string[] = []): string {
  const hash = createHash("sha256").update(JSON.stringify(values));
  for (const directory of directories) {
    for (const file of filesBelow(directory)) {
      const full = path.join(directory, file);
      const contents = createHash("sha256").update(readFileSync(full)).digest("hex");
      const executable = (statSync(full).mode & 0o111) !== 0;
      hash.update(JSON.stringify([file, executable, contents]));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort();
}
