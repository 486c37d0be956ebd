import { seconds } from "./elapsed";

/** Says what a step is at; each call is one line below the step's name. */
export type Progress = (message: string) => void;

export interface Step {
  name: string;
  /** Returns what the person should know of the result ("3 built, 10 from the cache"), if anything. */
  run: (progress: Progress) => Promise<string | void>;
}

/**
 * Runs the steps one after the other and writes `[n/m] name ... elapsed` for each to standard error. A step fails by
 * throwing; the error's own message carries the last lines of the log and where it is (`CommandFailed` does), so it is
 * passed on as it is.
 */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const title = `[${index + 1}/${steps.length}] ${step.name} ... `;
    const started = Date.now();
    let titleIsOpen = true;
    process.stderr.write(title);
    const progress: Progress = (message) => {
      process.stderr.write(`${titleIsOpen ? "\n" : ""}      ${message}\n`);
      titleIsOpen = false;
    };
    const finish = (text: string) => process.stderr.write(`${titleIsOpen ? "" : title}${text}\n`);
    try {
      const result = await step.run(progress);
      finish(`${seconds(Date.now() - started)}${result ? ` (${result})` : ""}`);
    } catch (error) {
      finish(`failed after ${seconds(Date.now() - started)}`);
      throw error;
    }
  }
}
