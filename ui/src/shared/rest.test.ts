import { expect, test } from "vitest";
import { REST_MS, Rest } from "./rest";

function at() {
  let now = 1_000;
  return { rest: new Rest(() => now), pass: (ms: number) => (now += ms) };
}

test("nothing on screen has rested", () => {
  const { rest, pass } = at();
  pass(REST_MS * 10);
  expect(rest.rested("a")).toBe(false);
});

test("verbs rest until the item has been painted for 300 ms", () => {
  const { rest, pass } = at();
  rest.painted("a");
  pass(REST_MS - 1);
  expect(rest.rested("a")).toBe(false);
  pass(1);
  expect(rest.rested("a")).toBe(true);
});

test("painting the same again does not begin anew, another version does", () => {
  const { rest, pass } = at();
  rest.painted("a v1");
  pass(REST_MS);
  rest.painted("a v1");
  expect(rest.rested("a v1")).toBe(true);
  rest.painted("a v2");
  expect(rest.rested("a v2")).toBe(false);
  expect(rest.rested("a v1")).toBe(false);
});

test("an item that left the screen must rest again", () => {
  const { rest, pass } = at();
  rest.painted("a");
  pass(REST_MS);
  rest.cleared();
  rest.painted("a");
  expect(rest.rested("a")).toBe(false);
});
