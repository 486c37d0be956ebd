import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { readReleases } from "../releases/releases";
import { inLab } from "./lab";
import { StackRun, unattended } from "./stack";

const checkout = path.join(__dirname, "..", "..");

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: checkout, encoding: "utf8" }).trim();
}

/** What `UPGRADE_FROM` names, or the newest release: by its tag, or by the commit that its record has. */
export function earlierRevision(): string {
  const [tag] = git("tag", "--list", "v*", "--sort=-version:refname").split("\n");
  return process.env.UPGRADE_FROM || tag || readReleases().at(-1)!.commit;
}

/** The program of another revision, with its own packages, for the lab's stack. */
export class EarlierProgram {
  private constructor(
    private readonly directory: string,
    /** Which it is, and how far away. */
    readonly description: string,
  ) {}

  static at(revision: string): EarlierProgram {
    let commit: string;
    try {
      commit = git("rev-parse", "--verify", "--quiet", `${revision}^{commit}`);
    } catch {
      throw new Error(
        `there is no ${revision} in this clone: fetch tags and the whole history, or name a revision in UPGRADE_FROM`,
      );
    }
    const program = [":(glob)*.ts", "components", "helm", "program", "settings", "package-lock.json"];
    const difference = git("diff", "--shortstat", commit, "--", ...program) || "nothing changed since";
    const directory = mkdtempSync(path.join(tmpdir(), "earlier-"));
    git("clone", "--quiet", "--no-checkout", checkout, directory);
    const there = { cwd: directory, stdio: "ignore" } as const;
    execFileSync("git", ["checkout", "--quiet", "--detach", commit], there);
    // The lab has no way to the registry; this machine has.
    execFileSync("npm", ["ci", "--ignore-scripts"], there);
    return new EarlierProgram(directory, `${revision}, program ${difference}`);
  }

  /** Runs it from an empty cluster, with the lab's settings and the lab's chart of that time. */
  async up(): Promise<void> {
    const vaultChart = path.join(this.directory, "lab", "charts", "vault");
    const run = await StackRun.with(existsSync(vaultChart) ? { vaultChart } : {});
    try {
      await run.destroy();
      await inLab(["env", "-C", this.directory, ...run.environment(), "pulumi", "up", ...unattended]);
    } finally {
      run.forget();
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
