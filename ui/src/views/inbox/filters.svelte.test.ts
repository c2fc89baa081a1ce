// Filters in the inbox's field, over the demo host: offered as they are typed, taken by Tab.

import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test } from "vitest";
import { connect } from "../../data";
import { demoHost } from "../../host/demo/host";
import Inbox from "./Inbox.svelte";
import { inboxState } from "./inbox.svelte";

let disconnect: () => void;
afterEach(() => {
  cleanup();
  disconnect();
});

test("a filter is offered as it is typed, Tab takes it, and it is asked for once it is whole", async () => {
  const host = demoHost({ scenario: "ten" });
  const rpc = host.rpc.bind(host);
  const searched: (string | undefined)[] = [];
  host.rpc = (async (name: string, args: never) => {
    if (name === "inbox.list") searched.push((args as { search?: string }).search);
    return rpc(name as "frame", args);
  }) as typeof host.rpc;
  disconnect = connect(host);
  render(Inbox);
  const inbox = inboxState();
  const field = screen.getByRole<HTMLInputElement>("searchbox", { name: "Search the inbox" });
  field.focus();
  const type = (text: string) => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  await screen.findByRole("button", { name: "has:attachment" });
  expect(screen.queryByRole("button", { name: "rule:" })).toBeNull();
  type("intent:q");
  await screen.findByRole("button", { name: "intent:question" });
  field.dispatchEvent(
    new KeyboardEvent("keydown", { key: "Tab", bubbles: true, cancelable: true }),
  );
  await waitFor(() => expect(inbox.typed).toBe("intent:question "));
  await waitFor(() =>
    expect(inbox.list.rows.map((row) => row.subject)).toEqual(["Re: Rollout at Northwind"]),
  );
  expect(searched).not.toContain("intent:q");
  const past = new KeyboardEvent("keydown", { key: "Tab", bubbles: true, cancelable: true });
  field.dispatchEvent(past);
  expect(past.defaultPrevented, "with no word begun Tab goes on through the window").toBe(false);
  inbox.type("");
  await waitFor(() => expect(inbox.list.rows.length).toBeGreaterThan(1));
});
