import type { Kind } from "../components/internal/validate";
import { CronExpressionParser } from "cron-parser";

const nicknames = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/** Whether Kubernetes takes this as a CronJob's schedule: five fields, or one of cron's nicknames. */
function isSchedule(text: string): boolean {
  const fiveFields = /^[0-9A-Za-z*,/-]+( [0-9A-Za-z*,/-]+){4}$/.test(text);
  // The parser's own additions, which Kubernetes does not know.
  const foreign = /[LHW#]/.test(text.replace(/JUL|THU|WED/gi, ""));
  if (!nicknames.includes(text) && (!fiveFields || foreign)) {
    return false;
  }
  try {
    CronExpressionParser.parse(text);
    return true;
  } catch {
    return false;
  }
}

export const scheduleOrNone: Kind = {
  holds: (text) => text === "" || isSchedule(text),
  wanted: 'the five fields of cron, such as "0 3 * * *" for 3 o\'clock UTC every day, or "" for never',
};

/** The time, at or before `before`, at which the schedule was due for the last time. */
function lastDue(schedule: string, before: Date): Date {
  return CronExpressionParser.parse(schedule, { currentDate: before, tz: "UTC" }).prev().toDate();
}

/** A run takes some time, and clocks differ. */
const graceMinutes = 10;

/**
 * Whether two runs of a schedule, one after the other, have come to nothing.
 *
 * @param lastSuccess When one last succeeded, or when the schedule began to apply.
 */
export function isStale(schedule: string, lastSuccess: Date, now: Date): boolean {
  const last = lastDue(schedule, new Date(now.getTime() - graceMinutes * 60_000));
  return lastSuccess < lastDue(schedule, last);
}
