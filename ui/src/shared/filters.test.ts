// Hints of a search field: what may follow, and what taking one makes of what is typed.

import { expect, test } from "vitest";
import { FILTERS, isWhole, offers, take } from "./filters";

const texts = (typed: string, known = {}) =>
  offers(typed, undefined, known).map(({ text }) => text);

test("before anything is typed every filter is offered, each once", () => {
  expect(texts("")).toHaveLength(FILTERS.length);
  expect(new Set(texts("rollout ")).size).toBe(FILTERS.length);
});

test("what is begun narrows the offer to what goes on with it", () => {
  expect(texts("rollout a")).toEqual(["account:", "agent:", "after:"]);
  expect(texts("is")).toEqual(["is:unread"]);
  expect(texts("intent:un")).toEqual(["intent:unsubscribe", "intent:unclear"]);
  expect(texts("intent:question")).toEqual([]);
  expect(texts("rollout")).toEqual([]);
  expect(texts("https://x.example")).toEqual([]);
});

test("a place offers its own filters and its own values", () => {
  expect(texts("account:t", { account: ["team@ours.example", "me@ours.example"] })).toEqual([
    "account:team@ours.example",
  ]);
  expect(offers("s", ["from", "is"]).map(({ text }) => text)).toEqual([]);
});

test("an offer takes the place of the word being typed, and leaves the others", () => {
  const [is] = offers("rollout is");
  const [from] = offers("rollout fr");
  if (!is || !from) throw new Error("nothing is offered");
  expect(take("rollout is", is)).toBe("rollout is:unread ");
  expect(take("rollout fr", from)).toBe("rollout from:");
  expect(take("", from)).toBe("from:");
});

test("a filter whose value is on its way is not asked for yet", () => {
  for (const whole of [
    "",
    "rollout",
    "from:d",
    "intent:question",
    "intent:war",
    "before:2026-11-22",
  ]) {
    expect(isWhole(whole), whole).toBe(true);
  }
  for (const part of ["intent:", "intent:que", "rollout is:", "before:2026-1", "has:att"]) {
    expect(isWhole(part), part).toBe(false);
  }
});
