import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  clusterDnsAddress,
  networkInterface,
  nodeAddress,
  nodeName,
  serviceNetwork,
} from "./cluster/addresses";

/** The network, mount and process namespaces of one lab, known by the process that is their pid 1. */
export interface Namespaces {
  /** Process id of their pid 1, as the machine sees it. */
  readonly pid: number;
  /** The lab's run directory; the same path inside and outside. */
  readonly runDirectory: string;
}

// tini reaps what the node leaves behind. The run directory in its arguments tells one lab's pid 1 from another's,
// so no pid file can go stale.
const anchorCommand = (runDirectory: string): string[] => [
  "tini",
  "--",
  "sh",
  "-c",
  "exec sleep infinity",
  "lab-anchor",
  runDirectory,
];

/** The lab's namespaces, or undefined when it is down. */
export function findNamespaces(runDirectory: string): Namespaces | undefined {
  const wanted = anchorCommand(runDirectory).join("\0");
  for (const entry of readdirSync("/proc")) {
    if (/^\d+$/.test(entry) && commandLine(`/proc/${entry}`) === wanted) {
      return { pid: Number(entry), runDirectory };
    }
  }
  return undefined;
}

/** Arguments separated by NUL, empty for a process that is gone or a zombie. */
export function commandLine(processDirectory: string): string {
  try {
    return readFileSync(path.join(processDirectory, "cmdline"), "utf8").replace(/\0$/, "");
  } catch {
    return "";
  }
}

/** The arguments with which nsenter runs `command` inside the namespaces. */
export function nsenterArguments(namespaces: Namespaces, command: readonly string[], cwd = "/"): string[] {
  return [`--target=${namespaces.pid}`, "--net", "--mount", "--pid", `--wdns=${cwd}`, "--", ...command];
}

/** The path under which the machine sees a file of the namespaces. */
export function seenFromOutside(namespaces: Namespaces, file: string): string {
  return `/proc/${namespaces.pid}/root${file}`;
}

/**
 * Makes the namespaces, or returns those that run.
 * @param keptDirectories directories that stay visible inside even below /var: the checkout, the cache
 */
export async function ensureNamespaces(runDirectory: string, keptDirectories: string[]): Promise<Namespaces> {
  const running = findNamespaces(runDirectory);
  if (running && existsSync(seenFromOutside(running, "/run/lab/prepared"))) return running;
  if (running) await endNamespaces(running);
  writeNameResolution(runDirectory);
  const created = await startAnchor(runDirectory);
  const script = path.join(__dirname, "prepare-namespaces.sh");
  const prepared = spawnSync(
    "nsenter",
    nsenterArguments(created, [script, runDirectory, ...keptDirectories]),
    {
      encoding: "utf8",
      env: {
        ...process.env,
        LAB_INTERFACE: networkInterface,
        LAB_NODE_ADDRESS: nodeAddress,
        LAB_SERVICE_NETWORK: serviceNetwork,
      },
    },
  );
  if (prepared.status !== 0) {
    await endNamespaces(created);
    throw new Error(
      `the lab's namespaces could not be prepared: ${prepared.stderr || prepared.error?.message}`,
    );
  }
  return created;
}

/** Ends every process in the namespaces; the kernel then removes their mounts and network. */
export async function endNamespaces(namespaces: Namespaces): Promise<void> {
  const wanted = anchorCommand(namespaces.runDirectory).join("\0");
  const processDirectory = `/proc/${namespaces.pid}`;
  if (commandLine(processDirectory) !== wanted) return;
  process.kill(namespaces.pid, "SIGKILL");
  // pid 1 stays until the kernel has ended all the others.
  const deadline = Date.now() + 30_000;
  while (existsSync(processDirectory) && commandLine(processDirectory) === wanted) {
    if (Date.now() > deadline) throw new Error(`process ${namespaces.pid} did not end within 30 s`);
    await sleep(50);
  }
}

/** Adds lines to the lab's /etc/hosts, in place of those added before. */
export function setHosts(runDirectory: string, lines: string[]): void {
  const own = ["127.0.0.1 localhost", `${nodeAddress} ${nodeName}`];
  // Written in place: the namespaces see this very file by a bind mount.
  writeFileSync(path.join(runDirectory, "etc/hosts"), [...own, ...lines, ""].join("\n"));
}

function writeNameResolution(runDirectory: string): void {
  mkdirSync(path.join(runDirectory, "etc"), { recursive: true });
  if (!existsSync(path.join(runDirectory, "etc/hosts"))) setHosts(runDirectory, []);
  writeFileSync(path.join(runDirectory, "etc/resolv.conf"), `nameserver ${clusterDnsAddress}\n`);
}

async function startAnchor(runDirectory: string): Promise<Namespaces> {
  const child = spawn(
    "unshare",
    [
      "--net",
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      "--mount-proc",
      "--",
      ...anchorCommand(runDirectory),
    ],
    { detached: true, stdio: "ignore", cwd: "/" },
  );
  const failure = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`unshare ended with status ${code}: are you root?`)));
  });
  failure.catch(() => undefined);
  child.unref();
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const found = findNamespaces(runDirectory);
    if (found) return found;
    await Promise.race([sleep(20), failure]);
  }
  throw new Error("the lab's namespaces did not start within 10 s");
}
