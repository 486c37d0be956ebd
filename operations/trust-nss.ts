import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import type { Owner, RootFile } from "./trust-roots";
import type { Run, Step } from "./trust-steps";

/** Places below the home directory where Chromium, and what is made from it, has its database on Linux. */
const chromiumPlaces = [".pki/nssdb", ".local/share/pki/nssdb", "snap/chromium/current/.pki/nssdb"];

/** Directories of Firefox's profiles, each with a database of its own. */
const firefoxPlaces = [
  ".mozilla/firefox",
  ".config/mozilla/firefox",
  "snap/firefox/common/.mozilla/firefox",
  ".var/app/org.mozilla.firefox/.mozilla/firefox",
];

/** Paths of the NSS databases of this user's browsers on Linux. */
export function findDatabases(home: string): string[] {
  const profiles = firefoxPlaces.flatMap((place) => {
    const directory = path.join(home, place);
    return existsSync(directory) ? readdirSync(directory).map((name) => path.join(directory, name)) : [];
  });
  return [...chromiumPlaces.map((place) => path.join(home, place)), ...profiles].filter((directory) =>
    existsSync(path.join(directory, "cert9.db")),
  );
}

/** Adds a root as one that may vouch for servers. */
export function addStep(database: string, name: string, { file, subject }: RootFile): Step {
  return {
    says: `"${subject}" is in ${database}`,
    command: ["certutil", "-A", "-d", `sql:${database}`, "-t", "C,,", "-n", name, "-a", "-i", file],
    privileged: false,
  };
}

export function deleteStep(database: string, name: string): Step {
  return {
    says: `${name} is gone from ${database}`,
    command: ["certutil", "-D", "-d", `sql:${database}`, "-n", name],
    privileged: false,
  };
}

/** What makes a database trust these roots of the owner and no others of theirs; nothing when it does already. */
export async function planDatabase(
  database: string,
  owner: Owner,
  roots: RootFile[],
  run: Run,
): Promise<Step[]> {
  const trusted = await trustByName(database, run);
  const wanted = new Map(roots.map((root) => [owner.nameOf(root), root]));
  const former = [...trusted.keys()].filter((name) => owner.owns(name) && !wanted.has(name));
  const missing = [...wanted].filter(([name]) => trusted.get(name) !== "C,,");
  return [
    ...missing.map(([name, root]) => addStep(database, name, root)),
    ...former.map((name) => deleteStep(database, name)),
  ];
}

/** Nicknames of the certificates in a database, with what each is trusted for. */
async function trustByName(database: string, run: Run): Promise<Map<string, string>> {
  const { status, stdout, stderr } = await run(["certutil", "-L", "-d", `sql:${database}`]);
  if (status !== 0) {
    throw new Error(`certutil cannot read ${database}: ${stderr.trim()}`);
  }
  const lines = stdout.split("\n").map((line) => /^(.*\S)\s+([a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]*)\s*$/.exec(line));
  return new Map(lines.filter((line) => line !== null).map(([, name, trust]) => [name!, trust!]));
}
