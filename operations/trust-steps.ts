import { spawn } from "node:child_process";

/** One change of a trust store: a command, so that a person can run it as well. */
export interface Step {
  /** What it does, in words. */
  says: string;
  command: string[];
  /** Whether only root may do it. */
  privileged: boolean;
}

/** Runs a command to its end; its status and what it printed. */
export type Run = (command: string[]) => Promise<{ status: number | null; stdout: string; stderr: string }>;

export const runCommand: Run = (command) =>
  new Promise((resolve, reject) => {
    const [program = "", ...args] = command;
    const child = spawn(program, args, { stdio: ["inherit", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });

/** The step's command as this user has to run it. */
export function asUser({ command, privileged }: Step, isRoot: boolean): string[] {
  return privileged && !isRoot ? ["sudo", ...command] : command;
}

/** A command as a line for a POSIX shell. */
export function shellLine(command: string[]): string {
  return command
    .map((word) => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}

/**
 * Runs steps one after the other and says what each has done.
 *
 * @throws Error with the words of the command that failed; the steps after it are not run.
 */
export async function runSteps(
  steps: Step[],
  { isRoot, run, say }: { isRoot: boolean; run: Run; say: (line: string) => void },
): Promise<void> {
  for (const step of steps) {
    const command = asUser(step, isRoot);
    const { status, stdout, stderr } = await run(command).catch((error: Error) => ({
      status: -1,
      stdout: "",
      stderr: error.message,
    }));
    if (status !== 0) {
      throw new Error(`${shellLine(command)} failed: ${(stderr || stdout).trim() || `status ${status}`}`);
    }
    say(step.says);
  }
}
