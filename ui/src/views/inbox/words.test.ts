import { expect, test } from "vitest";
import type { ConversationRow } from "../../bindings";
import { due } from "./words";

const at = "2026-11-22T12:00:00Z";
const row = (minutes: number | null, last: string | null = at) =>
  ({
    last_at: last,
    next: { action: "reply", reason: "", sla_minutes: minutes, until: null },
  }) as ConversationRow;

test("an answer is due from when the message arrived, and late afterwards", () => {
  expect(due(row(240), Date.parse(at) + 60 * 60_000)).toEqual({
    text: "answer in 3 h",
    late: false,
  });
  expect(due(row(240), Date.parse(at) + 270 * 60_000)).toEqual({ text: "30 min late", late: true });
});

test("where nobody waits for an answer, nothing is due", () => {
  expect(due(row(null), Date.parse(at))).toBeNull();
  expect(due(row(5, null), Date.parse(at))).toBeNull();
});
