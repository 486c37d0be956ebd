/**
 * Keeps the stack's port-forward to Vault open until it is interrupted: `npm run forward`. For a browser, Vault's own
 * command, and runs of Pulumi that do not open it themselves, which are those with `--target`. Runs beside it share it.
 */
import { parseArgs } from "node:util";
import { forwardPorts, openVaultForward } from "../components/internal/vault-forward";
import { PulumiCli } from "./pulumi-cli";
import { readStack } from "./stack";
import { exitWith } from "./terminal";
import { forwardWish, vaultAddressOf } from "./way-to-vault";

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { stack: { type: "string", short: "s" } } });
  const stack = await readStack(new PulumiCli(values.stack));
  if (stack.settings.vaultExisting) {
    throw new Error(
      `Vault is yours (vaultExisting), and answers at ${vaultAddressOf(stack)} without a forward`,
    );
  }
  const wish = forwardWish(stack);
  const forward = await openVaultForward(wish, forwardPorts(wish.owner), (fault) => console.error(fault));
  console.log(
    `Vault answers at ${forward.address}, its UI at ${forward.address}/ui, until this is interrupted`,
  );
  await new Promise<void>((resolve) => {
    // The relay alone would not keep this process.
    const stay = setInterval(() => undefined, 60_000);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        clearInterval(stay);
        resolve();
      });
    }
  });
  forward.close();
  return 0;
}

exitWith("forward", main(process.argv.slice(2)));
