import { existsSync, mkdirSync } from "node:fs";
import * as path from "node:path";
import { seconds } from "../lab/elapsed";
import { describeCommit, describeMachine } from "./machine";
import type { Bench, Measure } from "./measure";
import { measures } from "./measures";
import { readOptions, usage, type Options } from "./options";
import { resultsFolder, writeResults, type Results } from "./results";
import { BenchStack } from "./stack";

/** One call of a measure: one repetition, or all of them. */
interface Turn {
  measure: Measure;
  /** From 1; of a measure that repeats itself, the last one. */
  repetition: number;
  run: (bench: Bench) => Promise<void>;
}

async function main(args: string[]): Promise<number> {
  const options = readOptions(args, measures);
  if (options.help) {
    process.stdout.write(usage(measures));
    return 0;
  }
  const begun = new Date();
  const results: Results = {
    schema: 1,
    begun: begun.toISOString(),
    commit: await describeCommit(),
    machine: await describeMachine(),
    values: {},
    failures: [],
  };
  mkdirSync(resultsFolder, { recursive: true });
  const file = path.join(resultsFolder, `${begun.toISOString().slice(0, 16).replace(":", "")}.json`);
  if (existsSync(file)) {
    throw new Error(`${file} is there already: wait a minute`);
  }
  const stack = await BenchStack.with();
  try {
    await takeTurns(turnsOf(options), stack, results, file);
  } finally {
    stack.forget();
  }
  process.stderr.write(
    `${path.relative(process.cwd(), file)}; npm run bench:report puts it into docs/performance.md\n`,
  );
  return results.failures.length === 0 ? 0 : 1;
}

function turnsOf({ measures: chosen, repetitions }: Options): Turn[] {
  const once = Array.from({ length: repetitions }, (_, index) =>
    chosen.flatMap((measure): Turn[] =>
      measure.once ? [{ measure, repetition: index + 1, run: (bench) => measure.once!(bench) }] : [],
    ),
  ).flat();
  const repeating = chosen.flatMap((measure): Turn[] =>
    measure.repeatedly
      ? [{ measure, repetition: repetitions, run: (bench) => measure.repeatedly!(bench, repetitions) }]
      : [],
  );
  return [...once, ...repeating];
}

/** What was measured is written after each turn: an interrupted bench has not been for nothing. */
async function takeTurns(turns: Turn[], stack: BenchStack, results: Results, file: string): Promise<void> {
  for (const [index, { measure, repetition, run }] of turns.entries()) {
    const title = `[${index + 1}/${turns.length}] ${measure.name}, repetition ${repetition}`;
    process.stderr.write(`${title}\n`);
    const started = Date.now();
    const progress = (message: string) =>
      void process.stderr.write(`      ${message} (${seconds(Date.now() - started)})\n`);
    const record = (figure: string, value: number) => {
      (results.values[figure] ??= []).push(value);
      progress(`${figure} ${value.toPrecision(4)}`);
    };
    try {
      await run({ stack, record, progress });
    } catch (error) {
      const { message } = error as Error;
      results.failures.push({ measure: measure.name, repetition, message: message.slice(0, 1000) });
      stack.disturbed();
      process.stderr.write(`      failed after ${seconds(Date.now() - started)}: ${message}\n`);
    }
    writeResults(file, results);
  }
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: Error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(1);
  },
);
