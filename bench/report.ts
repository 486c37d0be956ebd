import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as prettier from "prettier";
import { figureGroups, type FigureGroup } from "./figures";
import { barPlot } from "./plot";
import { newestResults, readResults, valuesOf, type Results } from "./results";
import { summaryOf } from "./statistics";
import { reportOf } from "./table";

const page = path.join(__dirname, "..", "docs", "performance.md");
const begin = "<!-- begin: npm run bench:report -->";
const end = "<!-- end -->";

/** `npm run bench:report -- [FILE]`: the plots of a file of results beside it, and the tables of docs/performance.md. */
async function main([file = newestResults()]: string[]): Promise<void> {
  if (!file || !existsSync(file)) {
    throw new Error("no file of results: name one, or write one by make bench");
  }
  const results = readResults(file);
  const plots = writePlots(file, results);
  const report = reportOf(results, (group) => relativeTo(page, plots.get(group)));
  const text = withReport(readFileSync(page, "utf8"), report);
  const style = await prettier.resolveConfig(page);
  writeFileSync(page, await prettier.format(text, { ...style, parser: "markdown" }));
  process.stdout.write(`${path.relative(process.cwd(), page)} has the run of ${results.begun}\n`);
}

/** The page with another report between its marks. */
export function withReport(text: string, report: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) {
    throw new Error(
      `docs/performance.md: has lost the lines ${begin} and ${end}, between which the report goes`,
    );
  }
  return `${text.slice(0, from + begin.length)}\n\n${report}\n\n${text.slice(to)}`;
}

/** One plot for each group with something to compare, all in ratios. Gives their files. */
function writePlots(resultsFile: string, results: Results): Map<FigureGroup, string> {
  const files = new Map<FigureGroup, string>();
  for (const group of figureGroups) {
    const bars = barsOf(results, group);
    if (bars.length > 0) {
      const file = resultsFile.replace(/\.json$/, `-${group.name}.svg`);
      writeFileSync(file, barPlot(group.title, "ratio", bars));
      files.set(group, file);
    }
  }
  return files;
}

/** Each value by the median of what its figure is compared with, or of the figure itself. */
function barsOf(results: Results, { figures }: FigureGroup): Parameters<typeof barPlot>[2] {
  return figures.flatMap(({ name, title, base }) => {
    const values = valuesOf(results, name);
    const unit = summaryOf(valuesOf(results, base ?? name));
    const summary =
      unit && unit.median > 0 ? summaryOf(values?.map((value) => value / unit.median)) : undefined;
    return summary ? [{ label: title.replaceAll("`", ""), summary }] : [];
  });
}

function relativeTo(from: string, file: string | undefined): string | undefined {
  return file && path.relative(path.dirname(from), path.resolve(file));
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: Error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(1);
  });
}
