import type { Summary } from "./statistics";

/** One bar: from the least to the greatest value, with a mark at the median. */
export interface Bar {
  label: string;
  summary: Summary;
}

const sizes = { label: 470, plot: 380, number: 70, row: 26, head: 34, foot: 28 };
const colours = { text: "#24292f", range: "#9ecbff", median: "#0550ae", grid: "#d0d7de", ground: "#ffffff" };

/** Horizontal bars in SVG, on one scale that begins at 0. `unit` stands below the scale. */
export function barPlot(title: string, unit: string, bars: readonly Bar[]): string {
  const greatest = Math.max(...bars.map(({ summary }) => summary.max));
  const end = niceEnd(greatest);
  const x = (value: number): number => round(sizes.label + (value / end) * sizes.plot);
  const width = sizes.label + sizes.plot + sizes.number;
  const bottom = sizes.head + bars.length * sizes.row;
  const marks = Array.from({ length: 5 }, (_, index) => (end * index) / 4);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + sizes.foot}" font-family="sans-serif" font-size="12" fill="${colours.text}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="${colours.ground}"/>`,
    `<text x="10" y="20" font-size="14" font-weight="bold">${escaped(title)}</text>`,
    ...marks.flatMap((mark) => [
      `<line x1="${x(mark)}" x2="${x(mark)}" y1="${sizes.head}" y2="${bottom}" stroke="${colours.grid}"/>`,
      `<text x="${x(mark)}" y="${bottom + 16}" text-anchor="middle">${round(mark)}</text>`,
    ]),
    `<text x="${width - 8}" y="${bottom + 16}" text-anchor="end">${escaped(unit)}</text>`,
    ...bars.flatMap(({ label, summary }, index) => {
      const top = sizes.head + index * sizes.row + 5;
      const middle = top + 12;
      // One value has no width.
      const left = Math.min(x(summary.min), x(summary.max) - 1);
      return [
        `<text x="${sizes.label - 8}" y="${middle}" text-anchor="end">${escaped(label)}</text>`,
        `<rect x="${left}" y="${top}" width="${round(x(summary.max) - left)}" height="16" fill="${colours.range}"/>`,
        `<rect x="${round(x(summary.median) - 1.5)}" y="${top}" width="3" height="16" fill="${colours.median}"/>`,
        `<text x="${round(x(summary.max) + 5)}" y="${middle}">${round(summary.median)}</text>`,
      ];
    }),
    "</svg>",
    "",
  ].join("\n");
}

/** The end of a scale: 1, 2 or 5 with noughts, not below the value. */
export function niceEnd(value: number): number {
  if (!(value > 0)) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((step) => step * power >= value)!;
}

/** A text as XML has it. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
