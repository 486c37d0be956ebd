import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { promisify } from "node:util";
import { programsAreBuilt } from "./build-programs";
import { paths } from "./paths";

const execute = promisify(execFile);

// Measured: compiling everything takes 18 GB at its peak, of which 1.5 GB stay; images and one running lab take 3 GB.
const needed = { build: 20e9, run: 3e9 };

/** Fails when the file system of the cache has less free space than what is still to be done will take. */
export async function checkDiskSpace(): Promise<void> {
  mkdirSync(paths.cacheRoot, { recursive: true });
  const { bavail, bsize } = await statfs(paths.cacheRoot);
  const free = bavail * bsize;
  const isBuilt = await programsAreBuilt();
  // What a build that was cut short has left lies in the way of nothing: the next one uses it or drops it.
  const present = isBuilt ? 0 : await directorySize(paths.buildTemporary);
  const enough = isBuilt ? needed.run : needed.build;
  if (free + present >= enough) return;
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
  throw new Error(
    `Not enough disk space: ${isBuilt ? "running the lab" : "building the lab's programs"} needs ` +
      `${gigabytes(enough)} GB, ${paths.cacheRoot} has ${gigabytes(free + present)} GB. ` +
      `Free some, or set LAB_CACHE to a directory on a larger disk.`,
  );
}

/** Bytes on disk below a directory; 0 when there is none. */
export async function directorySize(directory: string): Promise<number> {
  mkdirSync(directory, { recursive: true });
  const { stdout } = await execute("du", ["--summarize", "--block-size=1", directory]);
  return Number(stdout.split("\t")[0]);
}
