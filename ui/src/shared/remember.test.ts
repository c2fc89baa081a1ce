import { afterEach, expect, test, vi } from "vitest";
import { isRecord, isText, recall, remember } from "./remember";

afterEach(() => {
  localStorage.clear();
  vi.restoreAllMocks();
});

test("what was kept is found again, as long as it is what was asked for", () => {
  remember("view", "inbox");
  expect(recall("view", isText)).toBe("inbox");
  expect(recall("view", isRecord)).toBeNull();
  expect(recall("never", isText)).toBeNull();
});

test("nonsense, or a browser that keeps nothing, begins anew", () => {
  localStorage.setItem("sendoff.view", "{not json");
  expect(recall("view", isText)).toBeNull();
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new Error("full");
  });
  expect(() => remember("view", "queue")).not.toThrow();
});
