import { figureGroups, type Figure, type FigureGroup } from "./figures";
import { goals, verdictOn } from "./goals";
import { valuesOf, type Results } from "./results";
import { ratioOf, summaryOf } from "./statistics";

/** All that a page says of one run, in Markdown. `plotOf` gives the address of a group's plot, if it has one. */
export function reportOf(results: Results, plotOf: (group: FigureGroup) => string | undefined): string {
  const measured = figureGroups.filter(({ figures }) => figures.some(({ name }) => valuesOf(results, name)));
  return [
    machineLines(results),
    "### Goals",
    goalTable(results),
    ...measured.flatMap((group) => [
      `### ${group.title}`,
      figureTable(results, group),
      ...plotLines(group, plotOf(group)),
    ]),
    ...failureLines(results),
  ].join("\n\n");
}

function plotLines({ title }: FigureGroup, address: string | undefined): string[] {
  return address === undefined ? [] : [`![${title}: ratios, from the least to the greatest](${address})`];
}

/** One row a goal, whether it was measured or not. */
export function goalTable(results: Results): string {
  return markdownTable(
    ["goal", "limit", "measured", ""],
    goals.map((goal) => {
      const measured = goal.measured(results);
      return [
        goal.text,
        `${goal.side} ${goal.limit}`,
        measured === undefined ? "" : shown(measured),
        verdictOn(goal, results),
      ];
    }),
  );
}

/** One row for each figure of the group that was measured. */
export function figureTable(results: Results, { figures }: FigureGroup): string {
  return markdownTable(
    ["figure", "min", "median", "max", "", "ratio", "of", "repetitions"],
    figures.flatMap((figure) => {
      const summary = summaryOf(valuesOf(results, figure.name));
      return summary
        ? [
            [
              figure.title,
              shown(summary.min),
              shown(summary.median),
              shown(summary.max),
              figure.unit,
              ...ratioCells(results, figure),
              String(summary.repetitions),
            ],
          ]
        : [];
    }),
  );
}

function ratioCells(results: Results, { name, base }: Figure): [string, string] {
  const ratio =
    base === name ? undefined : ratioOf(valuesOf(results, name), base ? valuesOf(results, base) : []);
  const title = figureGroups.flatMap(({ figures }) => figures).find((figure) => figure.name === base)?.title;
  return ratio === undefined ? ["", ""] : [shown(ratio), title ?? ""];
}

function machineLines({ begun, commit, machine }: Results): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `Begun ${begun}, commit \`${commit}\`, on ${machine.cores} cores (${machine.processor}), ${shown(machine.memoryGiB)} GiB of`,
    `memory, Linux ${machine.kernel}; ${versions.join(", ")}.`,
  ].join(" ");
}

function failureLines({ failures }: Results): string[] {
  if (failures.length === 0) {
    return [];
  }
  const rows = failures.map(({ measure, repetition, message }) => [measure, String(repetition), message]);
  return ["### What failed", markdownTable(["measure", "repetition", "why"], rows)];
}

/** Three digits, as many as say something here. */
export function shown(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

function markdownTable(titles: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A text in one cell: no end of line, no end of the cell. */
function cell(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();
}
