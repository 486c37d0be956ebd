import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as yaml from "js-yaml";
import { inLab, tryInLab, type CommandResult } from "./lab";

const project = "cert-manager-vault";
/** Flags of an `up` or a `destroy` that asks nobody. */
export const unattended = ["--yes", "--skip-preview", "--non-interactive", "--color=never"];

/** The lab's stack with other settings than the lab gives it. The stack's own settings file stays as it is. */
export class StackRun {
  private constructor(private readonly directory: string) {}

  /**
   * @param settings Names without the project's prefix; undefined removes one. Values may be lists and numbers.
   */
  static async with(settings: Record<string, unknown>): Promise<StackRun> {
    const own = (await inLab(["printenv", "PULUMI_OPTION_CONFIG_FILE"])).trim();
    const stack = yaml.load(readFileSync(own, "utf8")) as { config: Record<string, unknown> };
    for (const [name, value] of Object.entries(settings)) {
      const key = `${project}:${name}`;
      if (value === undefined) {
        delete stack.config[key];
      } else {
        stack.config[key] = value;
      }
    }
    const directory = mkdtempSync(path.join(tmpdir(), "stack-"));
    writeFileSync(path.join(directory, "Pulumi.lab.yaml"), yaml.dump(stack), { mode: 0o600 });
    return new StackRun(directory);
  }

  /** Gives a setting, or an item of one such as `name[0]`, as a secret. */
  async setSecret(name: string, value: string): Promise<void> {
    const path = `${project}:${name}`;
    await inLab([...this.environment(), "pulumi", "config", "set", "--secret", "--path", path], {
      input: value,
    });
  }

  /** Runs pulumi with these settings; does not throw when it fails. */
  async attempt(...args: string[]): Promise<CommandResult> {
    return tryInLab([...this.environment(), "pulumi", ...args]);
  }

  /** Runs pulumi with these settings, and gives what it printed. */
  async pulumi(...args: string[]): Promise<string> {
    return inLab([...this.environment(), "pulumi", ...args]);
  }

  async up(...flags: string[]): Promise<string> {
    return this.pulumi("up", ...unattended, ...flags);
  }

  async destroy(...flags: string[]): Promise<string> {
    return this.pulumi("destroy", ...unattended, ...flags);
  }

  /** Forgets the settings; what was made with them stays. */
  forget(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** How a command is begun that is to run with these settings. */
  environment(): string[] {
    return ["env", `PULUMI_OPTION_CONFIG_FILE=${path.join(this.directory, "Pulumi.lab.yaml")}`];
  }
}
