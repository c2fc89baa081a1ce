import { expect, test } from "vitest";
import { runs, STRETCH_CHARS_MAX, STRETCH_LINES, stretches, WHOLE_CHARS_MAX } from "./stretches";

const cut = (text: string) => stretches(text).map(({ start, end }) => text.slice(start, end));

test("a text that is not long is drawn in one piece", () => {
  expect(cut("one\n\ntwo\n")).toEqual(["one\n\ntwo\n"]);
  expect(cut("")).toEqual([""]);
});

test("a long one falls apart between lines, and nothing of it is lost", () => {
  const text = Array.from({ length: 5_000 }, (_, at) => `line ${at}, ${"x".repeat(at % 90)}`);
  text[STRETCH_LINES] = "";
  const whole = text.join("\n");
  expect(whole.length).toBeGreaterThan(WHOLE_CHARS_MAX);
  const parts = cut(whole);
  expect(parts.join("\n")).toBe(whole);
  expect(parts.length).toBeGreaterThan(5_000 / STRETCH_LINES - 1);
  for (const part of parts) expect(part.length).toBeLessThanOrEqual(STRETCH_CHARS_MAX);
  expect(cut(`${whole}\n`).join("\n")).toBe(`${whole}\n`);
});

test("a line without end falls apart too, but never in the middle of a letter", () => {
  const line = `x${"𝒜".repeat(60_000)}`;
  const parts = cut(`first\n${line}\nlast`);
  expect(parts.slice(1, -1).join("") + parts.at(-1)).toContain("\nlast");
  expect(parts.join("").replaceAll("\n", "")).toBe(`first${line}last`);
  for (const part of parts) expect(part).not.toMatch(/^[\udc00-\udfff]|[\ud800-\udbff]$/);
});

test("what a rule saw is marked in every stretch it is in", () => {
  const text = "Dear Ann, you won a prize.";
  const marks = [
    { start: 5, end: 8, what: "a name" },
    { start: 6, end: 12, what: "covers the same" },
    { start: 14, end: 25, what: "a lure" },
    { start: 20, end: 900, what: "beyond the end" },
  ] as const;
  const of = (start: number, end: number) =>
    runs(
      text,
      marks.map((mark) => ({ ...mark })),
      { start, end, lines: 1 },
    )
      .map((run) => (run.what ? `[${run.text}]` : run.text))
      .join("");
  expect(of(0, text.length)).toBe("Dear [Ann], you [won a prize].");
  expect(of(0, 17) + of(17, text.length)).toBe("Dear [Ann], you [won][ a prize].");
});
