/** Go keeps a duration as nanoseconds in 63 bits, which is some 292 years. */
const mostSeconds = Math.floor(2 ** 63 / 1e9);

const secondsPerUnit: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

/**
 * Seconds of a duration as Vault and Go write it, in one unit: `30s`, `90m`, `24h`, `30d`.
 *
 * @throws Error when the text is something else, stands for no time at all, or for more than Go can hold.
 */
export function durationSeconds(text: string): number {
  const match = /^([1-9][0-9]{0,8})([smhd])$/.exec(text);
  if (!match) {
    throw new Error(
      `"${text}" is not a duration: write a whole number and one of s, m, h, d, for example 24h`,
    );
  }
  const seconds = Number(match[1]) * secondsPerUnit[match[2]!]!;
  if (seconds > mostSeconds) {
    throw new Error(`"${text}" is longer than Vault can count: write at most 292 years, which is 106751d`);
  }
  return seconds;
}

/** The longest of durations. */
export function longestOf(first: string, ...others: string[]): string {
  return others.reduce(
    (longest, one) => (durationSeconds(one) > durationSeconds(longest) ? one : longest),
    first,
  );
}
