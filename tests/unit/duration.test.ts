import assert from "node:assert/strict";
import fc from "fast-check";
import { durationSeconds } from "../../components/internal/duration";

const units = { s: 1, m: 60, h: 3600, d: 86_400 };
const unit = fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[]));
/** Nanoseconds in 63 bits. */
const mostSeconds = 9_223_372_036;

describe("A duration", () => {
  it("is a whole number times its unit, as far as Go can count", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), unit, (count, of) => {
        const seconds = count * units[of];
        if (seconds <= mostSeconds) {
          assert.equal(durationSeconds(`${count}${of}`), seconds);
        } else {
          assert.throws(() => durationSeconds(`${count}${of}`), /longer than Vault can count: write at most/);
        }
      }),
    );
    assert.equal(durationSeconds("106751d"), 106_751 * 86_400);
    assert.throws(() => durationSeconds("106752d"), /at most 292 years, which is 106751d/);
  });

  it("is nothing else, and the error says what to write", () => {
    const almost = fc.stringMatching(/^[-+ ]?[0-9.,]{0,4} ?[smhdwy]{0,2}[0-9]?[smh]?$/);
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (text) => {
        fc.pre(!/^[1-9][0-9]*[smhd]$/.test(text));
        assert.throws(
          () => durationSeconds(text),
          /is not a duration: write a whole number and one of s, m, h, d/,
        );
      }),
      { numRuns: 500 },
    );
    for (const text of [
      "",
      "0h",
      "00h",
      "01h",
      "24",
      "1h30m",
      "1.5h",
      "24H",
      "24h\n",
      " 24h",
      "१h",
      "1000000000s",
    ]) {
      assert.throws(() => durationSeconds(text), /is not a duration/, JSON.stringify(text));
    }
  });
});
