import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { VaultKeys } from "./vault-client";

/**
 * Where the answer of `sys/init` lies from the moment it arrives until it is seen in Pulumi's state. Outside the
 * project, so that it is never committed; below the XDG state folder, so that it survives a reboot.
 */
export function recoveryFilePath(name: string): string {
  const state = process.env.XDG_STATE_HOME || path.join(os.homedir(), ".local", "state");
  return path.join(state, "cert-manager-vault", `${name.replace(/[^A-Za-z0-9.-]+/g, "_")}.json`);
}

/** Writes the keys, readable by their owner only, and returns when they are on the disk. */
export function writeRecoveryFile(name: string, keys: VaultKeys): void {
  const file = recoveryFilePath(name);
  const folder = path.dirname(file);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unfinished = `${file}.${process.pid}`;
  const descriptor = fs.openSync(unfinished, "wx", 0o600);
  try {
    fs.writeSync(descriptor, JSON.stringify(keys));
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(unfinished, file);
  const folderDescriptor = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(folderDescriptor);
  } finally {
    fs.closeSync(folderDescriptor);
  }
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
