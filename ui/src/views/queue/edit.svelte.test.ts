// Editing a mail of the queue: what is typed is lost only to whoever discards it.

import { render, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { undoStack } from "../../shared/undo.svelte";
import { useDesk } from "../../test-desk";
import { EDITS_MAX, Edits } from "./edits";
import { forgetQueue, queueState } from "./memory";
import Queue from "./Queue.svelte";

const fields = { to: "", cc: "", bcc: "", replyTo: "", subject: "", text: "", html: "", kept: [] };
const desk = useDesk(forgetQueue);
const { type } = desk;
const message = () => screen.getByRole("region", { name: "Message" });
const rested = () =>
  waitFor(() => expect(message().getAttribute("data-rested")).toBe("true"), { timeout: 3_000 });
const subject = () => screen.findByLabelText<HTMLInputElement>("Subject");

async function open() {
  desk.opened();
  render(Queue);
  await rested();
  return queueState();
}

/** Begins to edit what is on screen, with another subject if one is said. */
async function begin(text?: string) {
  type("e");
  const field = await subject();
  if (text === undefined) return field;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await within(message()).findByRole("heading", { name: "Subject" });
  return field;
}

test("what was typed is there again after another mail was looked at", async () => {
  const queue = await open();
  const was = (await begin("Better words")).defaultValue;
  const { chosen } = queue;
  queue.pick(queue.rows[1]?.id ?? "");
  await rested();
  expect(queue.editing).toBe(false);
  queue.pick(chosen ?? "");
  await rested();
  expect((await begin()).value).toBe("Better words");
  screen.getByRole("button", { name: /^Discard/ }).click();
  await rested();
  const field = await begin();
  expect(field.value, "discarded is discarded").not.toBe("Better words");
  expect(field.defaultValue).toBe(was);
});

test("an undo takes nobody away from what is written", async () => {
  const queue = await open();
  const first = queue.chosen;
  type("a");
  await waitFor(() => expect(queue.chosen).not.toBe(first));
  await rested();
  await begin("Better words");
  const { chosen } = queue;
  await undoStack.undo(Date.now());
  expect(queue).toMatchObject({ editing: true, chosen });
  expect((await subject()).value).toBe("Better words");
  await waitFor(() => expect(queue.rows.some((row) => row.id === first)).toBe(true));
});

test("words begun on one version are not put over another, and the oldest make room", () => {
  const edits = new Edits();
  for (let at = 0; at <= EDITS_MAX; at += 1) edits.keep({ id: `${at}`, hash: `${at}` }, fields);
  expect(edits.of({ id: "0", hash: "0" })).toBeUndefined();
  expect(edits.of({ id: "1", hash: "b" })).toBeUndefined();
  expect(edits.of({ id: "1", hash: "1" })).toBe(fields);
});

test("words begun on an older version are offered, and taken up only if one wants them", async () => {
  const queue = await open();
  const older = { id: queue.chosen ?? "", hash: "of an older version" };
  queue.edits.keep(older, { ...fields, subject: "Better words" });
  const field = await begin();
  expect(field.value).not.toBe("Better words");
  expect(queue.edits.of(older), "looking drops nothing").toBeDefined();
  screen.getByRole("button", { name: "Take up those words" }).click();
  await waitFor(() => expect(field.value).toBe("Better words"));
  expect(screen.queryByText(/older version/)).toBeNull();
  expect(queue.edits.of(older)).toBeUndefined();
});
