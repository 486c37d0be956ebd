import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import * as path from "node:path";

export interface RunOptions {
  /** Gets the command line and all output, appended. */
  log: string;
  cwd?: string;
  /** Variables set on top of this process's environment; their values are not logged. */
  env?: Record<string, string>;
}

/** A command that did not end with status 0. The message says which, how, the last lines of its log and where it is. */
export class CommandFailed extends Error {
  override name = "CommandFailed";
}

/** Runs a command with its output in a log file. The log shows the command line, so secrets have no place there. */
export function runCommand(command: string, args: readonly string[], options: RunOptions): Promise<void> {
  return run(command, args, options, "log").then(() => undefined);
}

/** Like `runCommand`, but returns standard output instead of logging it. */
export function outputOf(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  return run(command, args, options, "return");
}

/** The last lines of a log and where the rest is. */
export function tailOf(log: string, lines = 20): string {
  const last = readFileSync(log, "utf8").trimEnd().split("\n").slice(-lines);
  return `${last.map((line) => `    ${line}`).join("\n")}\nThe whole log: ${log}`;
}

async function run(
  command: string,
  args: readonly string[],
  options: RunOptions,
  output: "log" | "return",
): Promise<string> {
  mkdirSync(path.dirname(options.log), { recursive: true });
  const log = openSync(options.log, "a", 0o600);
  try {
    writeSync(log, `$ ${[command, ...args].join(" ")}\n`);
    return await new Promise<string>((resolve, reject) => {
      const child = spawn(command, args, {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        stdio: ["ignore", output === "log" ? log : "pipe", log],
      });
      const chunks: Buffer[] = [];
      child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
      child.once("error", (error) =>
        reject(new CommandFailed(`${command} could not be started: ${error.message}`)),
      );
      child.once("close", (status, signal) => {
        if (status === 0) return resolve(Buffer.concat(chunks).toString("utf8"));
        const shown = [command, ...args.slice(0, 2)].join(" ");
        const how = signal ? `was ended by ${signal}` : `failed with status ${status}`;
        reject(new CommandFailed(`${shown} ${how}:\n${tailOf(options.log)}`));
      });
    });
  } finally {
    closeSync(log);
  }
}
