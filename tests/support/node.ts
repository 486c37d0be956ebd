import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { findNamespaces } from "../../lab/namespaces";
import { paths } from "../../lab/paths";
import { inLab } from "./lab";

const entrance = path.join(__dirname, "..", "..", "lab", "bin", "lab");

/** Ends everything in the lab at once, as a power cut does: no process is told, nothing is written any more. */
export async function cutPower(): Promise<void> {
  const namespaces = findNamespaces(paths.runDirectory);
  if (!namespaces) {
    throw new Error("the lab does not run");
  }
  // The kernel ends whatever lives in a process namespace together with its pid 1, containers included.
  process.kill(namespaces.pid, "SIGKILL");
  while (existsSync(`/proc/${namespaces.pid}/cmdline`) && findNamespaces(paths.runDirectory)) {
    await sleep(50);
  }
}

/** Ends processes of the node with SIGKILL: kubelet, containerd and so on. */
export async function killOnNode(...components: string[]): Promise<void> {
  const script = 'for name in "$@"; do read -r pid _ </run/lab/$name && kill -9 $pid; done';
  await inLab(["sh", "-ec", script, "kill", ...components]);
}

/** Starts what does not run of the node. Runs no program: pods come back as they do on any cluster. */
export async function startNode(): Promise<void> {
  await promisify(execFile)(entrance, ["up", "--node"], { maxBuffer: 64 * 1024 * 1024 });
}
