/**
 * From nothing to a stack's settings: `npm run setup`. Asks what it needs, offers what the cluster has, checks each answer
 * as the program will, and writes nothing before all of them are right. `npm run setup -- --help` lists the flags.
 */
import { PulumiCli } from "./pulumi-cli";
import { readFlags, usage } from "./setup/flags";
import { terminalPrompter } from "./setup/prompter";
import { setUp } from "./setup/set-up";
import { exitWith } from "./terminal";

async function main(args: string[]): Promise<number> {
  const flags = readFlags(args);
  if (flags.help) {
    process.stdout.write(usage);
    return 0;
  }
  const asks = !flags.yes && process.stdin.isTTY && process.stdout.isTTY;
  return setUp(flags, (stack, environment) => new PulumiCli(stack, environment), {
    prompter: asks ? terminalPrompter : undefined,
    environment: process.env,
  });
}

exitWith("setup", main(process.argv.slice(2)));
