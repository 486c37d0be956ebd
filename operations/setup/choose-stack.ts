import type { PulumiCli } from "../pulumi-cli";
import type { SetupFlags } from "./flags";
import { readStackFile } from "./present-stack";
import type { Prompter } from "./prompter";

/** @param environment Added to that of the command. */
export type CliFactory = (stack?: string, environment?: Record<string, string>) => PulumiCli;

export interface ChosenStack {
  /** Works on the stack, with the passphrase that Pulumi would ask for. */
  cli: PulumiCli;
  /** What nobody could be asked for. */
  missing: string[];
}

/** The stack to make or to change. */
export async function chooseStack(
  flags: SetupFlags,
  cliOf: CliFactory,
  prompter: Prompter | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<ChosenStack> {
  const backend = await backendOf(cliOf());
  const selected = await cliOf()
    .run(["stack", "--show-name"])
    .catch(() => "");
  const offered = flags.stack ?? environment.PULUMI_STACK ?? (selected.trim() || "homelab");
  const name =
    prompter && !flags.stack
      ? await prompter.text({ message: "Stack", offered, fault: () => undefined })
      : offered;
  const provider = flags.secretsProvider ?? readStackFile(name).secretsprovider;
  if (!asksForPassphrase(backend, provider, environment)) {
    return { cli: cliOf(name), missing: [] };
  }
  if (!prompter) {
    const missing =
      "PULUMI_CONFIG_PASSPHRASE_FILE: is not set, and Pulumi encrypts secrets with a passphrase: set it to a file that " +
      "holds one, or give --secrets-provider";
    return { cli: cliOf(name), missing: [missing] };
  }
  const passphrase = await prompter.secret("Passphrase that Pulumi encrypts the stack's secrets with");
  prompter.say("Set PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it, or pulumi will ask for it again.");
  return { cli: cliOf(name, { PULUMI_CONFIG_PASSPHRASE: passphrase }), missing: [] };
}

/** Without a secrets provider of its own, a backend that is not Pulumi's service leaves secrets to a passphrase. */
function asksForPassphrase(
  backend: string,
  provider = "default",
  { PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE }: NodeJS.ProcessEnv,
): boolean {
  const given = PULUMI_CONFIG_PASSPHRASE !== undefined || PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
  const byPassphrase = provider === "passphrase" || (provider === "default" && !/^https?:/.test(backend));
  return byPassphrase && !given;
}

async function backendOf(cli: PulumiCli): Promise<string> {
  try {
    const { url } = JSON.parse(await cli.run(["whoami", "--verbose", "--json"])) as { url: string };
    return url;
  } catch (error) {
    throw new Error(
      `${(error as Error).message}\nLog in first: pulumi login, or pulumi login --local for a state on this machine`,
      { cause: error },
    );
  }
}
