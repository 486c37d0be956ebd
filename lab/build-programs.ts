import { cpSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import * as path from "node:path";
import { withBuildLock } from "./build-lock";
import { recordBuildTime } from "./build-times";
import { directorySize } from "./disk-space";
import { seconds } from "./elapsed";
import { go, goCaches, goSettings, goVersion, moduleDirectory } from "./go-command";
import { inputHash } from "./input-hash";
import { buildLog, paths } from "./paths";
import { extractedVersions, programs, type BinaryName, type Program } from "./programs";
import { removeUnused } from "./remove-unused";
import { runCommand } from "./run-command";
import type { Progress } from "./steps";

/** Absolute path of every binary. */
export type Programs = Record<BinaryName, string>;

/** A program and the directory in the cache that its inputs lead to. */
interface Target {
  program: Program;
  directory: string;
}

// A compiler cache may reach this size before it is dropped. Below, it is kept for the next program: many share
// libraries. With the largest program's share on top and all modules, a build stays under 20 GB.
const compilerCacheLimit = 4e9;

/** Builds what the cache does not have yet; the caches of compiler and modules are gone afterwards. */
export async function buildPrograms(progress: Progress): Promise<Programs> {
  const targets = await programTargets();
  if (targets.some(isMissing)) {
    await withBuildLock(progress, async () => buildMissing(targets.filter(isMissing), progress));
  }
  removeUnused(
    paths.programs,
    targets.map(({ directory }) => directory),
  );
  return Object.fromEntries(targets.flatMap(binaryPaths)) as Programs;
}

/** Whether nothing is left to compile. */
export async function programsAreBuilt(): Promise<boolean> {
  return !(await programTargets()).some(isMissing);
}

async function programTargets(): Promise<Target[]> {
  const compiler = await goVersion();
  return programs.map((program) => {
    const inputs = [program, goSettings, compiler, extractedVersions(program)];
    const hash = inputHash(inputs, [sourceOf(program)]);
    return { program, directory: path.join(paths.programs, `${program.name}-${hash}`) };
  });
}

function isMissing({ directory }: Target): boolean {
  return !existsSync(directory);
}

function sourceOf(program: Program): string {
  return path.join(paths.programSources, program.name);
}

function binaryPaths({ program, directory }: Target): [string, string][] {
  const names = [
    ...Object.keys(program.binaries),
    ...Object.keys(program.links ?? {}),
    ...(program.scripts ?? []),
  ];
  return names.map((name) => [name, path.join(directory, "bin", name)]);
}

async function buildMissing(targets: readonly Target[], progress: Progress): Promise<void> {
  const sources = targets.map(({ program }) => copySource(program));
  const downloads = downloadAhead(targets, sources);
  for (const [index, target] of targets.entries()) {
    const started = Date.now();
    const place = `${index + 1} of ${targets.length}`;
    progress(`${target.program.name} (${place})`);
    await downloads[index];
    await build(target, sources[index] ?? "");
    recordBuildTime(target.program.name, started);
    progress(`${target.program.name} built in ${seconds(Date.now() - started)}`);
    if ((await directorySize(goCaches.build)) > compilerCacheLimit)
      rmSync(goCaches.build, { recursive: true });
  }
  await Promise.all(downloads);
  progress("removing the caches of compiler and modules");
  await rm(paths.buildTemporary, { recursive: true, force: true });
}

// Builds take place in a copy, so that what is generated for them stays out of the checkout.
function copySource(program: Program): string {
  const source = path.join(paths.buildTemporary, "source", program.name);
  rmSync(source, { recursive: true, force: true });
  cpSync(sourceOf(program), source, { recursive: true });
  rmSync(buildLog(program.name), { force: true });
  return source;
}

/**
 * Starts downloading all modules, one program after the other: the compiler need not wait for the network. Listing the
 * packages downloads just the modules they come from. It is told to go on after errors (-e), because what sources
 * embed is not there yet; a real one comes back when the compiler meets it.
 */
function downloadAhead(targets: readonly Target[], sources: readonly string[]): Promise<void>[] {
  let previous = Promise.resolve();
  return targets.map(({ program }, index) => {
    const list = ["list", "-e", "-deps", "-f", "", ...Object.values(program.binaries)];
    previous = previous.then(() => go(program.name, sources[index] ?? "", list));
    // Reported where it is awaited; before that it must not count as unhandled.
    previous.catch(() => undefined);
    return previous;
  });
}

async function build({ program, directory }: Target, source: string): Promise<void> {
  const output = path.join(paths.buildTemporary, "output", program.name);
  rmSync(output, { recursive: true, force: true });
  mkdirSync(path.join(output, "bin"), { recursive: true });

  await copyFromModules(program, source, program.embeds, source);
  if (program.extracts) await extract(program, source);
  for (const [name, package_] of Object.entries(program.binaries)) {
    const file = path.join(output, "bin", name);
    await go(program.name, source, ["build", "-ldflags", linkerFlags(program), "-o", file, package_]);
  }
  for (const [link, to] of Object.entries(program.links ?? {}))
    symlinkSync(to, path.join(output, "bin", link));
  for (const script of program.scripts ?? [])
    cpSync(path.join(source, script), path.join(output, "bin", script));
  await copyFromModules(program, source, program.keeps, output);

  mkdirSync(paths.programs, { recursive: true });
  renameSync(output, directory);
}

function linkerFlags(program: Program): string {
  const variables = Object.entries(program.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  return ["-s", "-w", ...variables].join(" ");
}

async function extract(program: Program, source: string): Promise<void> {
  const nodeModules = path.join(paths.checkout, "node_modules");
  const command = ["extract.mjs", nodeModules, ...(program.extracts ?? [])];
  await runCommand(process.execPath, command, { log: buildLog(program.name), cwd: source });
}

async function copyFromModules(
  program: Program,
  source: string,
  files: Program["embeds"],
  destination: string,
): Promise<void> {
  for (const { module, file, to } of files ?? []) {
    const directory = await moduleDirectory(program.name, source, module);
    cpSync(path.join(directory, file), path.join(destination, to), { recursive: true });
  }
}
