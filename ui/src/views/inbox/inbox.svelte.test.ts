// The inbox as a component, over the demo host: which message a key decides about, and when.

import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Hearing } from "../../host/demo/heard";
import { Refusal } from "../../host/host";
import { REST_MS } from "../../shared/rest";
import { useDesk } from "../../test-desk";
import Inbox from "./Inbox.svelte";
import { inboxState } from "./inbox.svelte";

/** A quarantined message of the demo, here after an older one that is quarantined too. */
const CONVERSATION = "con_2";
const NEWER = "inb_2";
const OLDER = "inb_1";

const desk = useDesk();
const { asks, type } = desk;

async function open(hearing: Hearing = {}) {
  desk.opened("ten", {
    "inbox.show": async (_, go) => {
      const detail = await go();
      const [newer] = detail.messages.slice(-1);
      if (newer?.inbound) {
        detail.messages.unshift({ ...newer, inbound: { ...newer.inbound, id: OLDER } });
      }
      return detail;
    },
    ...hearing,
  });
  const inbox = inboxState();
  inbox.unfolded.clear();
  inbox.chosen = CONVERSATION;
  render(Inbox);
  await waitFor(() => expect(inbox.detail?.row.id).toBe(CONVERSATION));
  return inbox;
}

const released = () => asks("inbox.release");
/** Presses until something is released, as long as resting takes. */
const releasing = () =>
  waitFor(
    () => {
      type("l");
      expect(released()).not.toEqual([]);
    },
    { timeout: REST_MS * 10 },
  );

test("a key decides about a message only once it has been on screen", async () => {
  await open();
  type("l");
  expect(released()).toEqual([]);
  await releasing();
  expect(released()).toEqual([{ id: NEWER }]);
});

test("a key decides about the message that is unfolded, not about the newest", async () => {
  const inbox = await open();
  inbox.toggle(OLDER);
  inbox.toggle(NEWER);
  await releasing();
  expect(released()).toEqual([{ id: OLDER }]);
});

test("with two unfolded a key decides about neither", async () => {
  const inbox = await open();
  await waitFor(() => expect(inbox.rest.rested(NEWER)).toBe(true), { timeout: REST_MS * 10 });
  inbox.toggle(OLDER);
  await screen.findByText("Open one message to see what was made of it.");
  type("l");
  expect(released()).toEqual([]);
});

test("a correction that is refused is not shown as made", async () => {
  await open({
    "inbox.correct": () => {
      throw new Refusal({ code: "internal", detail: "the disk is full" });
    },
  });
  const select = await waitFor(() => screen.getByLabelText("What they want"));
  if (!(select instanceof HTMLSelectElement)) throw new Error("no list to choose from");
  const before = select.value;
  select.value = "billing";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  await screen.findByText(/Not done: the disk is full/);
  await waitFor(() => expect(select.value).toBe(before));
});

test("only a message that is unfolded is taken apart", async () => {
  const inbox = await open();
  const taken = () => asks("inbox.parts");
  await waitFor(() => expect(taken()).toEqual([{ id: NEWER }]));
  inbox.toggle(OLDER);
  await waitFor(() => expect(taken()).toEqual([{ id: NEWER }, { id: OLDER }]));
});

const loads = () => asks("inbox.pictures").length;

async function openPictures(missing: () => string[]) {
  let quarantined = false;
  const host = desk.opened("ten", {
    "inbox.pictures": async (_, go) => ({ ...(await go()), missing: missing() }),
    "inbox.show": async (_, go) => {
      const detail = await go();
      if (!quarantined) return detail;
      for (const { inbound } of detail.messages) if (inbound) inbound.shelf = "quarantined";
      return detail;
    },
  });
  const inbox = inboxState();
  inbox.unfolded.clear();
  inbox.pictures.clear();
  const row = (await host.rpc("inbox.list", { tab: "all" })).rows.find((each) =>
    each.from?.includes("Priya"),
  );
  inbox.chosen = row?.id ?? null;
  return {
    inbox,
    show: (as: "clear" | "quarantined") => {
      quarantined = as === "quarantined";
      render(Inbox);
    },
  };
}

test("`p` fetches no pictures while nobody can see whom it would ask", async () => {
  const { inbox, show } = await openPictures(() => []);
  show("quarantined");
  await waitFor(() => expect(inbox.current?.shelf).toBe("quarantined"));
  await new Promise((resolve) => setTimeout(resolve, REST_MS * 2));
  type("p");
  expect(loads()).toBe(0);
});

test("`p` rests until the names were on screen, and what did not come can be had again", async () => {
  let missing = ["The network is down."];
  const { show } = await openPictures(() => missing);
  show("clear");
  await screen.findByText(/pictures? not loaded/);
  type("p");
  expect(loads()).toBe(0);
  await waitFor(
    () => {
      type("p");
      expect(loads()).toBe(1);
    },
    { timeout: REST_MS * 10 },
  );
  const again = await screen.findByRole("button", { name: /Try again/ });
  missing = [];
  again.click();
  await waitFor(() => expect(loads()).toBe(2));
  await waitFor(() => expect(screen.queryByRole("button", { name: /Try again/ })).toBeNull());
});
