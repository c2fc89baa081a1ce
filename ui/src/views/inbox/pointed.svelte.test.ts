// What a link points at in the inbox: it is shown, or said to be missing.

import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { Refusal } from "../../host/host";
import { useDesk } from "../../test-desk";
import Inbox from "./Inbox.svelte";
import { forgetInbox, inboxState } from "./inbox.svelte";

const desk = useDesk(forgetInbox);
const LOST = /not in this record. This is another conversation/;
const GONE = "con_nowhere";

async function open(code: "not_found" | "internal" = "not_found") {
  desk.opened("ten", {
    "inbox.show": ({ id }, go) => {
      if (id === GONE) throw new Refusal({ code, detail: "it could not be read" });
      return go();
    },
  });
  render(Inbox);
  const inbox = inboxState();
  await waitFor(() => expect(inbox.detail).toBeDefined());
  return inbox;
}

test("a link to a conversation shows it, and one to none says so beside another", async () => {
  const inbox = await open();
  inbox.point("con_3");
  await waitFor(() => expect(inbox.detail?.row.id).toBe("con_3"));
  expect(screen.queryByText(LOST)).toBeNull();
  inbox.point(GONE);
  await screen.findByText(LOST);
  await waitFor(() => expect(inbox.detail).toBeDefined());
  inbox.step(1);
  await waitFor(() => expect(screen.queryByText(LOST)).toBeNull());
});

test("what could not be read is not said to be missing", async () => {
  const inbox = await open("internal");
  inbox.point(GONE);
  await screen.findByText(/It could not be read/);
  expect(inbox.chosen).toBe(GONE);
  expect(screen.queryByText(LOST)).toBeNull();
});

test("what was chosen and is gone, with nobody pointing at it, is left without a word", async () => {
  const inbox = await open();
  inbox.choose(GONE);
  await waitFor(() => expect(inbox.chosen).not.toBe(GONE));
  await waitFor(() => expect(inbox.detail).toBeDefined());
  expect(screen.queryByText(LOST)).toBeNull();
});

test("a link that is no id leaves what is read", async () => {
  const inbox = await open();
  const { chosen } = inbox;
  inbox.point(null);
  expect(inbox.chosen).toBe(chosen);
});
