import { existsSync, readFileSync, rmSync } from "node:fs";
import { findCgroups, removeCgroups } from "./cgroups";
import { endNamespaces, findNamespaces } from "./namespaces";

/**
 * Ends the lab and removes all it has: processes, mounts, network, cgroups, state. The build cache stays.
 * @throws Error when something of it is still there afterwards
 */
export async function down(runDirectory: string): Promise<void> {
  const namespaces = findNamespaces(runDirectory);
  if (namespaces) await endNamespaces(namespaces);
  await removeCgroups(runDirectory);
  // The lab's mounts are private to its namespaces. Should one be seen here, removing would reach through it.
  const mounts = mountsBelow(runDirectory);
  if (mounts.length > 0) throw new Error(`still mounted, so not removed: ${mounts.join(", ")}`);
  rmSync(runDirectory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  const left = leftovers(runDirectory);
  if (left.length > 0) throw new Error(`the lab has ended, but these are left:\n${left.join("\n")}`);
}

/** What of a lab is still there, one line each. */
function leftovers(runDirectory: string): string[] {
  const namespaces = findNamespaces(runDirectory);
  return [
    ...(namespaces ? [`process ${namespaces.pid} and its namespaces`] : []),
    ...findCgroups(runDirectory).map((directory) => `cgroup ${directory}`),
    ...mountsBelow(runDirectory).map((mount) => `mount ${mount}`),
    ...(existsSync(runDirectory) ? [`directory ${runDirectory}`] : []),
  ];
}

function mountsBelow(directory: string): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((mountPoint) => mountPoint === directory || mountPoint.startsWith(`${directory}/`));
}
