import { parseArgs } from "node:util";
import type { Measure } from "./measure";

export interface Options {
  measures: readonly Measure[];
  repetitions: number;
  help: boolean;
}

/**
 * Reads `[MEASURE…] [--repetitions N]`. Without a measure, all.
 *
 * @throws Error that names what is wrong and what there is.
 */
export function readOptions(args: string[], all: readonly Measure[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { repetitions: { type: "string", default: "3" }, help: { type: "boolean", default: false } },
  });
  const unknown = positionals.filter((wanted) => !all.some(({ name }) => name === wanted));
  if (unknown.length > 0) {
    throw new Error(`no measure ${unknown.join(", ")}: there are ${all.map(({ name }) => name).join(", ")}`);
  }
  if (!/^[1-9]\d?$/.test(values.repetitions)) {
    throw new Error(`--repetitions ${values.repetitions}: must be a number from 1 to 99`);
  }
  return {
    // In the bench's own order, which saves runs that only prepare.
    measures: positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name)),
    repetitions: Number(values.repetitions),
    help: values.help,
  };
}

export function usage(all: readonly Measure[]): string {
  const width = Math.max(...all.map(({ name }) => name.length));
  return [
    "npm run bench -- [MEASURE…] [--repetitions N]",
    "",
    "Measures on the lab, and writes bench/results/<date>.json. Without a measure, all of them; 3 repetitions.",
    "The lab's stack is destroyed and built again; make lab brings the page back afterwards.",
    "",
    ...all.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    "",
  ].join("\n");
}
