import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as yaml from "js-yaml";
import type { Cluster } from "./cluster/kubectl";
import { logFile } from "./cluster/layout";
import { runInside } from "./cluster/run-inside";
import { labEnvironment } from "./environment";
import type { OfflineCa } from "./offline-ca";
import { paths } from "./paths";

/** Charts that cannot be had from their repositories here, by directory. */
export interface LocalCharts {
  certManager: string;
  approverPolicy: string;
  trustManager: string;
  podinfo: string;
}

/** The parts of a Pulumi stack's configuration file that the lab deals with. */
interface StackFile {
  encryptionsalt?: string;
  config: Record<string, unknown>;
}

const project = "cert-manager-vault";

/** Creates the stack `lab` and its configuration, or brings the configuration up to date. The checkout stays as it is. */
export async function prepareStack(cluster: Cluster, ca: OfflineCa, charts: LocalCharts): Promise<void> {
  const directory = cluster.layout.stack;
  mkdirSync(path.join(directory, "state"), { recursive: true, mode: 0o700 });
  const passphrase = path.join(directory, "passphrase");
  if (!existsSync(passphrase))
    writeFileSync(passphrase, randomBytes(24).toString("base64url"), { mode: 0o600 });
  // `stack init` writes the encryption salt beside the project file it finds, so it is given one of its own.
  writeFileSync(path.join(directory, "Pulumi.yaml"), readFileSync(path.join(paths.checkout, "Pulumi.yaml")));
  const stackFile = path.join(directory, "Pulumi.lab.yaml");
  if (readStackFile(stackFile).encryptionsalt === undefined) {
    await pulumi(cluster, directory, ["stack", "init", "lab"]);
  }
  const before = readStackFile(stackFile);
  const committed = readStackFile(path.join(paths.checkout, "Pulumi.lab.yaml"));
  const config = { ...before.config, ...committed.config, ...chartSettings(charts) };
  writeFileSync(stackFile, yaml.dump({ ...before, config }), { mode: 0o600 });
  const secrets = { caBundle: ca.bundle, caPassphrase: ca.passphrase };
  for (const [key, file] of Object.entries(secrets)) {
    if (before.config[`${project}:${key}`] !== undefined) continue;
    await pulumi(cluster, directory, ["config", "set", "--secret", key], readFileSync(file, "utf8"));
  }
}

/** Runs the program. */
export async function runProgram(cluster: Cluster, progress: (message: string) => void): Promise<void> {
  const log = logFile(cluster.layout, "pulumi-up");
  writeFileSync(log, "");
  const flags = ["--yes", "--non-interactive", "--skip-preview", "--color=never"];
  const report = lineByLine((line) => {
    writeFileSync(log, `${line}\n`, { flag: "a" });
    const done = finishedResource(line);
    if (done) progress(done);
  });
  try {
    await pulumi(cluster, paths.checkout, ["up", ...flags], undefined, report);
  } catch (error) {
    throw new Error(`pulumi up failed:\n${lastLines(log, 40)}\nThe whole log: ${log}`, { cause: error });
  }
}

/** The stack's outputs, secrets left out. */
export async function stackOutputs(cluster: Cluster): Promise<Record<string, unknown>> {
  return JSON.parse(await pulumi(cluster, paths.checkout, ["stack", "output", "--json"])) as Record<
    string,
    unknown
  >;
}

/** Releases the lock of a run that was killed together with the node it ran on. */
export async function forgetInterruptedRun(cluster: Cluster): Promise<void> {
  if (!existsSync(path.join(cluster.layout.stack, "Pulumi.lab.yaml"))) return;
  await pulumi(cluster, paths.checkout, ["cancel", "--yes"]);
}

function pulumi(
  { namespaces, layout }: Cluster,
  cwd: string,
  command: string[],
  input?: string,
  onOutput?: (text: string) => void,
): Promise<string> {
  return runInside(namespaces, ["pulumi", ...command], { cwd, input, onOutput, env: labEnvironment(layout) });
}

function readStackFile(file: string): StackFile {
  const found = existsSync(file)
    ? (yaml.load(readFileSync(file, "utf8")) as Partial<StackFile> | null)
    : undefined;
  return { ...found, config: found?.config ?? {} };
}

function chartSettings(charts: LocalCharts): Record<string, string> {
  return {
    [`${project}:certManagerChart`]: charts.certManager,
    [`${project}:approverPolicyChart`]: charts.approverPolicy,
    [`${project}:trustManagerChart`]: charts.trustManager,
    [`${project}:podinfoChart`]: charts.podinfo,
    [`${project}:vaultChart`]: path.join(paths.checkout, "lab/charts/vault"),
  };
}

// " +  vault:index:Mount pki created (0.05s)" becomes "vault:index:Mount pki created (0.05s)".
function finishedResource(line: string): string | undefined {
  return /^\s*[+~-]+\s+(\S+ \S+ (?:created|updated|replaced|deleted) .*)$/.exec(line)?.[1];
}

function lineByLine(take: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  };
}

function lastLines(file: string, lines: number): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}
