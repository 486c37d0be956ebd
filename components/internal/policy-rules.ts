/** The rules of a policy as `policy` writes it, by their paths. */
function rulesOf(text: string): Map<string, string> {
  const rules = text.split(/\n+(?=path ")/).map((rule) => rule.trimEnd());
  return new Map(rules.map((rule) => [rule.split("\n")[0]!, rule]));
}

/**
 * Whether a policy has every rule of another one, to the letter.
 *
 * @param dispensable End of paths whose rules may be missing.
 */
export function hasAllRules(text: string, other: string, dispensable: string): boolean {
  const rules = rulesOf(text);
  return [...rulesOf(other)].every(
    ([path, rule]) => rules.get(path) === rule || (!rules.has(path) && path.endsWith(`/${dispensable}" {`)),
  );
}

/** A policy with the rules of a former one added that are for paths it has none for. */
export function withFormerRules(text: string, former: string): string {
  const rules = rulesOf(text);
  const added = [...rulesOf(former)].filter(([path]) => !rules.has(path)).map(([, rule]) => `${rule}\n`);
  return [text, ...added].join("\n");
}
