import assert from "node:assert/strict";
import { barPlot, niceEnd } from "../../../bench/plot";
import { summaryOf } from "../../../bench/statistics";

/** Attributes of the elements of a name, in their order. */
function elements(svg: string, name: string): Record<string, string>[] {
  return [...svg.matchAll(new RegExp(`<${name} ([^>]*?)/?>`, "g"))].map(([, attributes]) =>
    Object.fromEntries(
      [...attributes!.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    ),
  );
}

describe("A plot of the bench", () => {
  const bars = [
    { label: "one", summary: summaryOf([0.5, 1, 2])! },
    { label: "other", summary: summaryOf([0.25])! },
  ];

  it("draws each bar from the least to the greatest value, with a mark at the median", () => {
    const [ground, ...boxes] = elements(barPlot("title", "ratio", bars), "rect");
    assert.equal(ground!["width"], "100%");
    const [range, median, single] = boxes.map(({ x, width }) => ({
      from: Number(x),
      to: Number(x) + Number(width),
    }));
    const scale = range!.to - range!.from;
    // From 0.5 to 2 on the same scale as the median at 1.
    assert.ok(Math.abs((median!.from + median!.to) / 2 - (range!.from + scale / 3)) < 0.5);
    assert.ok(single!.to < range!.from);
    assert.ok(single!.to - single!.from >= 1);
  });

  it("lets no text out of its place", () => {
    const svg = barPlot(`a & b <script>`, `"x"`, [{ label: "</text><b>", summary: summaryOf([1])! }]);
    assert.match(svg, /<title>a &amp; b &lt;script&gt;<\/title>/);
    assert.match(svg, />&lt;\/text&gt;&lt;b&gt;<\/text>/);
    assert.doesNotMatch(svg, /<script|<b>/);
  });

  it("has a scale whose end is no odd number, and not below the values", () => {
    assert.deepEqual([0, 0.03, 1, 1.1, 3, 7, 120].map(niceEnd), [1, 0.05, 1, 2, 5, 10, 200]);
  });
});
