import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { recoveryFilePath, stateFilePath } from "./recovery-file";
import type { VaultEndpoint } from "./vault-client";

/** What is asked of Vault, and what is kept with its answer. */
export interface InitRequest {
  /** Number of nodes behind the address. The first one alone runs before it is initialised; the others refuse. */
  replicas: number;
  keyShares: number;
  keyThreshold: number;
  /** Base64 of the binary form, one a share; empty for keys in clear. */
  pgpKeys: string[];
  /** Fingerprints of `pgpKeys`. */
  pgpFingerprints: string[];
}

/** A request that was sent and whose answer was not kept, or not yet. */
export interface OpenRequest {
  /** Process that sent it. */
  pid: number;
  /** ISO 8601. */
  sentAt: string;
}

/** Vault has 60 seconds to answer. */
const answerSeconds = 60;

/** How often to try, where an address leads to several nodes: enough to miss the only one of five once in a million. */
const triesOfSeveral = 60;

/**
 * What asks Vault for its keys: plain JavaScript for a Node.js process of its own. It leaves a note that it has asked,
 * asks, and writes the answer to the disk, readable by its owner only, before anybody is told. The note goes when
 * it is certain that the answer is kept, or that Vault did nothing.
 */
const initRequestScript = `
const fs = require("node:fs"), https = require("node:https"), path = require("node:path");
process.stdout.on("error", () => {});
const { address, caPem, body, kept, recoveryFile, noteFile, answerSeconds, tries } = JSON.parse(fs.readFileSync(0, "utf8"));
function write(file, value) {
  const unfinished = file + "." + process.pid;
  const descriptor = fs.openSync(unfinished, "wx", 0o600);
  fs.writeSync(descriptor, JSON.stringify(value));
  fs.fsyncSync(descriptor);
  fs.closeSync(descriptor);
  fs.renameSync(unfinished, file);
  const folder = fs.openSync(path.dirname(file), "r");
  fs.fsyncSync(folder);
  fs.closeSync(folder);
}
function end(nothingDone, fault) {
  if (nothingDone) fs.rmSync(noteFile, { force: true });
  process.stdout.write(fault, () => process.exit(fault ? 1 : 0));
}
fs.mkdirSync(path.dirname(recoveryFile), { recursive: true, mode: 0o700 });
write(noteFile, { pid: process.pid, sentAt: new Date().toISOString() });
const payload = JSON.stringify(body);
function ask(triesLeft) {
  const call = https.request(address + "/v1/sys/init", {
    method: "POST",
    ca: caPem,
    agent: false,
    timeout: answerSeconds * 1000,
    headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(payload) },
  }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (part) => (text += part));
    response.on("end", () => {
      let answer = {};
      try {
        answer = JSON.parse(text);
      } catch {}
      if (response.statusCode === 200 && answer.root_token) {
        write(recoveryFile, { ...kept, rootToken: answer.root_token, unsealKeys: answer.keys_base64 });
        return end(true, "");
      }
      const reasons = (answer.errors || []).join("; ");
      end(response.statusCode < 500, "Vault refused to be initialised: " + response.statusCode + " " + reasons);
    });
  });
  call.on("timeout", () => call.destroy(new Error("no answer within " + answerSeconds + " s")));
  call.on("error", (error) => {
    const refused = error.code === "ECONNREFUSED";
    if (refused && triesLeft > 1) return setTimeout(ask, 200, triesLeft - 1);
    end(refused, error.message || error.code);
  });
  call.end(payload);
}
ask(tries);
`;

function noteFilePath(name: string): string {
  return stateFilePath(name, ".requested");
}

/**
 * Initialises Vault, which works once; the answer, in the recovery file when this returns, is the only copy of the
 * keys there will ever be. A process of its own does it, which goes on when this one and all of Pulumi are killed.
 *
 * @throws Error with Vault's reason, or why it could not be asked.
 */
export async function requestInit(
  endpoint: VaultEndpoint,
  name: string,
  request: InitRequest,
): Promise<void> {
  const body = {
    secret_shares: request.keyShares,
    secret_threshold: request.keyThreshold,
    ...(request.pgpKeys.length > 0 ? { pgp_keys: request.pgpKeys } : {}),
  };
  const child = spawn(process.execPath, ["-e", initRequestScript], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    // Options for this process's Node.js, such as a loader for TypeScript, are not for that one.
    env: {},
  });
  let said = "";
  let fault = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (fault += text));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(
    JSON.stringify({
      ...endpoint,
      body,
      kept: { pgpFingerprints: request.pgpFingerprints },
      recoveryFile: recoveryFilePath(name),
      noteFile: noteFilePath(name),
      answerSeconds,
      tries: request.replicas > 1 ? triesOfSeveral : 1,
    }),
  );
  const status = await ended;
  if (status !== 0) {
    throw new Error(said || `Vault could not be asked for its keys: ${fault.trim() || `status ${status}`}`);
  }
}

/**
 * The request of an earlier run whose answer is not kept. While the process that sent it lives, its answer may still
 * come, and is waited for.
 */
export async function openRequest(name: string): Promise<OpenRequest | undefined> {
  for (;;) {
    const open = readNote(name);
    if (!open || !isWaiting(open)) {
      return open;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export function forgetRequest(name: string): void {
  fs.rmSync(noteFilePath(name), { force: true });
}

function readNote(name: string): OpenRequest | undefined {
  try {
    return JSON.parse(fs.readFileSync(noteFilePath(name), "utf8")) as OpenRequest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

function isWaiting({ pid, sentAt }: OpenRequest): boolean {
  // The number may be another process's by now.
  if (Date.now() - Date.parse(sentAt) > (answerSeconds + 10) * 1000) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
