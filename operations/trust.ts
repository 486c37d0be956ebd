/**
 * Makes this machine trust the stack's roots: `npm run trust -- install`, `remove`, or `print` for the commands by which
 * other machines do.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { instructionsFor, printInstructions } from "./trust-commands";
import { findDatabases, planDatabase } from "./trust-nss";
import { dateFaults, describeRoot, Owner, readRoots, type Root, type RootFile } from "./trust-roots";
import { runCommand, runSteps } from "./trust-steps";
import { checkSystemStore, findSystemStore, planSystemStore } from "./trust-system";

const usage = `npm run trust -- install   makes this machine trust the roots of the stack, and no former ones of it
npm run trust -- remove    takes away what install has put there for the stack, former roots included
npm run trust -- print     shows the roots, and the commands for every system; --save DIRECTORY writes their files

  --file FILE   roots in PEM instead of the stack's
  --name NAME   whose they are. Default: the stack's name; "file" with --file`;

interface Options {
  file?: string;
  name?: string;
  save?: string;
}

const isRoot = process.getuid?.() === 0;
const say = (line: string) => console.log(line);

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { file: { type: "string" }, name: { type: "string" }, save: { type: "string" } },
  });
  const [action] = positionals;
  if (positionals.length !== 1 || !["install", "remove", "print"].includes(action!)) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const owner = new Owner(values.name ?? (values.file ? "file" : await stackName()));
  if (action === "remove") {
    await change(owner, []);
    return;
  }
  const roots = await rootsOf(values, action === "install");
  roots.forEach((root) => say(describeRoot(root, new Date())));
  if (action === "install") {
    await change(owner, roots);
  } else {
    print(owner, roots, values.save);
  }
}

/** The roots to trust, refused together when one of them is none. */
async function rootsOf({ file }: Options, mustBeValid: boolean): Promise<Root[]> {
  const { roots, faults } = readRoots(file ? readFileSync(file, "utf8") : await stackRoots());
  const all = [...faults, ...(mustBeValid ? dateFaults(roots, new Date()) : [])];
  if (all.length > 0) {
    throw new Error([`${file ?? "the stack's root"} will not do:`, ...all].join("\n  - "));
  }
  return roots;
}

async function stackRoots(): Promise<string> {
  const outputs = JSON.parse(await pulumi("stack", "output", "--json")) as Record<string, unknown>;
  const pem = outputs.trustedRootsPem ?? outputs.rootCaPem;
  if (typeof pem !== "string") {
    throw new Error("the stack has no output rootCaPem: run pulumi up first, or give --file");
  }
  return pem;
}

async function stackName(): Promise<string> {
  return (await pulumi("stack", "--show-name")).trim();
}

async function pulumi(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runCommand(["pulumi", ...args]).catch((error: Error) => ({
    status: -1,
    stdout: "",
    stderr: error.message,
  }));
  if (status !== 0) {
    throw new Error(
      `pulumi does not tell of the stack (${stderr.trim()}): give --file ROOT.pem --name NAME instead`,
    );
  }
  return stdout;
}

/** Brings this machine's trust stores to these roots of the owner. */
async function change(owner: Owner, roots: Root[]): Promise<void> {
  if (process.platform !== "linux") {
    say(
      "On this system it is for you to do: npm run trust -- print --save . writes the files and shows the commands",
    );
    return;
  }
  const directory = mkdtempSync(path.join(tmpdir(), "trust-"));
  try {
    const files = saveFiles(owner, roots, directory);
    await changeSystem(owner, files);
    await changeBrowsers(owner, files);
  } finally {
    rmSync(directory, { recursive: true });
  }
  if (roots.length > 0) {
    say(
      "Node.js takes the system's with NODE_OPTIONS=--use-system-ca; for Java, phones and others: npm run trust -- print",
    );
  }
}

async function changeSystem(owner: Owner, roots: RootFile[]): Promise<void> {
  const store = findSystemStore();
  if (!store) {
    say(
      "This system's trust store is of no kind that is known here: npm run trust -- print shows the others",
    );
    return;
  }
  const steps = planSystemStore(store, owner, roots);
  if (steps.length === 0) {
    say(`the system's trust store (${store.directory}) is as it should be already`);
    return;
  }
  if (!isRoot) {
    say("sudo is needed for the system's trust store, and may ask for your password");
  }
  await runSteps(steps, { isRoot, run: runCommand, say });
  const faults = checkSystemStore(store, roots);
  if (faults.length > 0) {
    throw new Error(faults.join("\n"));
  }
}

/** Browsers' databases are each by itself: one that cannot be changed is said, and the others are done. */
async function changeBrowsers(owner: Owner, roots: RootFile[]): Promise<void> {
  const databases = findDatabases(homedir());
  if (isRoot && process.env.SUDO_USER) {
    say(
      `the browsers of ${process.env.SUDO_USER} are left alone: run this without sudo, which it asks for itself`,
    );
  }
  for (const database of databases) {
    try {
      const steps = await planDatabase(database, owner, roots, runCommand);
      await runSteps(steps, { isRoot, run: runCommand, say });
      say(
        steps.length > 0
          ? "start the browser again to have it see that"
          : `${database} is as it should be already`,
      );
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
      const help = "certutil is missing: install libnss3-tools (Debian), nss-tools (Fedora) or nss (Arch)";
      console.error(`trust: ${database} is left as it was: ${missing ? help : (error as Error).message}`);
      process.exitCode = 1;
    }
  }
}

function print(owner: Owner, roots: Root[], directory: string | undefined): void {
  const saved = directory === undefined ? [] : saveFiles(owner, roots, directory);
  for (const [index, root] of roots.entries()) {
    const where = saved[index]
      ? `${saved[index].file} is written; beside it:`
      : `npm run trust -- print --save . writes ${owner.nameOf(root)}.crt; then, beside it:`;
    say(`\n${where}\n\n${printInstructions(instructionsFor(owner, root))}`);
  }
}

function saveFiles(owner: Owner, roots: Root[], directory: string): RootFile[] {
  return roots.map((root) => {
    const file = path.join(directory, `${owner.nameOf(root)}.crt`);
    writeFileSync(file, root.pem);
    return { ...root, file };
  });
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`trust: ${error.message}`);
  process.exitCode = 1;
});
