import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { recordGraph, released } from "../support/release-graph";
import { releaseText, type Release } from "./releases";

const checkout = path.join(__dirname, "..", "..");

/** Settings of the stacks that are kept of a release. */
const stacks: Record<string, Record<string, unknown>> = {
  // What the lab's stack has beside the defaults.
  lab: {
    pkiHost: "pki.homelab.local",
    trustBundle: "homelab-roots",
    trustNamespaceLabels: ["trust=homelab"],
  },
  "three nodes": { vaultReplicas: 3, vaultSnapshotSchedule: "0 3 * * *", vaultRootToken: "revoke" },
  // The certificates that mocks make have no end to warn of.
  "generated CA": { caOrigin: "generate", caBundle: "", caPassphrase: "", expiryWarningPercent: 0 },
};

// The program: all that a run reads. The numbers of a release that is being made are in package.json.
const program = [
  ...[":(glob)*.ts", "components", "helm", "program", "settings", "Pulumi.yaml"],
  ":(exclude)components/package.json",
];

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: checkout, encoding: "utf8" }).trim();
}

/** Writes the file of the version in package.json, made by the program of the commit that is checked out. */
async function main(): Promise<void> {
  const changed = git("status", "--porcelain", "--", ...program);
  if (changed !== "") {
    throw new Error(
      `the program is not that of the commit, so that nobody could run it again; commit first:\n${changed}`,
    );
  }
  const { version } = JSON.parse(readFileSync(path.join(checkout, "package.json"), "utf8")) as {
    version: string;
  };
  const release: Release = { version, commit: git("rev-parse", "HEAD"), stacks: [] };
  for (const [name, settings] of Object.entries(stacks)) {
    const resources = (await recordGraph(settings)).map(released);
    release.stacks.push({ name, settings, resources });
  }
  writeFileSync(path.join(__dirname, `${version}.json`), releaseText(release));
}

main().catch((error: Error) => {
  process.stderr.write(`release:record: ${error.message}\n`);
  process.exitCode = 1;
});
