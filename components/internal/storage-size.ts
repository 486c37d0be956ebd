const bytesPerUnit: Record<string, number> = {
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 },
  ...{ k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 },
};

/**
 * Bytes of a size as Kubernetes writes it: `10Gi`, `500M`. Rounded down.
 *
 * @throws Error when the text is something else.
 */
export function storageBytes(text: string): number {
  const match = /^([0-9]{1,15}(?:\.[0-9]{1,3})?)([KMGTP]i|[kMGTP])$/.exec(text);
  if (!match) {
    throw new Error(`"${text}" is not a size: write a number and one of Ki, Mi, Gi, Ti, for example 10Gi`);
  }
  return Math.floor(Number(match[1]) * bytesPerUnit[match[2]!]!);
}
