import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Cluster } from "./cluster/kubectl";
import { labEnvironment } from "./environment";
import { nsenterArguments } from "./namespaces";

/**
 * Runs a command in the lab, with this process's standard input, output, directory and signals.
 * @returns the command's exit status, 128 + n when signal n ended it
 */
export function execInside({ namespaces, layout }: Cluster, command: readonly string[]): Promise<number> {
  // The terminal sends its interrupt to nsenter as well as to the command. nsenter has to outlive it, or the
  // command's status would be lost; the command itself gets the default behaviour back.
  const inside = ["env", "--default-signal=INT,QUIT", "--", ...command];
  const entering = ["nsenter", ...nsenterArguments(namespaces, inside, process.cwd())];
  return new Promise((resolve, reject) => {
    const child = spawn("env", ["--ignore-signal=INT,QUIT", ...entering], {
      stdio: "inherit",
      env: labEnvironment(layout),
    });
    let interrupted = false;
    for (const signal of ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        interrupted ||= signal === "SIGINT";
        const sentByTerminal = process.stdin.isTTY && (signal === "SIGINT" || signal === "SIGQUIT");
        if (!sentByTerminal && child.pid !== undefined) forward(child.pid, signal);
      });
    }
    child.once("error", reject);
    child.once("exit", (status, signal) => {
      if (signal) return resolve(128 + constants.signals[signal]);
      // nsenter cannot die of the interrupt that ended its command, since it ignores it.
      resolve(interrupted && status === 1 ? 128 + constants.signals.SIGINT : (status ?? 1));
    });
  });
}

// nsenter forks to enter the process namespace and does not pass signals on.
function forward(nsenter: number, signal: NodeJS.Signals): void {
  const children = readFileSync(`/proc/${nsenter}/task/${nsenter}/children`, "utf8");
  for (const child of children.split(" ").filter(Boolean)) process.kill(Number(child), signal);
}
