import { certificateCounts } from "./figures";
import { valuesOf, type Results } from "./results";
import { costOfOneMore, ratioOf } from "./statistics";

/** A ratio within one run that is to stay on one side of a limit. */
export interface Goal {
  text: string;
  limit: number;
  side: "at most" | "at least";
  /** Undefined where it was not measured. */
  measured(results: Results): number | undefined;
}

export type Verdict = "met" | "missed" | "not measured";

export const goals: readonly Goal[] = [
  atMost("cold `up` of the source's procedure", 0.5, "cold", "source"),
  atMost("cold `up` of the critical path", 1.3, "cold", "critical-path"),
  atMost("no-op `up` of an empty stack's", 1.5, "noop", "empty-up"),
  atMost("`destroy` of the cold `up`", 0.5, "destroy", "cold"),
  atMost(
    "`preview` with 100 further issuers of that with one",
    3,
    "issuers-preview-100",
    "issuers-preview-1",
  ),
  // A straight line has 1; what is above may be the machine's mood.
  linear("preview", "`preview`"),
  linear("noop", "no-op `up`"),
  ...certificateCounts.map((count): Goal => ({
    text: `${count} Certificates by Vault, rate of that by cert-manager's CA issuer`,
    limit: 0.9,
    side: "at least",
    measured: (results) =>
      ratioOf(
        valuesOf(results, `certificates-vault-${count}`),
        valuesOf(results, `certificates-ca-${count}`),
      ),
  })),
];

export function verdictOn(goal: Goal, results: Results): Verdict {
  const measured = goal.measured(results);
  if (measured === undefined) {
    return "not measured";
  }
  return (goal.side === "at most" ? measured <= goal.limit : measured >= goal.limit) ? "met" : "missed";
}

function atMost(text: string, limit: number, figure: string, base: string): Goal {
  return {
    text,
    limit,
    side: "at most",
    measured: (results) => ratioOf(valuesOf(results, figure), valuesOf(results, base)),
  };
}

/** What one issuer more costs from 100 to 300, against from 1 to 100. */
function linear(command: string, title: string): Goal {
  return {
    text: `${title}: an issuer more, from 100 to 300, of one from 1 to 100`,
    limit: 1.2,
    side: "at most",
    measured: (results) => {
      const of = (size: number) => ({ size, values: valuesOf(results, `issuers-${command}-${size}`) });
      const early = costOfOneMore(of(1), of(100));
      const late = costOfOneMore(of(100), of(300));
      // Nothing to divide by where the first hundred cost nothing that could be measured.
      return early === undefined || late === undefined || early <= 0 ? undefined : late / early;
    },
  };
}
