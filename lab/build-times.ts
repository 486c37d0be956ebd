import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { paths } from "./paths";

export interface BuildTime {
  name: string;
  seconds: number;
}

/** How long each part in the cache took when it was built, in the order in which they were first built. */
export function buildTimes(): BuildTime[] {
  return Object.entries(read()).map(([name, seconds]) => ({ name, seconds }));
}

export function recordBuildTime(name: string, started: number): number {
  const seconds = Math.round((Date.now() - started) / 1000);
  mkdirSync(paths.cacheRoot, { recursive: true });
  writeFileSync(paths.buildTimes, JSON.stringify({ ...read(), [name]: seconds }, undefined, 2) + "\n");
  return seconds;
}

function read(): Record<string, number> {
  try {
    return JSON.parse(readFileSync(paths.buildTimes, "utf8")) as Record<string, number>;
  } catch {
    // Not built yet, or a record cut short by a crash: only a report is lost.
    return {};
  }
}
