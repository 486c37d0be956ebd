import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { buildLog } from "./paths";
import { runCommand } from "./run-command";
import type { Progress } from "./steps";

// A package counts as there when a file of it is, whoever brought it: containerd may come from elsewhere, and Debian's
// would replace that.
const packages: Record<string, string> = {
  containerd: "containerd",
  runc: "runc",
  "containernetworking-plugins": "/usr/lib/cni/bridge",
  conntrack: "conntrack",
  socat: "socat",
  iptables: "iptables",
  iproute2: "ip",
  tini: "tini",
  "util-linux": "nsenter",
  procps: "sysctl",
  curl: "curl",
  openssl: "openssl",
  buildah: "buildah",
  "busybox-static": "busybox",
  debootstrap: "debootstrap",
  "debian-archive-keyring": "/usr/share/keyrings/debian-archive-keyring.gpg",
};

/** Installs what the lab takes from Debian and this machine does not have. Returns what was done. */
export async function installDebianPackages(progress: Progress): Promise<string> {
  const missing = Object.keys(packages).filter((name) => !isThere(packages[name] ?? ""));
  if (missing.length === 0) return "nothing to install";
  progress(missing.join(" "));
  await withoutServices(async () => {
    await apt("update");
    // --no-remove: rather fail than take something away that this machine needs.
    await apt("install", "--yes", "--no-install-recommends", "--no-remove", ...missing);
  });
  return `${missing.length} installed`;
}

function isThere(file: string): boolean {
  const candidates = file.startsWith("/")
    ? [file]
    : ["/usr/sbin", "/usr/bin", "/sbin", "/bin", ...(process.env["PATH"] ?? "").split(":")].map(
        (directory) => `${directory}/${file}`,
      );
  return candidates.some((candidate) => existsSync(candidate));
}

function apt(...args: string[]): Promise<void> {
  // Another apt may be at work on this machine: wait for it.
  return runCommand("apt-get", ["-o", "DPkg::Lock::Timeout=600", ...args], {
    log: buildLog("debian-packages"),
    env: { DEBIAN_FRONTEND: "noninteractive" },
  });
}

const policy = "/usr/sbin/policy-rc.d";
const policyOfThisMachine = `${policy}.before-lab`;

// Debian starts a service when its package is installed, unless this script says no (101). The lab runs containerd
// itself, in namespaces of its own.
async function withoutServices(work: () => Promise<void>): Promise<void> {
  if (existsSync(policy) && !existsSync(policyOfThisMachine)) renameSync(policy, policyOfThisMachine);
  writeFileSync(policy, "#!/bin/sh\nexit 101\n");
  chmodSync(policy, 0o755);
  try {
    await work();
  } finally {
    rmSync(policy, { force: true });
    if (existsSync(policyOfThisMachine)) renameSync(policyOfThisMachine, policy);
  }
}
