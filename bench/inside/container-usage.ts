import { readFileSync, writeFileSync } from "node:fs";
import { processEntry, processNumbers } from "./process-tree";

/** What the processes of a container have used. */
export interface Usage {
  /** Since they were started. */
  cpuSeconds: number;
  /** Sum of the most that each has had since the last look. */
  peakMiB: number;
}

/** Of all Linux systems that there are. */
const ticksPerSecond = 100;

/**
 * `container-usage.ts ID…` prints what each container has used, as a list in JSON, and begins to look for a new peak.
 * ID is what a pod's status tells, without its scheme.
 */
function main(ids: string[]): void {
  const usages = ids.map((id) => usageOf(processesOf(id)));
  process.stdout.write(JSON.stringify(usages));
}

/** A process is in the container whose number is in the path of its cgroups. */
function processesOf(id: string): number[] {
  return processNumbers().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(id);
    } catch {
      // It has ended in between.
      return false;
    }
  });
}

function usageOf(processes: number[]): Usage {
  if (processes.length === 0) {
    throw new Error("a container has no process: was its pod replaced?");
  }
  const usage = { cpuSeconds: 0, peakMiB: 0 };
  for (const pid of processes) {
    // The name may hold spaces and brackets; user and system time are the 12th and 13th field after it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    usage.cpuSeconds += (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    usage.peakMiB += processEntry(pid, readFileSync(`/proc/${pid}/status`, "utf8"), "").peakKiB / 1024;
    // Sets the peak to what it has now.
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  }
  return usage;
}

main(process.argv.slice(2));
