import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import * as path from "node:path";
import { paths } from "./paths";
import type { Progress } from "./steps";

/**
 * Runs `work` while no other lab of this machine builds: they share the cache and its temporary directory. The lock is
 * held by a child that lives as long as its standard input is open, so it goes with this process, however that ends.
 */
export async function withBuildLock<T>(progress: Progress, work: () => Promise<T>): Promise<T> {
  mkdirSync(paths.cacheRoot, { recursive: true });
  const lock = path.join(paths.cacheRoot, "build.lock");
  const holder = spawn("flock", [lock, "sh", "-c", "echo locked; exec cat >/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    // A group of its own: Ctrl-C reaches it only as the end of its input.
    detached: true,
  });
  const waiting = setTimeout(() => progress("waiting for another lab's build to end"), 1000);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once("data", () => resolve());
      holder.once("error", reject);
      holder.once("close", (status) => reject(new Error(`flock ${lock} ended with status ${status}`)));
    });
  } finally {
    clearTimeout(waiting);
  }
  try {
    return await work();
  } finally {
    holder.stdin.end();
  }
}
