// What a person says about a received message, over the demo host: each button asks for its own
// thing, once, and says what came of it.

import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { REST_MS } from "../../shared/rest";
import { useDesk } from "../../test-desk";
import Inbox from "./Inbox.svelte";
import { forgetInbox, inboxState } from "./inbox.svelte";

/** Conversations of the demo, and the newest message of each. */
const QUARANTINED = ["con_2", "inb_2"] as const;
const OPT_OUT = ["con_3", "inb_3"] as const;

const desk = useDesk(forgetInbox);
const { asks, type } = desk;

const button = (name: string | RegExp) => screen.findByRole<HTMLButtonElement>("button", { name });

async function open([conversation, message]: readonly [string, string], withYou = false) {
  desk.opened("ten", {
    "inbox.show": async (_, go) => {
      const detail = await go();
      const newest = detail.messages.at(-1)?.inbound;
      if (withYou && newest && newest.work !== "Done.") newest.with_you = true;
      return detail;
    },
  });
  const inbox = inboxState();
  inbox.chosen = conversation;
  render(Inbox);
  await waitFor(() => expect(inbox.newest?.id).toBe(message));
  return inbox;
}

test("w withholds a quarantined message for good, once it has been on screen", async () => {
  const inbox = await open(QUARANTINED);
  type("w");
  expect(asks("inbox.keep")).toEqual([]);
  const [, id] = QUARANTINED;
  await waitFor(() => expect(inbox.rest.rested(id)).toBe(true), { timeout: REST_MS * 10 });
  type("w");
  await waitFor(() => expect(asks("inbox.keep")).toEqual([{ id }]));
  await waitFor(() => expect(inbox.newest?.shelf).toBe("kept"));
  expect(screen.queryByRole("button", { name: /^Keep it here/ })).toBeNull();
  type("l");
  expect(asks("inbox.release"), "what is decided is decided by no further key").toEqual([]);
});

test.each([
  ["Keep it here", "inbox.keep"],
  ["Release to agents", "inbox.release"],
] as const)("`%s` decides about the message it stands in", async (title, command) => {
  await open(QUARANTINED);
  (await button(new RegExp(`^${title}`))).click();
  await waitFor(() => expect(asks(command)).toEqual([{ id: QUARANTINED[1] }]));
});

test.each([
  ["Yes, write to them no more", true, "The sender is suppressed: unsubscribe."],
  ["No, it says something else", false, null],
])("a doubtful opt-out is settled by `%s`", async (title, wantsOut, done) => {
  const inbox = await open(OPT_OUT);
  (await button(title)).click();
  await waitFor(() =>
    expect(asks("inbox.opt_out")).toEqual([{ id: OPT_OUT[1], wants_out: wantsOut }]),
  );
  await waitFor(() => expect(inbox.newest?.opt_out_open).toBe(false));
  if (done) await screen.findByText(done);
  expect(screen.queryByRole("button", { name: title })).toBeNull();
});

test("whoever is to be written to no more is suppressed, and that is said", async () => {
  await open(OPT_OUT);
  (await button("Write to them no more")).click();
  await screen.findByText("The sender is suppressed: asked by you.");
  expect(asks("inbox.suppress")).toEqual([{ id: OPT_OUT[1] }]);
});

test("what waits for a person waits until the person is done with it", async () => {
  const inbox = await open(OPT_OUT, true);
  (await button("I am done with it")).click();
  await waitFor(() => expect(asks("inbox.done")).toEqual([{ id: OPT_OUT[1] }]));
  await waitFor(() => expect(inbox.newest?.with_you).toBe(false));
});

test("what can be shown of an attachment is shown, and nothing that is not what it says", async () => {
  await open(["con_6", "inb_6"]);
  (await screen.findByRole("tab", { name: /^Files/ })).click();
  expect(await button("Save map.pdf")).toBeDefined();
  expect(screen.queryByRole("button", { name: "Look into map.pdf" })).toBeNull();
  (await button("Look into visit.ics")).click();
  const dialog = await screen.findByRole("dialog", { name: "visit.ics", hidden: true });
  await waitFor(() => expect(dialog.textContent).toContain("SUMMARY:Visit"));
  expect(asks("inbox.attachment")).toEqual([{ id: "inb_6", index: 0 }]);
});
