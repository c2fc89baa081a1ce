import { afterEach, describe, expect, test, vi } from "vitest";
import {
  age,
  fromLocal,
  hasHidden,
  left,
  octets,
  secondsLeft,
  sentence,
  shortHash,
  span,
  toLocal,
  visible,
} from "./format";

const NOW = Date.parse("2026-11-22T10:00:00Z");
const at = (ms: number) => new Date(NOW + ms).toISOString();

describe("times", () => {
  test.each([
    [0, "now"],
    [4_999, "now"],
    [5_000, "5 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_599_999, "59 min"],
    [3_600_000, "1 h"],
    [47 * 3_600_000, "47 h"],
    [48 * 3_600_000, "2 d"],
  ])("%i ms are %s", (ms, text) => {
    expect(span(ms)).toBe(text);
  });

  test("a clock that is behind shows no negative age", () => {
    expect(age(at(90_000), NOW)).toBe("now");
  });

  test("what is left never rounds up, and ends as due", () => {
    expect(left(at(2 * 60_000 - 1), NOW)).toBe("1 min left");
    expect(left(at(0), NOW)).toBe("due");
    expect(left(at(-5_000), NOW)).toBe("due");
  });

  test("a countdown counts whole seconds down to none", () => {
    expect(secondsLeft(at(9_001), NOW)).toBe(10);
    expect(secondsLeft(at(1), NOW)).toBe(1);
    expect(secondsLeft(at(-1), NOW)).toBe(0);
  });
});

describe("times in a field", () => {
  afterEach(() => void vi.unstubAllEnvs());

  test.each([
    ["America/New_York", "2027-03-14T06:59:00Z", "2027-03-14T01:59"],
    ["America/New_York", "2027-03-14T07:00:00Z", "2027-03-14T03:00"],
    ["America/New_York", "2027-03-14T09:00:00Z", "2027-03-14T05:00"],
    ["America/New_York", "2027-11-07T07:00:00Z", "2027-11-07T02:00"],
    ["Europe/Berlin", "2027-03-28T01:00:00Z", "2027-03-28T03:00"],
    ["Asia/Kathmandu", "2027-03-28T00:00:00Z", "2027-03-28T05:45"],
    ["UTC", "2026-11-22T10:00:59Z", "2026-11-22T10:00"],
  ])("in %s, %s is %s and back", (zone, at, field) => {
    vi.stubEnv("TZ", zone);
    expect(toLocal(at)).toBe(field);
    expect(Date.parse(fromLocal(field) ?? "")).toBe(Math.floor(Date.parse(at) / 60_000) * 60_000);
  });

  test.each(["", "20270-01-01T00:00", "tomorrow"])("%j holds no time", (field) => {
    expect(fromLocal(field)).toBeNull();
  });
});

test("sizes are in decimal units", () => {
  expect([999, 1_000, 184_211, 2_500_000].map(octets)).toEqual([
    "999 B",
    "1 kB",
    "184 kB",
    "2.5 MB",
  ]);
});

test("a hash is shortened to what an eye compares", () => {
  expect(shortHash("9f2c00000000000000000071ab")).toBe("9f2c…71ab");
});

describe("strangers’ text", () => {
  test.each([
    ["pay\u200bpal", "pay‹U+200B›pal"],
    ["\u202egpj.exe", "‹U+202E›gpj.exe"],
    ["a\u2066b\u2069", "a‹U+2066›b‹U+2069›"],
    ["so\u00adft", "so‹U+00AD›ft"],
    ["\ufeffbom", "‹U+FEFF›bom"],
    ["\u3164", "‹U+3164›"],
    ["bell\u0007", "bell‹U+0007›"],
  ])("%j shows what nobody would see", (text, shown) => {
    expect(visible(text)).toBe(shown);
    expect(hasHidden(text)).toBe(true);
  });

  test.each(["Zoë Łukasz 注文番号", "two\nlines\tand a tab\r\n", "👩‍💻 at work ❤️", "e\u0301"])(
    "%j stays as it is",
    (text) => {
      expect(visible(text)).toBe(text);
    },
  );
});

test.each([
  ["the disk is full", "The disk is full"],
  ["One image would be fetched from elsewhere.", "One image would be fetched from elsewhere"],
  ["it goes on…", "It goes on…"],
  ["and so on...", "And so on..."],
  ["from pay\u200bments", "From pay‹U+200B›ments"],
  ["", ""],
])("`%s` is shown as a sentence, its full stop left to the place", (text, shown) => {
  expect(sentence(text)).toBe(shown);
});
