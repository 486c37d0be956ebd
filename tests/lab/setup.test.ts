import assert from "node:assert/strict";
import { FreshStack } from "../support/fresh-stack";
import { inLab } from "../support/lab";

describe("npm run setup in a cluster that has nothing yet", function () {
  this.timeout(300_000);
  let stack: FreshStack;

  before(async () => {
    await inLab(["pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive"]);
    stack = await FreshStack.create();
  });

  after(() => stack.remove());

  it("writes a stack that a preview accepts", async () => {
    const { status, stdout, stderr } = await stack.setUp();
    assert.equal(status, 0, stdout + stderr);
    const preview = await stack.preview();
    assert.equal(preview.status, 0, preview.stdout + preview.stderr);
    assert.match(preview.stdout, /\d+ to create/);
  });
});
