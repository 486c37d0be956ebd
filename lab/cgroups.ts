import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const hierarchiesRoot = "/sys/fs/cgroup";

/** The lab's cgroup, the same path in every hierarchy: the kubelet's cgroupRoot. */
export function cgroupRoot(runDirectory: string): string {
  return `/lab-${createHash("sha256").update(runDirectory).digest("hex").slice(0, 12)}`;
}

/** Fails on a machine whose cgroups the node cannot use: said before 40 minutes of building, not after. */
export async function checkCgroups(): Promise<void> {
  if (existsSync(path.join(hierarchiesRoot, "cgroup.controllers"))) {
    throw new Error(
      `This machine has cgroup v2 only (${hierarchiesRoot}/cgroup.controllers exists), which the lab's node is not ` +
        `made for yet. Use a machine with cgroup v1, or boot this one with systemd.unified_cgroup_hierarchy=0.`,
    );
  }
}

/** Creates the lab's cgroup; the kubelet does not start without it. */
export function createCgroups(runDirectory: string): void {
  for (const hierarchy of hierarchies()) {
    const directory = path.join(hierarchy, cgroupRoot(runDirectory));
    mkdirSync(directory, { recursive: true });
    // A new cpuset admits no process until it has been given processors and memory nodes.
    for (const setting of ["cpuset.cpus", "cpuset.mems"]) {
      const file = path.join(directory, setting);
      if (existsSync(file) && readFileSync(file, "utf8").trim() === "") {
        writeFileSync(file, readFileSync(path.join(hierarchy, setting)));
      }
    }
  }
}

/** The cgroups a lab has now, innermost first. */
export function findCgroups(runDirectory: string): string[] {
  return hierarchies()
    .map((hierarchy) => path.join(hierarchy, cgroupRoot(runDirectory)))
    .filter((directory) => existsSync(directory))
    .flatMap(innermostFirst);
}

/** Removes the lab's cgroups. The processes in them have to be gone; the kernel may take a moment to notice. */
export async function removeCgroups(runDirectory: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      findCgroups(runDirectory).forEach((directory) => rmdirSync(directory));
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

function hierarchies(): string[] {
  if (!existsSync(hierarchiesRoot)) return [];
  return readdirSync(hierarchiesRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(hierarchiesRoot, entry.name))
    .filter((directory) => existsSync(path.join(directory, "cgroup.procs")));
}

function innermostFirst(directory: string): string[] {
  const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((entry) => innermostFirst(path.join(directory, entry.name))), directory];
}
