import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { saveFile } from "./save";
import { TOAST_MS, toast } from "./toast.svelte";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "URL",
    Object.assign(URL, { createObjectURL: () => "blob:x", revokeObjectURL() {} }),
  );
});
afterEach(() => {
  toast.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a word in passing goes by itself, and a newer one has its whole time", () => {
  toast.say("one");
  vi.advanceTimersByTime(TOAST_MS - 1);
  toast.say("two");
  vi.advanceTimersByTime(TOAST_MS - 1);
  expect(toast.text).toBe("two");
  vi.advanceTimersByTime(1);
  expect(toast.text).toBe("");
});

test("a saved file is named as it is kept, without folders in it", () => {
  const pressed: string[] = [];
  const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
    this: HTMLAnchorElement,
  ) {
    pressed.push(this.download);
  });
  saveFile("a,b\n", "../../evil/list.csv");
  click.mockRestore();
  expect(pressed).toEqual([".._.._evil_list.csv"]);
  expect(toast.text).toBe(".._.._evil_list.csv goes to your downloads folder.");
});
