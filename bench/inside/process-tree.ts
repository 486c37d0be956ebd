import { readdirSync, readFileSync } from "node:fs";

/** A process as /proc has it. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  /** Arguments, separated by spaces. */
  command: string;
  residentKiB: number;
  /** The most that it has had so far. */
  peakKiB: number;
}

/** A process and all that descend from it, of those that are listed. */
export function treeOf(root: number, entries: readonly ProcessEntry[]): ProcessEntry[] {
  const found = new Set([root]);
  // A child may be listed before its parent: process numbers begin anew.
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { pid, parent } of entries) {
      if (found.has(parent)) {
        found.add(pid);
      }
    }
  }
  return entries.filter(({ pid }) => found.has(pid));
}

/** Numbers of all processes of this process namespace; those of containers are among them. */
export function processNumbers(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

export function listProcesses(): ProcessEntry[] {
  return processNumbers().flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trimEnd();
      return [processEntry(pid, readFileSync(`/proc/${pid}/status`, "utf8"), command)];
    } catch {
      // It has ended in between.
      return [];
    }
  });
}

/** What https://man7.org/linux/man-pages/man5/proc_pid_status.5.html says of one; 0 for a zombie's memory. */
export function processEntry(pid: number, status: string, command: string): ProcessEntry {
  const number = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  return {
    pid,
    parent: number("PPid"),
    command,
    residentKiB: number("VmRSS"),
    peakKiB: number("VmHWM"),
  };
}
