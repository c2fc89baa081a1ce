import { beforeEach, expect, test } from "vitest";
import { wear, wearAgain } from "./theme";

const worn = () => document.documentElement.dataset.theme;
beforeEach(() => localStorage.clear());

test("a theme is worn, remembered, and given back to the desktop", () => {
  wear("dark");
  expect(worn()).toBe("dark");
  delete document.documentElement.dataset.theme;
  wearAgain();
  expect(worn()).toBe("dark");
  wear("system");
  expect(worn()).toBeUndefined();
  wearAgain();
  expect(worn()).toBeUndefined();
});

test("what is no theme is the desktop's", () => {
  wear("dark");
  wear("purple");
  expect(worn()).toBeUndefined();
});
