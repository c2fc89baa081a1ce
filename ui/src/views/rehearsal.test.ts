// Mail of the rehearsal says so beside itself, in every list it stands in, and no other mail does.

import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Scenario } from "../host/demo/world";
import { useDesk } from "../test-desk";
import Activity from "./activity/Activity.svelte";
import Search from "./activity/Search.svelte";
import Inbox from "./inbox/Inbox.svelte";
import { forgetInbox } from "./inbox/inbox.svelte";
import { forgetQueue } from "./queue/memory";
import Queue from "./queue/Queue.svelte";

const desk = useDesk(forgetInbox, forgetQueue);

/** Whom the rehearsal's mailbox writes to, and whom another one does. */
const REHEARSED = /Dana/;
const REAL = /quarry/;

const VIEWS = [
  ["the queue", Queue],
  ["the inbox", Inbox],
  ["the activity", Activity],
  ["the search", Search],
] as const;

function open(view: (typeof VIEWS)[number][1], scenario: Scenario) {
  desk.opened(scenario);
  render(view);
}
const texts = async (of: RegExp) =>
  (await screen.findAllByRole("option", { name: of })).map((row) => row.textContent);

test.each(VIEWS)("in %s a rehearsal is marked in its row", async (name, view) => {
  open(view, "rehearsal");
  await waitFor(async () => expect((await texts(REHEARSED))[0]).toContain("REHEARSAL"));
  // All that came in the demo came to one mailbox.
  if (name !== "the inbox") expect((await texts(REAL))[0]).not.toContain("REHEARSAL");
});

test.each(VIEWS)("in %s nothing else is", async (_, view) => {
  open(view, "ten");
  expect((await texts(/./)).join()).not.toContain("REHEARSAL");
});
