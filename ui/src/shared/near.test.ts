import { expect, test } from "vitest";
import { indexNear, rowId } from "./near";

const rows = Array.from({ length: 1_000 }, (_, at) => ({ id: String(at) }));

test("a row is found wherever it is sought from", () => {
  for (const from of [-1, 0, 499, 999, 5_000]) {
    for (const at of [0, 1, 500, 998, 999]) {
      expect(indexNear(rows, rowId, String(at), from)).toBe(at);
    }
    expect(indexNear(rows, rowId, "nobody", from)).toBe(-1);
  }
  expect(indexNear([], rowId, "0", 0)).toBe(-1);
});

test("a row that moved a little is found in a few looks", () => {
  let looks = 0;
  const counted = (row: { id: string }) => {
    looks += 1;
    return row.id;
  };
  expect(indexNear(rows, counted, "702", 700)).toBe(702);
  expect(looks).toBeLessThanOrEqual(6);
});
