import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { criticalPath, type PathParts } from "./critical-path";
import { figureGroups, partFigures } from "./figures";

/** The machine of a run. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  /** By program or chart. */
  versions: Record<string, string>;
}

/** A repetition of a measure that has not come to its end. */
export interface Failure {
  measure: string;
  repetition: number;
  message: string;
}

/** One run, as its file in bench/results has it. */
export interface Results {
  schema: 1;
  /** ISO 8601. */
  begun: string;
  /** Of the program, by git; with "+" behind it where files had been changed. */
  commit: string;
  machine: Machine;
  /** By figure, in its unit, one value for each repetition. */
  values: Record<string, number[]>;
  failures: Failure[];
}

export const resultsFolder = path.join(__dirname, "results");

/** The values of a figure, measured or computed; undefined where there are none. */
export function valuesOf(results: Results, figure: string): readonly number[] | undefined {
  if (figure !== "critical-path") {
    return results.values[figure];
  }
  const part = (name: keyof PathParts): readonly number[] => results.values[partFigures[name]] ?? [];
  const seconds = criticalPath({
    vaultStart: part("vaultStart"),
    vaultInit: part("vaultInit"),
    webhook: part("webhook"),
    issuance: part("issuance"),
  });
  return seconds === undefined ? undefined : [seconds];
}

/** The JSON of a file of results. */
export function writeResults(file: string, results: Results): void {
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
}

/**
 * @throws Error where the file is not one of results, or has a figure that nobody knows.
 */
export function readResults(file: string): Results {
  const found = JSON.parse(readFileSync(file, "utf8")) as Partial<Results> | null;
  const { schema, begun, commit, machine, values, failures } = found ?? {};
  if (schema !== 1 || !begun || !commit || !machine || !values || !failures) {
    throw new Error(`${file}: is no file of results; npm run bench writes them`);
  }
  const known = new Set(figureGroups.flatMap(({ figures }) => figures.map(({ name }) => name)));
  const unknown = Object.entries(values).filter(
    ([name, list]) => !known.has(name) || !list.every((value) => Number.isFinite(value)),
  );
  if (unknown.length > 0) {
    throw new Error(
      `${file}: has no numbers of a known figure in ${unknown.map(([name]) => name).join(", ")}`,
    );
  }
  return { schema, begun, commit, machine, values, failures };
}

/** The newest file of results; undefined before the first run. */
export function newestResults(folder = resultsFolder): string | undefined {
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .at(-1);
  return newest && path.join(folder, newest);
}
