// The inbox's search field, over the demo host: what is asked for and when, and filters offered as
// they are typed.

import { render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import { useDesk } from "../../test-desk";
import Inbox from "./Inbox.svelte";
import { forgetInbox, inboxState } from "./inbox.svelte";

/** Longer than typing rests before it is asked for. */
const RESTED_MS = 200;

const desk = useDesk(forgetInbox);
afterEach(() => {
  vi.useRealTimers();
});

/** The inbox with all of its conversations, the field focused; `searched` is what was asked for. */
async function open() {
  const searched: string[] = [];
  desk.opened("ten", {
    "inbox.list": ({ search }, go) => {
      if (search !== undefined) searched.push(search);
      return go();
    },
  });
  render(Inbox);
  const inbox = inboxState();
  await waitFor(() => expect(inbox.list.rows.length).toBeGreaterThan(1));
  const field = screen.getByRole<HTMLInputElement>("searchbox", { name: "Search the inbox" });
  field.focus();
  const type = (text: string) => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const press = (key: string, how: KeyboardEventInit = {}) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...how });
    field.dispatchEvent(event);
    return event;
  };
  /** Types it and lets it rest. */
  const rest = async (text: string) => {
    vi.useFakeTimers();
    type(text);
    await vi.advanceTimersByTimeAsync(RESTED_MS);
    vi.useRealTimers();
  };
  return { inbox, searched, field, type, press, rest };
}

test("what is typed is searched for once typing rests, and emptied it is all again", async () => {
  const { inbox, searched, type, rest } = await open();
  const all = inbox.list.rows.length;
  for (const text of ["r", "ro"]) type(text);
  await rest("rollout");
  expect(searched).toEqual(["rollout"]);
  await waitFor(() =>
    expect(inbox.list.rows.map((row) => row.subject)).toEqual([
      "Re: Rollout at Northwind",
      "Re: Quick follow-up on the Fernway rollout",
    ]),
  );
  await rest("");
  await waitFor(() => expect(inbox.list.rows.length).toBe(all));
});

test("a filter is offered as it is typed, Tab takes it, and it is asked for once it is whole", async () => {
  const { inbox, searched, press, rest } = await open();
  await screen.findByRole("button", { name: "has:attachment" });
  expect(screen.queryByRole("button", { name: "rule:" })).toBeNull();
  await rest("intent:q");
  await screen.findByRole("button", { name: "intent:question" });
  expect(searched).toEqual([]);
  press("Tab");
  await waitFor(() => expect(inbox.typed).toBe("intent:question "));
  await waitFor(() =>
    expect(inbox.list.rows.map((row) => row.subject)).toEqual(["Re: Rollout at Northwind"]),
  );
  expect(searched).toEqual(["intent:question"]);
  expect(press("Tab").defaultPrevented, "with no word begun Tab goes on through the window").toBe(
    false,
  );
});

test("Enter asks for what is typed at once, also where a filter is not whole", async () => {
  const { inbox, searched, field, type, press, rest } = await open();
  await rest("is:unr");
  expect(searched).toEqual([]);
  press("Enter");
  await waitFor(() => expect(searched).toEqual(["is:unr"]));
  expect(document.activeElement).not.toBe(field);
  // Nothing new was typed: what was chosen stays.
  type("rollout");
  press("Enter");
  await waitFor(() => expect(searched).toEqual(["is:unr", "rollout"]));
  await waitFor(() => expect(inbox.chosen).not.toBeNull());
  const [, second] = inbox.list.rows;
  inbox.choose(second?.id ?? null);
  press("Enter");
  expect(inbox.chosen).toBe(second?.id);
  // Escape leaves the field and asks for nothing.
  field.focus();
  type("before:2026-11");
  press("Escape");
  expect(inbox.words).toBe("rollout");
  expect(document.activeElement).not.toBe(field);
});

test.each([
  ["Enter", { isComposing: true }],
  ["Escape", { isComposing: true }],
  ["Enter", { keyCode: 229 }],
])(
  "%s that ends what an input method composes leaves the field as it is (%o)",
  async (key, how) => {
    const { inbox, searched, field, press } = await open();
    inbox.typed = "かいぎ";
    press(key, how);
    expect(searched).toEqual([]);
    expect(inbox.words).toBe("");
    expect(document.activeElement).toBe(field);
  },
);
