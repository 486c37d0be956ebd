import Mocha from "mocha";

/**
 * Mocha's usual output, ended by one line for each failure: what a lab test prints when it fails fills a screen, and of
 * a long output often the end is all that is kept.
 */
export default class SummaryReporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    for (const test of this.failures) {
      const [reason] = (test.err?.message ?? "").split("\n");
      console.log(`failed: ${test.fullTitle()}: ${reason!.slice(0, 200)}`);
    }
  }
}
