import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import * as yaml from "js-yaml";
import type { ConfigEntry, PulumiCli, StackConfig } from "../pulumi-cli";
import { project } from "../stack-settings";

/** A stack as it is before its settings are written. */
export interface PresentStack {
  exists: boolean;
  /** Its settings in clear with Pulumi.yaml's defaults; only the defaults where there is no such stack. */
  config: StackConfig;
  /** Keys that are set in the stack's own file. */
  own: string[];
}

interface Declaration {
  default?: unknown;
}

interface StackFile {
  secretsprovider?: string;
  config?: Record<string, unknown>;
}

/** Reads what there is of a stack. */
export async function presentStack(cli: PulumiCli): Promise<PresentStack> {
  const stacks = JSON.parse(await cli.run(["stack", "ls", "--json"])) as { name: string }[];
  const exists = stacks.some(({ name }) => shortName(name) === shortName(cli.stack ?? ""));
  return {
    exists,
    config: exists ? await cli.config(true) : defaults(),
    own: Object.keys(readStackFile(cli.stack ?? "").config ?? {}),
  };
}

/** Pulumi.yaml's defaults, as `pulumi config --json` gives them for a stack. */
function defaults(): StackConfig {
  const { config } = yaml.load(readFileSync("Pulumi.yaml", "utf8")) as {
    config: Record<string, Declaration>;
  };
  const entries = Object.entries(config).flatMap(([name, { default: value }]): [string, ConfigEntry][] =>
    value === undefined
      ? []
      : [
          [
            `${project}:${name}`,
            { value: typeof value === "string" ? value : JSON.stringify(value), secret: false },
          ],
        ],
  );
  return Object.fromEntries(entries);
}

/** The stack's own settings file; empty where there is none. */
export function readStackFile(stack: string): StackFile {
  const file = process.env.PULUMI_OPTION_CONFIG_FILE ?? `Pulumi.${shortName(stack)}.yaml`;
  return existsSync(path.resolve(file)) ? ((yaml.load(readFileSync(file, "utf8")) as StackFile) ?? {}) : {};
}

/** Of `organization/project/stack`. */
function shortName(stack: string): string {
  return stack.split("/").at(-1) ?? stack;
}
