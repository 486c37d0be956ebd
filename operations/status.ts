/**
 * How everything is, on one screen: `npm run status`, or `npm run -s status -- --json` for a machine. Exit status 0 when
 * nothing needs attention, 1 otherwise.
 */
import { parseArgs } from "node:util";
import { PulumiCli } from "./pulumi-cli";
import { readStack } from "./stack";
import { gatherStatus } from "./status/gather";
import { statusScreen } from "./status/screen";
import { exitWith, paintFor } from "./terminal";
import { openWay } from "./way-to-vault";

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { json: { type: "boolean", default: false }, stack: { type: "string", short: "s" } },
  });
  const stack = await readStack(new PulumiCli(values.stack));
  const way = await openWay(stack, (fault) => console.error(`status: ${fault}`));
  const report = await gatherStatus({ ...stack, vault: way.vault }).finally(way.close);
  process.stdout.write(
    values.json
      ? `${JSON.stringify(report, undefined, 2)}\n`
      : statusScreen(report, paintFor(process.stdout)),
  );
  return report.ok ? 0 : 1;
}

exitWith("status", main(process.argv.slice(2)));
