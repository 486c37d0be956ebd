import assert from "node:assert/strict";
import { inLab } from "../support/lab";

describe("a second run", () => {
  it("changes nothing", async () => {
    const text = await inLab([
      "pulumi",
      "up",
      "--yes",
      "--skip-preview",
      "--non-interactive",
      "--expect-no-changes",
    ]);
    assert.match(text, /\d+ unchanged/);
  });

  it("finds nothing to change after looking at every object in Vault and the cluster", async () => {
    const text = await inLab(["pulumi", "preview", "--refresh", "--non-interactive", "--expect-no-changes"]);
    assert.match(text, /\d+ unchanged/);
  });

  it("leaves the state as it was when refreshed", async () => {
    await inLab(["pulumi", "refresh", "--yes", "--skip-preview", "--non-interactive", "--expect-no-changes"]);
  });
});
