const secondsPerUnit: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

/**
 * Seconds of a duration as Vault and Go write it, in one unit: `30s`, `90m`, `24h`, `30d`.
 *
 * @throws Error when the text is something else or stands for no time at all.
 */
export function durationSeconds(text: string): number {
  const match = /^([1-9][0-9]{0,8})([smhd])$/.exec(text);
  if (!match) {
    throw new Error(
      `"${text}" is not a duration: write a whole number and one of s, m, h, d, for example 24h`,
    );
  }
  return Number(match[1]) * secondsPerUnit[match[2]!]!;
}
