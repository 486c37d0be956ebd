import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { tryInLab } from "../tests/support/lab";

/** What a command in the lab has cost; see inside/timed-command.ts. */
export interface Cost {
  seconds: number;
  /** Peak memory of the largest Node.js process that ran a Pulumi program; 0 where there was none. */
  programMiB: number;
  /** Peak of the sum over the command and all that it had started. */
  allMiB: number;
}

const loader = path.join(__dirname, "..", "node_modules", "tsx", "dist", "loader.mjs");

/** How a script of bench/inside is run in the lab. */
export function inside(script: string, ...args: string[]): string[] {
  return ["node", "--import", loader, path.join(__dirname, "inside", script), ...args];
}

/**
 * Runs a command in the lab and gives what it has cost, without what it takes to enter the lab.
 *
 * @param environment How the command is begun: `env` and variables, as `StackRun.environment` gives them.
 * @throws Error with the end of what it has printed when it fails.
 */
export async function timed(command: string[], environment: string[] = ["env"]): Promise<Cost> {
  const folder = mkdtempSync(path.join(tmpdir(), "bench-"));
  const report = path.join(folder, "cost.json");
  try {
    const result = await tryInLab([...environment, ...inside("timed-command.ts", report, ...command)]);
    if (result.status !== 0) {
      const said = `${result.stdout}\n${result.stderr}`.trimEnd().split("\n").slice(-25).join("\n");
      throw new Error(`${command.slice(0, 3).join(" ")} ended with ${result.status}:\n${said}`);
    }
    return JSON.parse(readFileSync(report, "utf8")) as Cost;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
