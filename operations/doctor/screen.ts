import type { Paint } from "../terminal";
import { Outcome, type Finding } from "./check";

/** One line a check, as it is there. */
export function findingLine({ name, outcome, found }: Finding, paint: Paint): string {
  const marks = {
    [Outcome.Right]: paint("green", "✓"),
    [Outcome.Broken]: paint("red", "✗"),
    [Outcome.NotLookedAt]: paint("dim", "·"),
  };
  const text = outcome === Outcome.NotLookedAt ? paint("dim", `${name}: not looked at`) : name;
  const rest = outcome === Outcome.NotLookedAt || !found ? "" : paint("dim", ` (${found})`);
  return `${marks[outcome]} ${text}${rest}`;
}

/** What is to be done: the first broken link, and how many more there are. */
export function conclusion(findings: Finding[], paint: Paint): string {
  const [first, ...further] = findings.filter(({ outcome }) => outcome === Outcome.Broken);
  if (!first) {
    return paint("green", "Every link holds.");
  }
  return [
    `${paint("red", "Broken:")} ${first.name}`,
    `  ${first.found}`,
    `${paint("bold", "Fix:")}    ${first.fix}`,
    ...(further.length > 0 ? [`Then:   ${further.map(({ name }) => name).join("; ")}`] : []),
  ].join("\n");
}
