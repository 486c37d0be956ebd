import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import MarkdownIt from "markdown-it";
import { figureGroups, issuerCounts } from "../../../bench/figures";
import { goals, verdictOn, type Verdict } from "../../../bench/goals";
import { withReport } from "../../../bench/report";
import { newestResults, readResults, valuesOf, writeResults, type Results } from "../../../bench/results";
import { figureTable, goalTable, reportOf, shown } from "../../../bench/table";

function resultsWith(values: Record<string, number[]>, failures: Results["failures"] = []): Results {
  return {
    schema: 1,
    begun: "2026-01-01T00:00:00.000Z",
    commit: "0123456789ab",
    machine: { processor: "A | B", cores: 2, memoryGiB: 24, kernel: "6.1", versions: { Vault: "v1" } },
    values,
    failures,
  };
}

/** The verdict on the goal whose text begins so. */
function verdict(text: string, values: Record<string, number[]>): Verdict {
  const goal = goals.find((one) => one.text.startsWith(text));
  assert.ok(goal, text);
  return verdictOn(goal, resultsWith(values));
}

/** Texts of the cells of the first table, row by row. */
function cellsOf(markdown: string): string[][] {
  const tokens = new MarkdownIt().parse(markdown, {});
  const rows: string[][] = [];
  for (const [index, { type }] of tokens.entries()) {
    if (type === "tr_open") rows.push([]);
    if (type === "th_open" || type === "td_open") rows.at(-1)!.push(tokens[index + 1]!.content);
  }
  return rows;
}

const group = (name: string) => figureGroups.find((one) => one.name === name)!;

describe("The bench's goals", () => {
  it("are met at their limit, and missed above it", () => {
    assert.equal(verdict("cold `up` of the source", { cold: [50, 51, 10], source: [100] }), "met");
    assert.equal(verdict("cold `up` of the source", { cold: [51], source: [100] }), "missed");
    assert.equal(verdict("no-op `up` of an empty", { noop: [1.6], "empty-up": [1] }), "missed");
  });

  it("compare the cold up with the critical path of the same run", () => {
    const parts = {
      "part-vault-start": [3],
      "part-vault-init": [4],
      "part-webhook": [8],
      "part-issuance": [2],
    };
    assert.deepEqual(valuesOf(resultsWith(parts), "critical-path"), [10]);
    assert.equal(verdict("cold `up` of the critical path", { ...parts, cold: [13] }), "met");
    assert.equal(verdict("cold `up` of the critical path", { ...parts, cold: [13.1] }), "missed");
  });

  it("want a rate to be at least so high", () => {
    const rates = (vault: number) => ({ "certificates-vault-100": [vault], "certificates-ca-100": [10] });
    assert.equal(verdict("100 Certificates", rates(9)), "met");
    assert.equal(verdict("100 Certificates", rates(8.9)), "missed");
  });

  it("have growth on a straight line pass, and a faster one not", () => {
    const growth = (cost: (count: number) => number) =>
      Object.fromEntries(issuerCounts.map((count) => [`issuers-preview-${count}`, [cost(count)]]));
    assert.equal(
      verdict(
        "`preview`: an issuer more",
        growth((count) => 20 + count),
      ),
      "met",
    );
    assert.equal(
      verdict(
        "`preview`: an issuer more",
        growth((count) => 20 + Math.log(count)),
      ),
      "met",
    );
    assert.equal(
      verdict(
        "`preview`: an issuer more",
        growth((count) => 20 + count * count),
      ),
      "missed",
    );
  });

  it("are not measured where a figure is missing", () => {
    assert.deepEqual(
      new Set(goals.map((goal) => verdictOn(goal, resultsWith({})))),
      new Set(["not measured"]),
    );
    assert.equal(cellsOf(goalTable(resultsWith({}))).length, goals.length + 1);
  });

  it("are about figures that there are", () => {
    const known = figureGroups.flatMap(({ figures }) => figures.map(({ name }) => name));
    const all = Object.fromEntries(known.map((name) => [name, [1]]));
    const growing = issuerCounts.flatMap((count) => [
      [`issuers-preview-${count}`, [count]],
      [`issuers-noop-${count}`, [count]],
    ]);
    const results = resultsWith({ ...all, ...Object.fromEntries(growing) });
    assert.deepEqual(
      goals.filter((goal) => goal.measured(results) === undefined),
      [],
    );
  });
});

describe("The bench's report", () => {
  it("has a row for each figure that was measured, with its ratio to another of the run", () => {
    const results = resultsWith({ cold: [40, 60, 50], source: [100], destroy: [5] });
    assert.deepEqual(cellsOf(figureTable(results, group("way"))).slice(1), [
      ["the source's procedure, to trusted https", "100", "100", "100", "s", "", "", "1"],
      [
        "cold `up`, to trusted https",
        ...["40", "50", "60", "s", "0.5", "the source's procedure, to trusted https", "3"],
      ],
    ]);
  });

  it("has no section for what was not measured, and one for what failed", () => {
    const failures = [{ measure: "cold", repetition: 2, message: "first | line\nsecond" }];
    const text = reportOf(resultsWith({ noop: [2], cold: [1] }, failures), ({ name }) =>
      name === "standing" ? "standing.svg" : undefined,
    );
    assert.match(text, /!\[[^\]]+\]\(standing\.svg\)/);
    assert.equal(text.match(/!\[/g)!.length, 1);
    assert.doesNotMatch(text, /### Storage/);
    const failed = cellsOf(text.slice(text.indexOf("### What failed")));
    assert.deepEqual(failed[1], ["cold", "2", "first | line second"]);
  });

  it("shows three digits", () => {
    assert.deepEqual([0.12345, 1.5, 12.345, 1234.5, 0].map(shown), ["0.123", "1.5", "12.3", "1235", "0"]);
  });

  it("takes the place of the one before, and of nothing else", () => {
    const page = "before\n<!-- begin: npm run bench:report -->\nold\n<!-- end -->\nafter\n";
    const next = withReport(page, "new");
    assert.match(next, /^before\n<!-- begin[^\n]*-->\n\nnew\n\n<!-- end -->\nafter\n$/);
    assert.equal(withReport(next, "new"), next);
    assert.throws(() => withReport("no marks", "new"), /docs\/performance\.md: has lost the lines/);
  });
});

describe("A file of the bench's results", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "results-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is read as it was written, the newest first", () => {
    const file = path.join(folder, "2026-01-02T0000.json");
    const results = resultsWith({ cold: [1, 2] });
    writeResults(path.join(folder, "2026-01-01T2359.json"), resultsWith({}));
    writeResults(file, results);
    writeFileSync(path.join(folder, "2026-01-02T0000-way.svg"), "");
    assert.equal(newestResults(folder), file);
    assert.deepEqual(readResults(file), results);
  });

  it("is refused where it is another file, or has figures that nobody knows", () => {
    const file = path.join(folder, "other.json");
    writeFileSync(file, "{}");
    assert.throws(() => readResults(file), /is no file of results/);
    writeResults(file, resultsWith({ cold: [1], speed: [1] }));
    assert.throws(() => readResults(file), /no numbers of a known figure in speed/);
    writeFileSync(file, JSON.stringify({ ...resultsWith({}), values: { cold: ["fast"] } }));
    assert.throws(() => readResults(file), /no numbers of a known figure in cold/);
  });
});
