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

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { json: { type: "boolean", default: false }, stack: { type: "string", short: "s" } },
  });
  const report = await gatherStatus(await readStack(new PulumiCli(values.stack)));
  process.stdout.write(
    values.json
      ? `${JSON.stringify(report, undefined, 2)}\n`
      : statusScreen(report, paintFor(process.stdout)),
  );
  return report.ok ? 0 : 1;
}

exitWith("status", main(process.argv.slice(2)));
