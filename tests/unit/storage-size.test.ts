import assert from "node:assert/strict";
import { storageBytes } from "../../components/internal/storage-size";

describe("a storage size", () => {
  for (const [text, bytes] of [
    ["1Ki", 1024],
    ["1.5Gi", 1610612736],
    ["10G", 10_000_000_000],
    ["500M", 500_000_000],
  ] as const) {
    it(`${text} is ${bytes} bytes`, () => assert.equal(storageBytes(text), bytes));
  }

  for (const text of ["", "10", "1 Gi", "Gi", "-1Gi", "1e3"]) {
    it(`"${text}" is none`, () => assert.throws(() => storageBytes(text), /for example 10Gi/));
  }
});
