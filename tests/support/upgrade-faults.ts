import { isDeepStrictEqual } from "node:util";
import { contentHash, type PresentResource, type ReleasedResource } from "./release-graph";
import { replacingInputs } from "./replacing-inputs";

/**
 * What an upgrade would replace or delete of a release's stack, a line each; none when every resource is still there
 * under its URN or an alias, with the same in all that a change of would replace it.
 *
 * @param accepted URNs of those that may go or be replaced. One that stays as it is is a fault as well.
 */
export function upgradeFaults(
  before: ReleasedResource[],
  present: PresentResource[],
  accepted: string[] = [],
): string[] {
  const faults = before.flatMap((old) => {
    const found = resourceFaults(old, present);
    if (!accepted.includes(old.urn)) {
      return found;
    }
    return found.length > 0 ? [] : [`${old.urn} need not be accepted, it stays`];
  });
  const unknown = accepted.filter((urn) => !before.some((old) => old.urn === urn));
  return [...faults, ...unknown.map((urn) => `${urn} need not be accepted, the release does not have it`)];
}

function resourceFaults(old: ReleasedResource, present: PresentResource[]): string[] {
  const found =
    present.find(({ urn }) => urn === old.urn) ??
    present.find(({ formerUrns }) => formerUrns.includes(old.urn));
  if (!found) {
    return [`${old.urn} is gone, or has another URN and no alias`];
  }
  const replacing = namesOf(found, old);
  if (!replacing) {
    return [`it is not known which inputs replace ${found.type}: tests/support/replacing-inputs.ts`];
  }
  const changed = [...new Set([...replacing, ...found.replaceOnChanges])].filter(
    (path) =>
      !found.ignoreChanges.includes(path) &&
      !(path === "data" && isNamedByContent(found)) &&
      !isDeepStrictEqual(valueAt(old.inputs, path), valueAt(found.inputs, path)),
  );
  // To the engine, a trigger that comes or goes is none.
  const triggers = [old.replacementTrigger, found.replacementTrigger];
  return [
    ...changed.map((path) => `${old.urn} is replaced because of ${path}`),
    ...(triggers.includes(undefined) || isDeepStrictEqual(...(triggers as [unknown, unknown]))
      ? []
      : [`${old.urn} is replaced because of its replacementTrigger`]),
    ...(old.provider === found.provider
      ? []
      : [`${old.urn} is replaced because its provider is ${found.provider ?? "the default one"}`]),
  ];
}

function isNamedByContent({ inputs }: PresentResource): boolean {
  return String(valueAt(inputs, "metadata.name")).includes(contentHash);
}

function namesOf({ type, inputs }: PresentResource, old: ReleasedResource): readonly string[] | undefined {
  const replacing = replacingInputs(type);
  if (replacing === undefined || !("allBut" in replacing)) {
    return replacing;
  }
  const names = [...Object.keys(old.inputs), ...Object.keys(inputs)];
  return names.filter((name) => !replacing.allBut.includes(name));
}

function valueAt(inputs: unknown, path: string): unknown {
  return path.split(".").reduce((inside: any, key) => inside?.[key], inputs);
}
