import { expect, test } from "vitest";
import { parted } from "./quotes";

test("what is quoted is folded away with the line that introduces it", () => {
  const text = "Yes, Tuesday.\n\nOn Monday Dana wrote:\n> Tuesday?\n> Or later?\n\nBest, Lena";
  expect(parted(text)).toEqual({
    own: "Yes, Tuesday.\n\n\nBest, Lena",
    quoted: "On Monday Dana wrote:\n> Tuesday?\n> Or later?",
  });
});

test("a list after a colon is no quotation, and a mail without one is whole", () => {
  const text = "Three things:\n- one\n- two";
  expect(parted(text)).toEqual({ own: text, quoted: "" });
});

test("a hundred thousand lines are taken apart in one go", () => {
  const text = "> quoted\nown words:\n\n".repeat(50_000);
  const started = performance.now();
  const { own, quoted } = parted(text);
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(own.length + quoted.length).toBeGreaterThan(1_000_000);
});
