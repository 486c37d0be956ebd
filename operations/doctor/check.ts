import type { Surroundings } from "./surroundings";

/** One link of the chain from this machine to the page's certificate. */
export interface Check {
  /** For machines, and for `needs`. */
  id: string;
  /** What is so when it holds. */
  name: string;
  /** Checks without which this one cannot be looked at. */
  needs: string[];
  /**
   * Looks, and gives what is worth telling.
   *
   * @throws Broken, or another Error, whose message says what is wrong.
   */
  run: (around: Surroundings) => Promise<string>;
  /** The command that puts it right, where `run` knows no better one. */
  fix: (around: Surroundings) => string;
}

/** What a check has found to be wrong, where a command of its own puts it right. */
export class Broken extends Error {
  constructor(
    message: string,
    readonly fix?: string,
  ) {
    super(message);
  }
}

export enum Outcome {
  Right = "right",
  Broken = "broken",
  NotLookedAt = "not looked at",
}

/** What `npm run doctor -- --json` prints of each check. */
export interface Finding {
  id: string;
  name: string;
  outcome: Outcome;
  /** What was found, or what it waits for. */
  found: string;
  /** Only of what is broken. */
  fix?: string;
}

/**
 * Runs checks in their order. One that rests on another that does not hold is not looked at.
 *
 * @param tell Called with each finding when it is there.
 */
export async function diagnose(
  checks: Check[],
  around: Surroundings,
  tell: (finding: Finding) => void = () => undefined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    const holds = (id: string) => findings.some((one) => one.id === id && one.outcome === Outcome.Right);
    const waitsFor = checks.find(({ id }) => check.needs.includes(id) && !holds(id));
    const finding = waitsFor ? notLookedAt(check, waitsFor) : await look(check, around);
    findings.push(finding);
    tell(finding);
  }
  return findings;
}

function notLookedAt({ id, name }: Check, waitsFor: Check): Finding {
  return { id, name, outcome: Outcome.NotLookedAt, found: `rests on: ${waitsFor.name}` };
}

async function look({ id, name, run, fix }: Check, around: Surroundings): Promise<Finding> {
  try {
    return { id, name, outcome: Outcome.Right, found: await run(around) };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const ownFix = error instanceof Broken ? error.fix : undefined;
    return {
      id,
      name,
      outcome: Outcome.Broken,
      // Vault's words may go over several lines.
      found: (message || code || String(error)).replace(/\s+/g, " ").trim(),
      fix: ownFix ?? fix(around),
    };
  }
}
