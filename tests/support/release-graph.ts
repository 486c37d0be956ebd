import { createHash } from "node:crypto";
import { isSecret, project, stack, type RecordedAlias, type RecordedResource } from "./mocks";
import { recordProgram, stackName, type RecordedProgram } from "./program";

/** What a release makes of a resource, as far as a later one may come to replace it. */
export interface ReleasedResource {
  /** Types from the outermost component down, and the name: what the URN has behind stack and project. */
  urn: string;
  /** With texts in place of CAs, keys and long texts, so that they are the same in every run. */
  inputs: Record<string, unknown>;
  /** Name of the explicit provider. */
  provider?: string;
  replacementTrigger?: unknown;
}

/** The same of the present program, with what counts on the later side only. */
export interface PresentResource extends ReleasedResource {
  type: string;
  /** Under which it may be in the state instead, those of its parents included. */
  formerUrns: string[];
  replaceOnChanges: string[];
  ignoreChanges: string[];
}

/** Runs the program by mocks. What providers make is in it; components are in the URNs of what is below them. */
export async function recordGraph(settings: Record<string, unknown>): Promise<PresentResource[]> {
  const program = await recordProgram(settings);
  return graphOf(program.recording.all, placeholders(program));
}

export function graphOf(all: RecordedResource[], known: Map<string, string> = new Map()): PresentResource[] {
  return all
    .filter(({ custom }) => custom)
    .map((one) => ({
      type: one.type,
      urn: urnOf(one, all),
      formerUrns: formerUrns(one, all),
      inputs: steady(withoutCode(one.inputs), known) as Record<string, unknown>,
      ...(one.provider === undefined ? {} : { provider: one.provider }),
      ...(one.replacementTrigger === undefined
        ? {}
        : { replacementTrigger: steady(one.replacementTrigger, known) }),
      replaceOnChanges: one.replaceOnChanges,
      ignoreChanges: one.ignoreChanges,
    }))
    .sort((one, other) => (one.urn < other.urn ? -1 : 1));
}

/** The part of it that is kept of a release. */
export function released({ urn, inputs, provider, replacementTrigger }: PresentResource): ReleasedResource {
  return {
    urn,
    inputs,
    ...(provider === undefined ? {} : { provider }),
    ...(replacementTrigger === undefined ? {} : { replacementTrigger }),
  };
}

// The engine's rule: the stack itself is no part of the types. The mocks keep less of them.
function urnOf(one: RecordedResource, all: RecordedResource[]): string {
  return `${typesBelow(one.parent, all)}${one.type}::${ownName(one)}`;
}

function typesBelow(parent: string | undefined, all: RecordedResource[]): string {
  if (parent === undefined || parent === stackName) {
    return "";
  }
  const found = all.find(({ name }) => name === parent)!;
  return `${typesBelow(found.parent, all)}${found.type}$`;
}

function ownName({ type, name }: RecordedResource): string {
  return type.startsWith("pulumi:providers:") ? name.replace(/ provider$/, "") : name;
}

/**
 * As the engine finds them: by the resource's own aliases, by those of its parent, and by both; a name that begins with
 * the parent's begins with the former one of that then.
 */
function formerUrns(one: RecordedResource, all: RecordedResource[]): string[] {
  const own = one.aliases.map((alias) => aliasUrn(alias, one, all));
  const parent = all.find(({ name }) => name === one.parent && name !== stackName);
  const inherited = (parent ? formerUrns(parent, all) : []).flatMap((parentUrn) =>
    [urnOf(one, all), ...own].map((urn) => {
      const [parentTypes, parentName] = parentUrn.split("::") as [string, string];
      const [types, name] = urn.split("::") as [string, string];
      const type = types.slice(types.lastIndexOf("$") + 1);
      const now = ownName(parent!);
      return `${parentTypes}$${type}::${name.startsWith(now) ? parentName + name.slice(now.length) : name}`;
    }),
  );
  return [...new Set([...own, ...inherited])];
}

function aliasUrn(alias: RecordedAlias, one: RecordedResource, all: RecordedResource[]): string {
  const short = (urn: string) => urn.slice(`urn:pulumi:${stack}::${project}::`.length);
  if (alias.urn) {
    return short(alias.urn);
  }
  const name = alias.name || ownName(one);
  const type = alias.type || one.type;
  if (alias.noParent) {
    return `${type}::${name}`;
  }
  return `${typesAbove(alias.parentUrn, one, all)}${type}::${name}`;
}

function typesAbove(parentUrn: string, one: RecordedResource, all: RecordedResource[]): string {
  // The SDK names the present parent where the alias names none, and the mocks' URNs lack types.
  const [types, name] = parentUrn.split("::").slice(2) as [string?, string?];
  if (types === undefined || name === stackName) {
    return typesBelow(name ?? one.parent, all);
  }
  const present = all.find((other) => other.name === name && types.split("$").at(-1) === other.type);
  return present ? typesBelow(name, all) : `${types}$`;
}

/** The code of a dynamic provider, which every release changes in place. */
function withoutCode(inputs: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => name !== "__provider"));
}

/** In the name of a ConfigMap that every change of its content makes anew, beside the one in use. */
export const contentHash = "{hash of the content}";

/** What differs between two runs, and what to call it. */
function placeholders({ root, issuing, secrets, recording }: RecordedProgram): Map<string, string> {
  const { intermediate, encryptedKeyPem } = secrets;
  const { kubeconfig } = recording.get("helm-releases").inputs;
  const hashes = recording.all.flatMap(({ type, inputs }) =>
    type === "kubernetes:core/v1:ConfigMap" ? (/[0-9a-f]{10}$/.exec(inputs.metadata.name) ?? []) : [],
  );
  return new Map([
    ...hashes.map((hash): [string, string] => [hash, contentHash]),
    [root.certificatePem, "{root certificate}"],
    [intermediate.certificatePem, "{intermediate certificate}"],
    [issuing.certificatePem, "{issuing certificate}"],
    [intermediate.keyPem, "{intermediate key}"],
    [encryptedKeyPem, "{encrypted intermediate key}"],
    [isSecret(kubeconfig) ? String(kubeconfig.value) : String(kubeconfig), "{kubeconfig}"],
  ]);
}

const longest = 120;

/** The same value in every run, secret or not: keys in order, known texts by their names, long ones by their hashes. */
function steady(recorded: unknown, known: Map<string, string>): unknown {
  if (isSecret(recorded)) {
    return steady(recorded.value, known);
  }
  if (Array.isArray(recorded)) {
    return recorded.map((item) => steady(item, known));
  }
  if (typeof recorded === "object" && recorded !== null) {
    const sorted = Object.entries(recorded).sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(sorted.map(([key, item]) => [key, steady(item, known)]));
  }
  if (typeof recorded !== "string") {
    return recorded;
  }
  let text = recorded;
  for (const [found, name] of known) {
    // With or without the newline at its end, which may make a difference to the provider.
    text = text.replaceAll(found.trim(), name);
  }
  return text.length > longest ? `sha256:${createHash("sha256").update(text).digest("hex")}` : text;
}
