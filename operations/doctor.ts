/**
 * Which link of the chain is broken: `npm run doctor`, or `npm run -s doctor -- --json` for a machine. Looks at each, from
 * this machine to the page's certificate, and names the first that does not hold with the command that puts it right.
 * Changes nothing. Exit status 0 when every link holds, 1 otherwise.
 */
import { parseArgs } from "node:util";
import { diagnose, Outcome } from "./doctor/check";
import { checksOf } from "./doctor/checks";
import { conclusion, findingLine } from "./doctor/screen";
import { Surroundings } from "./doctor/surroundings";
import { PulumiCli } from "./pulumi-cli";
import { readStack } from "./stack";
import { exitWith, paintFor } from "./terminal";
import { openWay } from "./way-to-vault";

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { json: { type: "boolean", default: false }, stack: { type: "string", short: "s" } },
  });
  const stack = await readStack(new PulumiCli(values.stack));
  const way = await openWay(stack, (fault) => console.error(`doctor: ${fault}`));
  const around = new Surroundings({ ...stack, vault: way.vault });
  const paint = paintFor(process.stdout);
  try {
    const findings = await diagnose(checksOf(stack), around, (finding) => {
      if (!values.json) {
        console.log(findingLine(finding, paint));
      }
    });
    const broken = findings.find(({ outcome }) => outcome === Outcome.Broken);
    console.log(
      values.json
        ? JSON.stringify(
            { stack: stack.name, ok: !broken, broken: broken?.id, checks: findings },
            undefined,
            2,
          )
        : `\n${conclusion(findings, paint)}`,
    );
    return broken ? 1 : 0;
  } finally {
    await around.close();
    way.close();
  }
}

exitWith("doctor", main(process.argv.slice(2)));
