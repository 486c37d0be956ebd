import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import * as path from "node:path";

/** The programs that `lab exec` finds on PATH besides the machine's own. */
const offered = [
  "kubectl",
  "pulumi",
  "pulumi-language-nodejs",
  "pulumi-resource-kubernetes",
  "pulumi-resource-pulumi-nodejs",
  "pulumi-resource-random",
  "pulumi-resource-tls",
  "pulumi-resource-vault",
  "vault",
  "helm",
] as const;

export type OfferedPrograms = Record<(typeof offered)[number], string>;

/** Links the programs into one directory, in place of those of an earlier build. */
export function linkPrograms(directory: string, programs: OfferedPrograms): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const name of offered) symlinkSync(programs[name], path.join(directory, name));
}
