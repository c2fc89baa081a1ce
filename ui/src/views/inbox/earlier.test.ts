import { expect, test } from "vitest";
import type { ConversationDetail, ThreadItem } from "../../bindings";
import { oldest, withEarlier } from "./earlier";

const item = (n: number) =>
  ({
    at: new Date(n * 1_000).toISOString(),
    inbound: { id: `inb_${n}` },
    outbound: null,
  }) as unknown as ThreadItem;
const page = (from: number, to: number, has_earlier: boolean) =>
  ({
    row: {},
    messages: Array.from({ length: to - from }, (_, at) => item(from + at)),
    has_earlier,
  }) as unknown as ConversationDetail;
const ids = (detail: ConversationDetail) => detail.messages.map((one) => one.inbound?.id);

test("a page further back joins what is on screen, without a gap and without one twice", () => {
  const shown = page(80, 120, true);
  const before = oldest(shown);
  expect(before).toEqual({ received: "inb_80" });
  const all = withEarlier(page(40, 120, true), [[before, page(0, 80, false)]]);
  expect(ids(all)).toEqual(Array.from({ length: 120 }, (_, n) => `inb_${n}`));
  expect(all.has_earlier).toBe(false);
});

test("beyond a thousand messages the button still leads further back", () => {
  let shown = page(1_920, 2_000, true);
  const pages: [ReturnType<typeof oldest>, ConversationDetail][] = [];
  for (let at = 1_920; at > 0; at -= 80) {
    pages.push([oldest(shown), page(at - 80, at, at > 80)]);
    shown = withEarlier(page(1_920, 2_000, true), pages);
  }
  expect(shown.messages).toHaveLength(2_000);
  expect(shown.has_earlier).toBe(false);
});

test("what no longer reaches back to a page does not hide a gap", () => {
  const before = { received: "inb_80" };
  const later = withEarlier(page(100, 180, true), [[before, page(0, 80, false)]]);
  expect(ids(later)[0]).toBe("inb_100");
  expect(later.has_earlier).toBe(true);
});
