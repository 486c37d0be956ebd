import { createHash } from "node:crypto";
import { homedir } from "node:os";
import * as path from "node:path";

const checkout = path.resolve(__dirname, "..");

// An empty variable counts as unset, as the shell's ${NAME:-...} in lab/bin has it.
const cacheRoot = path.resolve(
  process.env["LAB_CACHE"] ||
    path.join(process.env["XDG_CACHE_HOME"] || path.join(homedir(), ".cache"), "cert-manager-vault-lab"),
);

/** Where the lab keeps what. Only `runDirectory` belongs to this checkout; the rest is shared by all of them. */
export const paths = {
  checkout,
  /** Sources of the programs, one Go module per directory. */
  programSources: path.join(checkout, "lab", "programs"),
  /** Containerfiles and what they copy. */
  imageSources: path.join(checkout, "lab", "images"),
  cacheRoot,
  /** `<name>-<hash>/bin/`: what was built. */
  programs: path.join(cacheRoot, "programs"),
  /** `<name>-<version>-<hash>/`: charts taken out of their programs' modules. */
  charts: path.join(cacheRoot, "charts"),
  /** `<name>-<hash>.tar`: docker archives. */
  images: path.join(cacheRoot, "images"),
  /** `<name>-<hash>/`: root file systems with a browser, for tests. */
  browsers: path.join(cacheRoot, "browsers"),
  /** Compiler and module caches, sources being built; gone when a build ends. */
  buildTemporary: path.join(cacheRoot, "build-tmp"),
  buildLogs: path.join(cacheRoot, "logs"),
  buildTimes: path.join(cacheRoot, "build-times.json"),
  /** Everything of the one lab that this checkout may have; removed by `lab down`. */
  runDirectory: path.join(cacheRoot, "run", createHash("sha256").update(checkout).digest("hex").slice(0, 8)),
} as const;

/** The log of one part of the build. */
export function buildLog(name: string): string {
  return path.join(paths.buildLogs, `${name}.log`);
}
