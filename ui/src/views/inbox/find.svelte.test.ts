// The inbox's search field, over the demo host: what is asked for, and when.

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

test("what is typed is searched for once typing rests, and emptied it is all again", async () => {
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
  await waitFor(() => expect(inbox.list.rows.length).toBeGreaterThan(1));
  const all = inbox.list.rows.length;

  const field = screen.getByRole<HTMLInputElement>("searchbox", { name: "Search the inbox" });
  for (const text of ["r", "ro", "rollout"]) {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  await waitFor(() => expect(searched).toContain("rollout"));
  expect(searched).not.toContain("r");
  await waitFor(() =>
    expect(inbox.list.rows.map((row) => row.subject)).toEqual([
      "Re: Rollout at Northwind",
      "Re: Quick follow-up on the Fernway rollout",
    ]),
  );
  inbox.type("");
  await waitFor(() => expect(inbox.list.rows.length).toBe(all));
});
