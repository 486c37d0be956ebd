import assert from "node:assert/strict";
import { isStale, scheduleOrNone } from "../../settings/schedule";

describe("a schedule of snapshots", () => {
  it("is five fields of cron, one of its nicknames, or nothing", () => {
    for (const text of ["", "0 3 * * *", "*/15 * * * *", "0 0 1,15 JUL MON-FRI", "@daily"]) {
      assert.ok(scheduleOrNone.holds(text), text);
    }
    for (const text of [
      "daily",
      "0 3 * *",
      "0 0 3 * * *",
      "61 * * * *",
      "0 3 L * *",
      "* * * * 1#2",
      "@reboot",
    ]) {
      assert.ok(!scheduleOrNone.holds(text), text);
    }
  });

  const daily = (lastSuccess: string, now: string) =>
    isStale("0 3 * * *", new Date(lastSuccess), new Date(now));

  it("is kept when the run before the last one succeeded: the last may just be late", () => {
    assert.equal(daily("2026-03-02T03:00:20Z", "2026-03-02T12:00:00Z"), false);
    assert.equal(daily("2026-03-01T03:00:20Z", "2026-03-02T12:00:00Z"), false);
  });

  it("is not kept when two runs have come to nothing", () => {
    assert.equal(daily("2026-02-28T03:00:20Z", "2026-03-02T12:00:00Z"), true);
  });

  it("gives a run that is due the time that it takes", () => {
    assert.equal(daily("2026-02-28T03:00:20Z", "2026-03-02T03:05:00Z"), false);
    assert.equal(daily("2026-02-28T03:00:20Z", "2026-03-02T03:11:00Z"), true);
  });
});
