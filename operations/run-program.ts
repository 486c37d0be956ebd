import { spawn } from "node:child_process";

/** A program that ended with another status than 0. */
export class ProgramFailed extends Error {
  constructor(
    what: string,
    /** What it wrote to standard error; empty where that went to the terminal. */
    readonly complaint: string,
  ) {
    super(what);
  }
}

interface RunOptions {
  /** Added to the environment. */
  environment?: Record<string, string>;
  /** Keeps what the program complains of from the terminal, for the error. */
  quiet?: boolean;
}

/**
 * Runs a program to its end and gives what it printed. Secrets go to its standard input, never into its arguments.
 *
 * @throws ProgramFailed when it ends with another status than 0; Error when it cannot be started.
 */
export async function runProgram(
  program: string,
  args: string[],
  input: NodeJS.ReadableStream | string = "",
  { environment = {}, quiet = false }: RunOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", quiet ? "pipe" : "inherit"],
    env: { ...process.env, ...environment },
  });
  let printed = "";
  let complaint = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  child.stdin!.on("error", () => undefined);
  if (typeof input === "string") {
    child.stdin!.end(input);
  } else {
    input.pipe(child.stdin!);
  }
  const status = await new Promise<number | null>((resolve, reject) =>
    child
      .once("error", (error: NodeJS.ErrnoException) =>
        reject(
          error.code === "ENOENT" ? new Error(`${program} is not installed, or not on the path`) : error,
        ),
      )
      .once("close", resolve),
  );
  if (status !== 0) {
    // What it printed may hold a secret.
    throw new ProgramFailed(`${program} ${args[0]} ended with status ${status}`, complaint.trim());
  }
  return printed;
}
