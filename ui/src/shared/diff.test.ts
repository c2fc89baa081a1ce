import { describe, expect, test } from "vitest";
import type { DraftEdit } from "../bindings";
import {
  DIFF_CHARS_MAX,
  nearChanges,
  recipientDiff,
  sameDraft,
  splitAddresses,
  wordDiff,
} from "./diff";

const draft = (more: Partial<DraftEdit> = {}): DraftEdit => ({
  to: ["Dana <dana@acme.example>"],
  cc: [],
  bcc: [],
  reply_to: [],
  subject: "Hello",
  text: "Hello",
  html: null,
  keep_attachments: [0, 1],
  ...more,
});

const read = (before: string, after: string) => {
  const sign = { same: "", added: "+", removed: "-" };
  return wordDiff(before, after).map((part) => sign[part.kind] + part.text);
};

describe("words", () => {
  test("are taken out and put in where they changed", () => {
    expect(read("Would Thursday work?", "Would Friday work?")).toEqual([
      "Would ",
      "-Thursday",
      "+Friday",
      " work?",
    ]);
  });

  test("put together again give both texts, spaces and line breaks included", () => {
    const before = "Hi Dana,\n\nthanks for  asking.\nBest,\nLena";
    const after = "Hi Dana,\n\nthank you for asking!\n\nBest wishes,\nLena";
    const parts = wordDiff(before, after);
    const keep = (drop: string) =>
      parts
        .filter((part) => part.kind !== drop)
        .map((part) => part.text)
        .join("");
    expect(keep("added")).toBe(before);
    expect(keep("removed")).toBe(after);
  });

  test("that did not change are one part, and nothing is none", () => {
    expect(read("same", "same")).toEqual(["same"]);
    expect(read("", "")).toEqual([]);
    expect(read("", "new")).toEqual(["+new"]);
  });

  test("of a text written anew are not interleaved with the old ones", () => {
    const parts = wordDiff("Hello Dana,\n\nthis is the first mail.", "Other words, by a person.");
    expect(parts.map((part) => part.kind)).toEqual(["removed", "added"]);
  });

  test("of a very long text are not compared one by one", () => {
    const long = "word ".repeat(DIFF_CHARS_MAX / 5);
    expect(wordDiff(long, `${long}!`).map((part) => part.kind)).toEqual(["removed", "added"]);
  });
});

describe("recipients", () => {
  test("added, removed and moved to Bcc are each said", () => {
    const before = draft({ cc: ["a@x.example"] });
    const after = draft({ to: [], bcc: ["dana@acme.example"], cc: ["a@x.example", "b@x.example"] });
    expect(recipientDiff(before, after)).toEqual([
      { field: "to", kind: "removed", address: "Dana <dana@acme.example>" },
      { field: "cc", kind: "added", address: "b@x.example" },
      { field: "bcc", kind: "added", address: "dana@acme.example" },
    ]);
  });

  test("with another name or another case of the domain are the same", () => {
    expect(recipientDiff(draft(), draft({ to: ["dana@ACME.example"] }))).toEqual([]);
    expect(recipientDiff(draft(), draft({ to: ["Dana@acme.example"] })).length).toBe(2);
  });

  test("are split at commas, semicolons and lines, but not inside a quoted name", () => {
    expect(
      splitAddresses('"Whitfield, Dana" <d@x.example>; a@x.example,\n b@x.example,, '),
    ).toEqual(['"Whitfield, Dana" <d@x.example>', "a@x.example", "b@x.example"]);
  });
});

test("a draft is the same if the same message would leave", () => {
  expect(sameDraft(draft(), draft({ keep_attachments: [1, 0] }))).toBe(true);
  expect(sameDraft(draft(), draft({ text: "Hello " }))).toBe(false);
  expect(sameDraft(draft(), draft({ html: "" }))).toBe(false);
});

test("of a long text only what is near a change is shown", () => {
  const long = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => `line ${from + at}`).join("\n");
  const before = `${long(0, 20)}\nhere = 1\n${long(20, 40)}`;
  const after = before.replace("here = 1", "here = 2");
  const text = nearChanges(wordDiff(before, after), 1)
    .map((part) => part.text)
    .join("");
  expect(text).toBe("⋯\nline 19\nhere = 12\nline 20\n⋯\n");
  // What is short is shown whole.
  expect(nearChanges(wordDiff("a\nb", "a\nc"), 2)).toEqual(wordDiff("a\nb", "a\nc"));
});
