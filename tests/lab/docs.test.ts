import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { checkout, runnableBlocks, runnablePages } from "../support/documentation";
import { stackOutputs, tryInLab } from "../support/lab";

/** Whether a text has all of the expected one's pieces, which … stands between, in this order. */
function isAsExpected(text: string, expected: string): boolean {
  const pattern = expected
    .trim()
    .split("…")
    .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^]*");
  return new RegExp(`^${pattern}$`).test(text.trim());
}

describe("commands in the documentation", function () {
  this.timeout(60_000);

  let directory: string;
  let environment: Record<string, string>;

  before(async () => {
    // The checkout, but files that commands write do not land in it.
    directory = mkdtempSync(path.join(tmpdir(), "docs-"));
    for (const name of readdirSync(checkout)) {
      symlinkSync(path.join(checkout, name), path.join(directory, name));
    }
    environment = { VAULT_TOKEN: (await stackOutputs()).rootToken };
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const page of runnablePages) {
    for (const { line, content, expected } of runnableBlocks(page)) {
      it(`${page}:${line}: ${content.split("\n", 1)[0]}`, async () => {
        const shell = ["env", "-C", directory, "bash", "-e", "-o", "pipefail", "-c", content];
        const { status, stdout, stderr } = await tryInLab(shell, { env: environment });
        assert.equal(status, 0, stdout + stderr);
        if (expected !== undefined) {
          assert.ok(isAsExpected(stdout, expected), `${stdout}\nis not\n${expected}`);
        }
      });
    }
  }
});
