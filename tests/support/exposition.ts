/** One value of a metric, with what tells it from others. */
export interface Sample {
  /** The metric's name is not among them. */
  labels: Record<string, string>;
  value: number;
}

/** Instant values of metrics, by name. */
export type Samples = Map<string, Sample[]>;

/**
 * Reads what a target answers to Prometheus; https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * @param target Labels of the target, which displace those of the same name unless `honorLabels`.
 */
export function readExposition(
  text: string,
  target: Record<string, string> = {},
  honorLabels = false,
): Samples {
  const samples: Samples = new Map();
  for (const line of text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"))) {
    const [, name, inBraces = "", value] =
      /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/.exec(line.trim()) ?? [];
    if (name === undefined) {
      throw new Error(`this is no metric: ${line}`);
    }
    const own = readLabels(inBraces);
    const labels = honorLabels ? { ...target, ...own } : { ...own, ...target };
    samples.set(name, [...(samples.get(name) ?? []), { labels, value: readNumber(value!) }]);
  }
  return samples;
}

/** What several targets answer, as one Prometheus knows it. */
export function together(...targets: Samples[]): Samples {
  const all: Samples = new Map();
  for (const [name, samples] of targets.flatMap((target) => [...target])) {
    all.set(name, [...(all.get(name) ?? []), ...samples]);
  }
  return all;
}

function readLabels(inBraces: string): Record<string, string> {
  const pairs = [...inBraces.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)];
  return Object.fromEntries(
    pairs.map(([, label, value]) => [
      label,
      value!.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped)),
    ]),
  );
}

function readNumber(text: string): number {
  const known: Record<string, number> = { "+Inf": Infinity, "-Inf": -Infinity, NaN };
  return known[text] ?? Number(text);
}
