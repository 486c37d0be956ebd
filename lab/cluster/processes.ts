import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine, nsenterArguments, seenFromOutside, type Namespaces } from "../namespaces";
import { tailOf } from "../run-command";
import type { Component } from "./components";
import { logFile, type Layout } from "./layout";
import { nodeEnvironment, runInside } from "./run-inside";

// A component's record, `<pid inside> <fingerprint>`, lies in the namespaces' own /run: it dies with the process
// numbers it speaks of.
const recordFile = (component: Component): string => `/run/lab/${component.name}`;

export type ComponentState = "running" | "dead" | "outdated";

/** Whether the component runs, and with the command and configuration it should have. */
export function componentState(namespaces: Namespaces, component: Component): ComponentState {
  const record = readRecord(namespaces, component);
  if (!record || !isAlive(namespaces, component, record.pid)) return "dead";
  return record.fingerprint === fingerprint(component) ? "running" : "outdated";
}

/** Starts the component unless it runs as it should, and waits until it is ready. Returns whether it was started. */
export async function ensureComponent(
  namespaces: Namespaces,
  layout: Layout,
  component: Component,
  timeoutSeconds = 90,
): Promise<boolean> {
  const state = componentState(namespaces, component);
  if (state === "outdated") await stopComponent(namespaces, component);
  if (state !== "running") await startComponent(namespaces, layout, component);
  await waitUntilReady(namespaces, layout, component, timeoutSeconds);
  return state !== "running";
}

async function startComponent(namespaces: Namespaces, layout: Layout, component: Component): Promise<void> {
  mkdirSync(layout.logs, { recursive: true });
  const log = openSync(logFile(layout, component.name), "a");
  rmSync(seenFromOutside(namespaces, recordFile(component)), { force: true });
  // setsid forks and ends, so that the component becomes a child of the namespaces' pid 1 and outlives this program.
  const script = 'echo "$$ $2" >"$1"; shift 2; exec "$@"';
  const record = [recordFile(component), fingerprint(component)];
  const command = ["setsid", "--fork", "sh", "-c", script, "sh", ...record, ...commandOf(component)];
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn("nsenter", nsenterArguments(namespaces, command), {
        stdio: ["ignore", log, log],
        env: { ...nodeEnvironment, ...component.environment },
      });
      child.once("error", reject);
      child.once("exit", (status) =>
        status === 0
          ? resolve()
          : reject(new Error(`${component.name} could not be started: status ${status}`)),
      );
    });
  } finally {
    closeSync(log);
  }
  // Forked off, it may not have come to writing its record yet; without one it would pass for dead.
  for (let waited = 0; !readRecord(namespaces, component); waited += 20) {
    if (waited > 30_000) throw new Error(`${component.name} could not be started: it left no record`);
    await sleep(20);
  }
}

function commandOf({ command, respawn }: Component): string[] {
  return respawn ? ["sh", "-c", 'while :; do "$@"; sleep 1; done', "sh", ...command] : command;
}

async function stopComponent(namespaces: Namespaces, component: Component): Promise<void> {
  const record = readRecord(namespaces, component);
  if (!record) return;
  // The loop that starts it again leads its process group.
  const target = component.respawn ? `-${record.pid}` : String(record.pid);
  await runInside(namespaces, ["kill", "-TERM", "--", target]);
  for (let waited = 0; isAlive(namespaces, component, record.pid); waited += 100) {
    if (waited === 10_000) await runInside(namespaces, ["kill", "-KILL", "--", target]);
    await sleep(100);
  }
}

async function waitUntilReady(
  namespaces: Namespaces,
  layout: Layout,
  component: Component,
  timeoutSeconds: number,
): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const answer = await runInside(namespaces, component.ready).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (answer === undefined) return;
    const log = logFile(layout, component.name);
    const why = componentState(namespaces, component) === "dead" ? "ended" : undefined;
    if (why || Date.now() > deadline) {
      throw new Error(
        `${component.name} ${why ?? `is not ready after ${timeoutSeconds} s (${answer})`}\n${tailOf(log)}`,
      );
    }
    await sleep(250);
  }
}

function readRecord(
  namespaces: Namespaces,
  component: Component,
): { pid: number; fingerprint: string } | undefined {
  try {
    const text = readFileSync(seenFromOutside(namespaces, recordFile(component)), "utf8");
    const [pid, print] = text.trim().split(" ");
    // The shell creates the file before it writes into it.
    return print ? { pid: Number(pid), fingerprint: print } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(namespaces: Namespaces, component: Component, pid: number): boolean {
  const [program] = component.command;
  const running = commandLine(seenFromOutside(namespaces, `/proc/${pid}`));
  // Until the shell has become the program, the program is one of its arguments.
  return (
    program !== undefined &&
    running.split("\0").some((part) => path.basename(part) === path.basename(program))
  );
}

function fingerprint(component: Component): string {
  const hash = createHash("sha256").update(JSON.stringify([commandOf(component), component.environment]));
  for (const file of component.files ?? []) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}
