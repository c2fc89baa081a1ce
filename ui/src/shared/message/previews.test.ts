import { expect, test } from "vitest";
import { PREVIEW_CHARS_MAX, shownAs, textOf } from "./previews";

test.each([
  ["text/csv; charset=utf-8", null, "text/csv"],
  ["TEXT/CALENDAR", "text/plain", "text/calendar"],
  ["image/png", "image/png", "image/png"],
  ["image/png", "image/svg+xml", null],
  ["image/png", "application/zip", null],
  ["text/plain", "text/html", null],
  ["image/svg+xml", null, null],
  ["text/html", null, null],
  ["application/pdf", null, null],
])("%s that is %s is shown as %s", (said, sniffed, shown) => {
  expect(shownAs(said, sniffed)).toBe(shown);
});

test("of a long text the beginning is shown, and that it is cut", () => {
  const long = "a".repeat(PREVIEW_CHARS_MAX + 1);
  expect(textOf(btoa(long))).toEqual({ text: long.slice(1), cut: true });
  expect(textOf(btoa("\xff"))).toEqual({ text: "\ufffd", cut: false });
});
