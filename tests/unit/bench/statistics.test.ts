import assert from "node:assert/strict";
import * as fc from "fast-check";
import { costOfOneMore, ratioOf, summaryOf } from "../../../bench/statistics";

describe("The bench's statistics", () => {
  it("tell the least, the middle and the greatest value, in whatever order they came", () => {
    assert.deepEqual(summaryOf([9, 10, 2]), { min: 2, median: 9, max: 10, repetitions: 3 });
  });

  it("take the mean of the two in the middle of an even number", () => {
    assert.equal(summaryOf([4, 1, 3, 10])!.median, 3.5);
  });

  it("leave the values in their order", () => {
    const values = [3, 1, 2];
    summaryOf(values);
    assert.deepEqual(values, [3, 1, 2]);
  });

  it("have the median between the others, with as many values below as above", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const { min, median, max } = summaryOf(values)!;
        assert.ok(min <= median && median <= max);
        const below = values.filter((value) => value < median).length;
        const above = values.filter((value) => value > median).length;
        assert.ok(Math.max(below, above) <= values.length / 2);
      }),
    );
  });

  it("know nothing of what was not measured", () => {
    assert.equal(summaryOf([]), undefined);
    assert.equal(ratioOf([1], undefined), undefined);
    assert.equal(ratioOf(undefined, [1]), undefined);
    assert.equal(costOfOneMore({ size: 1, values: [1] }, { size: 2, values: undefined }), undefined);
  });

  it("divide by no zero", () => {
    assert.equal(ratioOf([1], [0]), undefined);
  });

  it("compare medians", () => {
    assert.equal(ratioOf([2, 100, 3], [6, 6, 1]), 0.5);
  });

  it("tell what one more costs between two sizes", () => {
    assert.equal(costOfOneMore({ size: 10, values: [5] }, { size: 100, values: [50] }), 0.5);
  });
});
