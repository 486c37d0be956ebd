import assert from "node:assert/strict";
import { untilOldEnoughToSign } from "../../components/internal/signing-age";

describe("A CA made a moment ago", () => {
  const made = new Date("2026-01-01T00:00:00Z");
  const after = (seconds: number) => new Date(made.getTime() + seconds * 1000);

  it("is held back until what Vault dates back 30 seconds begins after it", () => {
    assert.equal(untilOldEnoughToSign(made, after(0)), 31_000);
    assert.equal(untilOldEnoughToSign(made, after(30)), 1_000);
  });

  it("is not held back when it is older", () => {
    assert.equal(untilOldEnoughToSign(made, after(31)), 0);
    assert.equal(untilOldEnoughToSign(made, after(3600)), 0);
  });
});
