import { describe, expect, it } from "vitest";
import { bands, counts } from "./scale";

describe("bands", () => {
  it("the first begins at the beginning and the last ends at the end", () => {
    const { at, width } = bands(4, 30, 130, 0.2);
    expect(at(0)).toBe(30);
    expect(at(3) + width).toBeCloseTo(130);
  });

  it("a single column fills the place, and none divides by nothing", () => {
    expect(bands(1, 0, 100, 0).width).toBe(100);
    expect(Number.isFinite(bands(0, 0, 100, 0.2).step)).toBe(true);
  });
});

describe("counts", () => {
  it("marks are round whole numbers that hold the most", () => {
    expect(counts(7, 3, 100, 0).ticks).toEqual([0, 5, 10]);
    expect(counts(1, 3, 100, 0).ticks).toEqual([0, 1]);
    expect(counts(480, 3, 100, 0).ticks).toEqual([0, 200, 400, 600]);
  });

  it("nothing stands at the bottom and the last mark at the top", () => {
    const { y, ticks } = counts(7, 3, 100, 6);
    expect(y(0)).toBe(100);
    expect(y(ticks.at(-1) ?? 0)).toBe(6);
  });
});
