import { spawn } from "node:child_process";
import * as path from "node:path";

const entrance = path.join(__dirname, "..", "..", "lab", "bin", "lab");

export interface CommandResult {
  status: number;
  stdout: string;
  stderr: string;
}

interface CommandOptions {
  /** Written to the command's standard input. */
  input?: string;
  /** Added to the environment: the way for secrets, which must not be arguments. */
  env?: Record<string, string>;
}

/** Runs a command inside the lab, as `npm run -s lab -- exec COMMAND…` does. Does not throw for a failing command. */
export async function tryInLab(command: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const child = spawn(entrance, ["exec", ...command], { env: { ...process.env, ...options.env } });
  const result = { status: -1, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (result.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (result.stderr += text));
  child.stdin.end(options.input ?? "");
  result.status = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal ? 128 : -1)));
  });
  return result;
}

/** The same, for a command that must succeed; gives what it printed. */
export async function inLab(command: string[], options: CommandOptions = {}): Promise<string> {
  const result = await tryInLab(command, options);
  if (result.status !== 0) {
    throw new Error(
      `${command.join(" ")} ended with ${result.status}:\n${result.stderr}\n${result.stdout}`.slice(0, 4000),
    );
  }
  return result.stdout;
}

/** Objects of the cluster, parsed. */
export async function kubectl(...args: string[]): Promise<any> {
  return JSON.parse(await inLab(["kubectl", ...args, "-o", "json"]));
}

let shownOutputs: Promise<any> | undefined;

/** The stack's outputs, secrets in clear: keep them out of assertion messages. */
export async function stackOutputs(): Promise<any> {
  shownOutputs ??= inLab(["pulumi", "stack", "output", "--json", "--show-secrets"]).then((text) =>
    JSON.parse(text),
  );
  return shownOutputs;
}

/** After a run that replaced the outputs. */
export function forgetStackOutputs(): void {
  shownOutputs = undefined;
}

/** What a command of Vault's CLI, such as `read` and a path, answers to the root token. */
export async function vaultRead(...command: string[]): Promise<any> {
  const { rootToken } = await stackOutputs();
  const env = { VAULT_TOKEN: rootToken, VAULT_FORMAT: "json" };
  return JSON.parse(await inLab(["vault", ...command], { env }));
}

/** Runs the vault CLI with the root token. */
export async function vaultDo(args: string[], input?: string): Promise<string> {
  const { rootToken } = await stackOutputs();
  return inLab(["vault", ...args], { input, env: { VAULT_TOKEN: rootToken } });
}

/** The chain that an address serves for a host name, PEM certificates from the leaf up. */
export async function servedChain(address: string, serverName: string): Promise<string[]> {
  const text = await inLab([
    "openssl",
    "s_client",
    "-connect",
    address,
    "-servername",
    serverName,
    "-showcerts",
  ]);
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** Asks again until `ask` gives true; the time limit is there so that a broken lab fails the test. */
export async function eventually(what: string, seconds: number, ask: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await ask().catch(() => false))) {
    if (Date.now() > end) {
      throw new Error(`${what} did not happen within ${seconds} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}
