import { spawn } from "node:child_process";
import { nsenterArguments, type Namespaces } from "../namespaces";
import { CommandFailed } from "../run-command";

export interface RunOptions {
  /** Text for the command's standard input. */
  input?: string;
  /** The whole environment. Default: `nodeEnvironment`. */
  env?: NodeJS.ProcessEnv;
  /** Default: "/". */
  cwd?: string;
  /** Called with every piece of output as it comes. */
  onOutput?: (text: string) => void;
}

/** What the node's own processes find in their environment: nothing of the person's shell. */
export const nodeEnvironment: NodeJS.ProcessEnv = {
  PATH: [process.env["PATH"], "/usr/sbin", "/sbin"].join(":"),
  HOME: "/run/lab",
  TMPDIR: "/var/tmp",
};

/** Runs a command inside the namespaces and returns its standard output; rejects when it fails. */
export function runInside(
  namespaces: Namespaces,
  command: string[],
  options: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("nsenter", nsenterArguments(namespaces, command, options.cwd), {
      env: options.env ?? nodeEnvironment,
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      options.onOutput?.(text);
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      options.onOutput?.(text);
    });
    // A command that ends without reading its input is judged by its status, not by the broken pipe.
    child.stdin?.on("error", () => undefined).end(options.input);
    child.once("error", reject);
    child.once("close", (status, signal) => {
      if (status === 0) return resolve(stdout);
      const shown = command.slice(0, 3).join(" ");
      reject(new CommandFailed(`${shown} … ended with ${signal ?? `status ${status}`}: ${stderr.trim()}`));
    });
  });
}
