import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import type { ReleasedResource } from "../support/release-graph";

/** The stacks that a release makes, as `npm run release:record` has kept them. */
export interface Release {
  version: string;
  /** Whose program it was. */
  commit: string;
  stacks: { name: string; settings: Record<string, unknown>; resources: ReleasedResource[] }[];
}

/** A resource that an upgrade from a release replaces or removes, and the words of CHANGELOG.md that say so. */
export interface AcceptedChange {
  version: string;
  /** Name of the stack in the release's file. */
  stack: string;
  /** As in the release's file. */
  urn: string;
  changelog: string;
}

export const acceptedChanges: AcceptedChange[] = [];

const file = /^(\d+)\.(\d+)\.(\d+)\.json$/;

/** All that are kept, the oldest first. */
export function readReleases(): Release[] {
  const numbers = (name: string) => file.exec(name)!.slice(1).map(Number) as [number, number, number];
  return readdirSync(__dirname)
    .filter((name) => file.test(name))
    .sort((one, other) => {
      const [a, b] = [numbers(one), numbers(other)];
      return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
    })
    .map((name) => JSON.parse(readFileSync(path.join(__dirname, name), "utf8")) as Release);
}

/** A resource a line, so that a file is small and its differences can be read. */
export function releaseText({ version, commit, stacks }: Release): string {
  const lines = (items: unknown[], indent: string) =>
    items.map((item) => indent + JSON.stringify(item)).join(",\n");
  const parts = stacks.map(
    ({ name, settings, resources }) =>
      `    {\n      "name": ${JSON.stringify(name)},\n      "settings": ${JSON.stringify(settings)},\n` +
      `      "resources": [\n${lines(resources, "        ")}\n      ]\n    }`,
  );
  const head = `  "version": ${JSON.stringify(version)},\n  "commit": ${JSON.stringify(commit)},\n`;
  return `{\n${head}  "stacks": [\n${parts.join(",\n")}\n  ]\n}\n`;
}
