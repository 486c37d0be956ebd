import type { BenchStack } from "./stack";

/** Where a measure puts what it has found: the name of a figure and a value in its unit. */
export type Record = (figure: string, value: number) => void;

/** What a measure works with. */
export interface Bench {
  stack: BenchStack;
  record: Record;
  /** Says what it is at, below the line of progress. */
  progress: (message: string) => void;
}

/** One thing to be chosen on the command line. */
export interface Measure {
  name: string;
  /** One line of `npm run bench -- --help`. */
  about: string;
  /**
   * Measures once. A repetition of the whole bench goes through all measures in their order, so that none has the
   * machine to itself in a good hour.
   */
  once?: (bench: Bench) => Promise<void>;
  /** In place of `once`, where what it takes to begin is worth keeping for all repetitions. */
  repeatedly?: (bench: Bench, repetitions: number) => Promise<void>;
}
