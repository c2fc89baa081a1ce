import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Saved, saveFile, tellSaved } from "./save";
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

test("where the host says what became of a file, nothing is promised before", () => {
  let hear: (saved: Saved) => void = () => {};
  const stop = tellSaved((heard) => {
    hear = heard;
    return () => {};
  });
  const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => {});
  saveFile("a,b\n", "list.csv");
  expect(toast.text).toBe("Saving list.csv…");
  hear({ name: "list (1).csv", path: "/home/you/list (1).csv", ok: true });
  expect(toast.text).toBe("Saved as /home/you/list (1).csv.");
  hear({ name: "list.csv", path: null, ok: true });
  expect(toast.text).toBe("list.csv is in your downloads folder.");
  hear({ name: "list.csv", path: null, ok: false });
  expect(toast.text).toMatch(/^list.csv could not be saved/);
  stop();
  saveFile("a,b\n", "list.csv");
  expect(toast.text).toBe("list.csv goes to your downloads folder.");
  click.mockRestore();
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

test("nothing in the name or the path of a file turns what is said around", () => {
  let hear: (saved: Saved) => void = () => {};
  const stop = tellSaved((heard) => {
    hear = heard;
    return () => {};
  });
  const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => {});
  const name = "invoice\u202efdp.exe";
  const said = [
    () => hear({ name, path: `/home/you/${name}`, ok: true }),
    () => hear({ name, path: null, ok: true }),
    () => hear({ name, path: null, ok: false }),
    () => saveFile("MZ", name),
    () => {
      stop();
      saveFile("MZ", name);
    },
  ].map((happens) => {
    happens();
    return toast.text;
  });
  for (const text of said) expect(text).toContain("invoice‹U+202E›fdp.exe");
  expect(said.join()).not.toContain("\u202e");
  click.mockRestore();
});

test("only what was held up or failed is an alert, and the next word is plain again", () => {
  for (const tone of ["hold", "block"] as const) {
    toast.say("no", tone);
    expect(toast.alert).toBe(true);
  }
  toast.say("yes");
  expect(toast.alert).toBe(false);
});
