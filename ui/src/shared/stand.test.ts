import { beforeEach, expect, test, vi } from "vitest";
import {
  DEPTH_ROWS_MAX,
  depthIn,
  dropOldStands,
  forgetStands,
  keepStand,
  keptStand,
  rowInSight,
  Standing,
  WRITTEN_AFTER_MS,
  writeDown,
} from "./stand";

/** What the next start finds. */
function started() {
  writeDown();
  forgetStands();
}

beforeEach(() => void vi.useFakeTimers());

test("the last of many places is written down once, a moment later", () => {
  const written = vi.spyOn(Storage.prototype, "setItem");
  for (const index of [1, 2, 3]) keepStand("queue", { index });
  expect(written).not.toHaveBeenCalled();
  vi.advanceTimersByTime(WRITTEN_AFTER_MS);
  expect(written).toHaveBeenCalledTimes(1);
  started();
  expect(keptStand("queue")).toEqual({ index: 3 });
});

test("a window that is closed within that moment writes it down too", () => {
  keepStand("inbox", { tab: "unread" });
  dispatchEvent(new Event("pagehide"));
  forgetStands();
  expect(keptStand("inbox")).toEqual({ tab: "unread" });
});

class Narrowed extends Standing {
  key = "all";
  words = "";
  remember() {
    keepStand("narrowed", { depth: this.lasting });
  }
  narrow(words: string) {
    this.words = words;
    this.key = `all ${words}`;
  }
}

test("how far down a list narrowed by typed words is stays out; the list before it is kept", () => {
  const view = new Narrowed();
  view.scrolled({ row: "con_7", index: 7, past: 0 });
  view.narrow("bea@acme.example");
  view.scrolled({ row: "con_2", index: 2, past: 0 });
  expect(view.depth, "here it is come back to").toMatchObject({ index: 2 });
  started();
  expect(keptStand("narrowed")).toEqual({
    depth: { of: "all", row: "con_7", index: 7, past: 0 },
  });
});

test.each([
  [undefined],
  [{ of: "all", row: "con_1", index: -1, past: 0 }],
  [{ of: "all", row: "con_1", index: 1.5, past: 0 }],
  [{ of: "all", row: 7, index: 1, past: 0 }],
  [{ of: "all", row: "con_1", index: DEPTH_ROWS_MAX + 1, past: 0 }],
])("%o is no depth to come back to", (kept) => {
  expect(depthIn(kept)).toBeNull();
});

test("where nothing is chosen it is a row in sight, once there is one", () => {
  const rows = ["a", "b", "c", "d"];
  const at = (index: number) => ({ row: "gone", index, past: 0.5 });
  expect(rowInSight({ rows, ended: true }, null)).toBe("a");
  expect(rowInSight({ rows, ended: false }, at(1))).toBe("c");
  expect(rowInSight({ rows, ended: false }, at(3))).toBeUndefined();
  expect(rowInSight({ rows, ended: true }, at(9))).toBe("d");
});

test("what older versions wrote down is gone, and nothing else is", () => {
  keepStand("queue", { index: 3 });
  writeDown();
  localStorage.setItem("sendoff.stand.contacts", JSON.stringify({ words: "bea@acme.example" }));
  localStorage.setItem("sendoff.other", "1");
  expect(keptStand("contacts"), "it is not read either").toEqual({});
  dropOldStands();
  expect(JSON.stringify({ ...localStorage })).not.toContain("bea@");
  expect(localStorage.getItem("sendoff.other")).toBe("1");
  started();
  expect(keptStand("queue")).toEqual({ index: 3 });
});
