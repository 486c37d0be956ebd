import { ProgramFailed, runProgram } from "./run-program";

/** One setting as `pulumi config --json` tells it. */
export interface ConfigEntry {
  /** Text, or the JSON of a list; absent for a secret that is not shown. */
  value?: string;
  secret: boolean;
}

/** Settings by their whole key, such as `cert-manager-vault:domains` or `kubernetes:context`. */
export type StackConfig = Record<string, ConfigEntry>;

/** The pulumi command. What it says of an error is ours; secrets come and go by its standard input and output only. */
export class PulumiCli {
  /**
   * @param stack Name; without it, the stack that is selected.
   * @param environment Added to the environment of the command.
   */
  constructor(
    readonly stack?: string,
    private readonly environment: Record<string, string> = {},
  ) {}

  async run(args: string[], input?: string): Promise<string> {
    const options = { environment: this.environment, quiet: true };
    try {
      return await runProgram("pulumi", [...args, "--non-interactive", "--color=never"], input, options);
    } catch (error) {
      if (error instanceof ProgramFailed) {
        throw new Error(`pulumi ${args[0]}: ${lastWords(error)}`, { cause: error });
      }
      throw error;
    }
  }

  /** The settings of the stack with Pulumi.yaml's defaults. */
  async config(showSecrets = false): Promise<StackConfig> {
    return this.ofStack<StackConfig>(["config", "--json", ...(showSecrets ? ["--show-secrets"] : [])]);
  }

  /** The outputs of the stack; of secret ones, that they are. */
  async outputs(): Promise<Record<string, unknown>> {
    return this.ofStack<Record<string, unknown>>(["stack", "output", "--json"]);
  }

  /** One output in clear; undefined when the stack has none of this name. */
  async secretOutput(name: string): Promise<string | undefined> {
    const text = await this.run(["stack", "output", name, "--show-secrets", ...this.which()]).catch(
      () => undefined,
    );
    return text?.trimEnd();
  }

  /** One setting in clear. */
  async secretSetting(key: string): Promise<string> {
    return (await this.run(["config", "get", key, ...this.which()])).trimEnd();
  }

  which(): string[] {
    return this.stack ? ["--stack", this.stack] : [];
  }

  private async ofStack<Answer>(args: string[]): Promise<Answer> {
    return JSON.parse(await this.run([...args, ...this.which()])) as Answer;
  }
}

function lastWords({ message, complaint }: ProgramFailed): string {
  return complaint.replace(/^error: /gm, "") || message;
}
