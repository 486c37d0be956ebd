import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { inLab } from "../../tests/support/lab";
import { unattended } from "../../tests/support/stack";
import type { Measure } from "../measure";
import { timed } from "../timed";

const checkout = path.join(__dirname, "..", "..");

/** What Pulumi and Node.js take for themselves: a program of nothing, with the same flags, passphrase and backend. */
export const emptyUp: Measure = {
  name: "empty-up",
  about: "baseline: no-op up of an empty stack",
  async once({ record }) {
    // `stack init` writes beside the project file, which therefore is a copy.
    const project = mkdtempSync(path.join(tmpdir(), "empty-stack-"));
    const environment = ["env", "-C", project, "-u", "PULUMI_OPTION_CONFIG_FILE", "PULUMI_STACK=empty"];
    const pulumi = (...args: string[]) => inLab([...environment, "pulumi", ...args]);
    try {
      cpSync(path.join(__dirname, "..", "baselines", "empty-stack"), project, { recursive: true });
      symlinkSync(path.join(checkout, "node_modules"), path.join(project, "node_modules"));
      await pulumi("stack", "init", "empty");
      await pulumi("up", ...unattended);
      record("empty-up", (await timed(["pulumi", "up", ...unattended], environment)).seconds);
    } finally {
      await pulumi("stack", "rm", "--yes", "--force", "empty").catch(() => undefined);
      rmSync(project, { recursive: true, force: true });
    }
  },
};
