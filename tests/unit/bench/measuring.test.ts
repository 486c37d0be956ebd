import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { issuerCounts } from "../../../bench/figures";
import { processEntry, treeOf } from "../../../bench/inside/process-tree";
import { measures } from "../../../bench/measures";
import { furtherIssuers } from "../../../bench/measures/issuers";
import { readOptions, usage } from "../../../bench/options";
import type { Cost } from "../../../bench/timed";
import { readWith } from "../../support/settings";

const bench = path.join(__dirname, "../../../bench");

/** Runs a command as the bench does in the lab. */
function timed(...command: string[]): { status: number | null; stdout: string; cost: Cost } {
  const folder = mkdtempSync(path.join(tmpdir(), "timed-"));
  const report = path.join(folder, "cost.json");
  const script = path.join(bench, "inside", "timed-command.ts");
  try {
    const run = spawnSync(process.execPath, ["--import", "tsx", script, report, ...command], {
      encoding: "utf8",
    });
    return { ...run, cost: JSON.parse(readFileSync(report, "utf8")) as Cost };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("The bench's command line", () => {
  it("takes all measures three times without a word", () => {
    const { measures: chosen, repetitions } = readOptions([], measures);
    assert.deepEqual(chosen, measures);
    assert.equal(repetitions, 3);
  });

  it("takes those that are named, in the bench's own order", () => {
    const { measures: chosen, repetitions } = readOptions(["noop", "cold", "--repetitions", "1"], measures);
    assert.deepEqual(
      chosen.map(({ name }) => name),
      ["cold", "noop"],
    );
    assert.equal(repetitions, 1);
  });

  it("names what there is where something else is wanted", () => {
    assert.throws(() => readOptions(["warm"], measures), /no measure warm: there are source, .*cold/);
    assert.throws(() => readOptions(["--repetitions", "0"], measures), /--repetitions 0: must be a number/);
  });

  it("tells of every measure, each with one way to be run", () => {
    for (const { name, about, once, repeatedly } of measures) {
      assert.ok(usage(measures).includes(`${name} `) && usage(measures).includes(about));
      assert.equal([once, repeatedly].filter(Boolean).length, 1, name);
    }
  });
});

describe("What the bench measures with", function () {
  this.timeout(120_000);

  it("finds a process and all that descend from it", () => {
    const entry = (pid: number, parent: number) => ({ pid, parent, command: "", residentKiB: 1, peakKiB: 1 });
    // Process 5 has begun anew at small numbers.
    const entries = [entry(2, 9), entry(3, 2), entry(7, 5), entry(9, 7), entry(8, 1), entry(5, 1)];
    assert.deepEqual(
      treeOf(5, entries).map(({ pid }) => pid),
      [2, 3, 7, 9, 5],
    );
  });

  it("reads a process's status, a zombie's included", () => {
    const status = "Name:\tnode\nPPid:\t12\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n";
    assert.deepEqual(processEntry(7, status, "node x"), {
      ...{ pid: 7, parent: 12, command: "node x" },
      ...{ residentKiB: 1024, peakKiB: 2048 },
    });
    assert.equal(processEntry(7, "PPid:\t12\n", "").peakKiB, 0);
  });

  it("gives a command's time, status and output, and the memory of what it has started", () => {
    const program = "const held = Buffer.alloc(150e6, 1); setTimeout(() => held, 1000)";
    const { status, stdout, cost } = timed("sh", "-c", `echo said; node -e '${program}'; exit 7`);
    assert.equal(status, 7);
    assert.equal(stdout, "said\n");
    assert.ok(cost.seconds >= 1 && cost.seconds < 120, `${cost.seconds} s`);
    assert.ok(cost.allMiB > 140 && cost.allMiB < 600, `${cost.allMiB} MiB`);
    assert.equal(cost.programMiB, 0);
  });

  it("knows the process that runs a Pulumi program by its command", () => {
    const program = "const held = Buffer.alloc(80e6, 1); setTimeout(() => held, 1000)";
    const { cost } = timed("node", "-e", program, "/x/node_modules/@pulumi/pulumi/cmd/run/index.js");
    assert.ok(cost.programMiB > 75, `${cost.programMiB} MiB`);
    const other = timed("node", "-e", program, "/x/node_modules/@pulumi/pulumi/cmd/run-policy-pack");
    assert.equal(other.cost.programMiB, 0);
  });

  it("makes issuers that the program takes", () => {
    const { settings, faults } = readWith({ issuers: furtherIssuers(issuerCounts.at(-1)!) });
    assert.deepEqual(faults, []);
    assert.equal(settings?.issuers.length, issuerCounts.at(-1));
  });

  it("has scripts that a shell can read", () => {
    for (const script of ["source.sh", "remove-source.sh"]) {
      const { status, stderr } = spawnSync("bash", ["-n", path.join(bench, "baselines", script)], {
        encoding: "utf8",
      });
      assert.equal(status, 0, stderr);
    }
  });
});
