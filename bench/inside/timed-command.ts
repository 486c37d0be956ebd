import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { listProcesses, treeOf } from "./process-tree";

/** Between two looks at the memory: the program lives for seconds, and a look takes milliseconds. */
const pauseMilliseconds = 250;

/** The process that runs a program; Pulumi's language host starts it so. */
const programCommand = /@pulumi\/pulumi\/cmd\/run(?![-\w])/;

/** `timed-command.ts REPORT COMMAND…` runs the command as it is, and writes what it has cost to the file REPORT. */
async function main([report, command, ...args]: string[]): Promise<number> {
  const began = performance.now();
  const child = spawn(command!, args, { stdio: "inherit" });
  let programKiB = 0;
  let allKiB = 0;
  const look = (): void => {
    const tree = treeOf(child.pid ?? 0, listProcesses());
    allKiB = Math.max(
      allKiB,
      tree.reduce((sum, { residentKiB }) => sum + residentKiB, 0),
    );
    const programs = tree.filter((entry) => programCommand.test(entry.command));
    programKiB = Math.max(programKiB, ...programs.map(({ peakKiB }) => peakKiB));
  };
  const looking = setInterval(look, pauseMilliseconds);
  const status = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
  const seconds = (performance.now() - began) / 1000;
  clearInterval(looking);
  writeFileSync(report!, JSON.stringify({ seconds, programMiB: programKiB / 1024, allMiB: allKiB / 1024 }));
  return status;
}

void main(process.argv.slice(2)).then((status) => process.exit(status));
