// What a link points at in the queue: it is shown, or said to be missing where nothing of it is in
// the record, and only there.

import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { keepStand } from "../../shared/stand";
import { useDesk } from "../../test-desk";
import { forgetQueue, queueState } from "./memory";
import Queue from "./Queue.svelte";

const desk = useDesk(forgetQueue);
const LOST = /not in this record. This is another mail/;

/** The demo's queue with its first mail decided elsewhere, chosen when the window was closed. */
async function reopened(state: "rejected" | "held") {
  const host = desk.opened();
  const [first] = host.world.subs.values();
  if (!first) throw new Error("the demo is empty");
  const { id } = first.row;
  first.row.state = state;
  first.detail = { ...first.detail, state };
  keepStand("queue", { tab: "needs_you", chosen: id });
  return { queue: queueState(), id };
}

test("what was decided since the last start is left without a word", async () => {
  const { queue, id } = await reopened("rejected");
  render(Queue);
  await waitFor(() => expect(queue.detail?.id).not.toBe(id));
  await waitFor(() => expect(queue.detail).toBeDefined());
  expect(screen.queryByText(LOST)).toBeNull();
});

test("a link to what was chosen at the last start shows it, decided as it is", async () => {
  const { queue, id } = await reopened("rejected");
  location.hash = `#/queue/${id}`;
  dispatchEvent(new Event("hashchange"));
  render(Queue);
  await waitFor(() => expect(queue.detail?.id).toBe(id));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(queue.chosen).toBe(id);
  expect(screen.queryByText(LOST)).toBeNull();
});

test("a row picked at the start stays, whatever becomes of it meanwhile", async () => {
  const { queue, id } = await reopened("rejected");
  queue.pick(id);
  render(Queue);
  await waitFor(() => expect(queue.detail?.id).toBe(id));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(queue.chosen).toBe(id);
});

test("a link to what is not in the record says so beside what is shown instead", async () => {
  const { queue } = await reopened("held");
  render(Queue);
  await waitFor(() => expect(queue.detail).toBeDefined());
  queue.point("sub_nowhere");
  await screen.findByText(LOST);
  await waitFor(() => expect(queue.detail).toBeDefined());
  screen.getByText(LOST);
  queue.step(1);
  await waitFor(() => expect(screen.queryByText(LOST)).toBeNull());
});
