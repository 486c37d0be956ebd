import { issuerCounts } from "../figures";
import type { Measure } from "../measure";
import { BenchStack } from "../stack";

export const issuers: Measure = {
  name: "issuers",
  about: `preview and no-op up with ${issuerCounts.join(", ")} further issuers, each with role, policy and login`,
  async repeatedly({ stack, record, progress }, repetitions) {
    // The bench's own stack has to begin anew after this.
    stack.disturbed();
    for (const count of issuerCounts) {
      const larger = await BenchStack.with({ issuers: furtherIssuers(count) });
      try {
        progress(`up with ${count}`);
        await larger.standing();
        for (let repetition = 0; repetition < repetitions; repetition++) {
          progress(`preview and no-op up with ${count}, ${repetition + 1} of ${repetitions}`);
          record(`issuers-preview-${count}`, (await larger.unchanged("preview")).seconds);
          record(`issuers-noop-${count}`, (await larger.unchanged("up")).seconds);
        }
      } finally {
        larger.forget();
      }
    }
  },
};

/** The setting `issuers`. */
export function furtherIssuers(count: number): { name: string; domains: string[] }[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `bench-${index + 1}`,
    domains: [`bench-${index + 1}.example`],
  }));
}
