import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { paths } from "./paths";
import { outputOf, runCommand } from "./run-command";

const execute = promisify(execFile);

/** Writes a tar archive of a minimal Debian with the given packages, fetched from where this machine gets its own. */
export async function archiveDebianRoot(
  debian: { release: string; packages: readonly string[] },
  archive: string,
  log: string,
): Promise<void> {
  const root = path.join(paths.buildTemporary, "debian-root");
  rmSync(root, { recursive: true, force: true });
  const packages = `--include=${debian.packages.join(",")}`;
  const debootstrap = ["debootstrap", "--variant=minbase", packages, debian.release, root, await mirror(log)];
  // What it mounts in the new root goes with the namespace, also when it is ended half-way.
  await runCommand("unshare", ["--mount", ...debootstrap], { log });
  // A container has devices of its own, and no use for package lists.
  const left = ["./dev/*", "./var/cache/apt/*", "./var/lib/apt/lists/*"].map((files) => `--exclude=${files}`);
  await runCommand("tar", ["--create", "--file", archive, ...left, "--directory", root, "."], { log });
  rmSync(root, { recursive: true, force: true });
}

/** URI of the Debian archive in this machine's own apt configuration. */
async function mirror(log: string): Promise<string> {
  const uri = (await configuredArchive()) ?? (await afterUpdate(log));
  if (uri) return uri;
  throw new Error(
    "No Debian archive among the sources of this machine's apt (apt-get indextargets lists them): add the one it should use.",
  );
}

// The archive's name is known once its index has been fetched.
async function afterUpdate(log: string): Promise<string | undefined> {
  await outputOf("apt-get", ["-o", "DPkg::Lock::Timeout=600", "update"], { log });
  return configuredArchive();
}

async function configuredArchive(): Promise<string | undefined> {
  const targets = ["indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"];
  const { stdout } = await execute("apt-get", targets);
  return /^Debian (\S+)$/m.exec(stdout)?.[1];
}
