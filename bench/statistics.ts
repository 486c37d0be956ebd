/** What became of the repetitions of one figure. */
export interface Summary {
  min: number;
  median: number;
  max: number;
  repetitions: number;
}

/** Least, middle and greatest value; undefined where there is none. */
export function summaryOf(values: readonly number[] | undefined): Summary | undefined {
  if (!values || values.length === 0) {
    return undefined;
  }
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)!, repetitions: sorted.length };
}

/** How often the median of the one goes into the median of the other; undefined where one of them was not measured. */
export function ratioOf(
  values: readonly number[] | undefined,
  base: readonly number[] | undefined,
): number | undefined {
  const [over, under] = [summaryOf(values)?.median, summaryOf(base)?.median];
  return over === undefined || !under ? undefined : over / under;
}

/** What each one more costs between two sizes, by the medians; undefined where one of them was not measured. */
export function costOfOneMore(
  from: { size: number; values: readonly number[] | undefined },
  to: { size: number; values: readonly number[] | undefined },
): number | undefined {
  const [before, after] = [summaryOf(from.values)?.median, summaryOf(to.values)?.median];
  return before === undefined || after === undefined ? undefined : (after - before) / (to.size - from.size);
}
