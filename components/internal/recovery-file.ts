import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { VaultKeys } from "./vault-client";

/** A file of this program below the XDG state folder: outside the project, so that it is never committed. */
export function stateFilePath(name: string, ending: string): string {
  const state = process.env.XDG_STATE_HOME || path.join(os.homedir(), ".local", "state");
  return path.join(state, "cert-manager-vault", `${name.replace(/[^A-Za-z0-9.-]+/g, "_")}${ending}`);
}

/** Where the answer of `sys/init` lies from the moment it arrives until it is seen in Pulumi's state. */
export function recoveryFilePath(name: string): string {
  return stateFilePath(name, ".json");
}

/** The keys that an interrupted run left, if any. */
export function readRecoveryFile(name: string): VaultKeys | undefined {
  let text: string;
  try {
    text = fs.readFileSync(recoveryFilePath(name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
  return JSON.parse(text) as VaultKeys;
}

/** Puts the keys of a Vault that is no more out of the way, without destroying them. */
export function setRecoveryFileAside(name: string): void {
  const file = recoveryFilePath(name);
  fs.renameSync(file, `${file}.${new Date().toISOString().replace(/[:.]/g, "-")}.old`);
}

export function removeRecoveryFile(name: string): void {
  fs.rmSync(recoveryFilePath(name), { force: true });
}
