// The queue's verbs as a person presses them, over the demo host: what each asks of the engine, and
// that nothing which happens meanwhile moves what a person is looking at.

import { render, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import UndoBar from "../../frame/UndoBar.svelte";
import { type DemoHost, demoHost } from "../../host/demo/host";
import { LETTERS } from "../../host/demo/letters";
import { useDesk } from "../../test-desk";
import { forgetQueue, queueState } from "./memory";
import Queue from "./Queue.svelte";

const desk = useDesk(forgetQueue);
const { asks, type } = desk;
let host: DemoHost;

const message = () => screen.getByRole("region", { name: "Message" });
const rested = () =>
  waitFor(() => expect(message().getAttribute("data-rested")).toBe("true"), { timeout: 3_000 });
const subs = () => [...host.world.subs.values()];
/** A dialog's button: jsdom does not know that a modal is on top. */
const button = async (name: string | RegExp) =>
  screen.findByRole<HTMLButtonElement>("button", { name, hidden: true });

async function open(scenario: "ten" | "alike" = "ten") {
  host = desk.opened(scenario);
  render(Queue);
  await rested();
  return queueState();
}

test("a batch is approved by its names: what is left out stays", async () => {
  const queue = await open("alike");
  queue.choose(queue.batches.all[0]?.rows[0]?.id ?? null);
  await rested();
  type("b");
  await screen.findByRole("button", { name: /^Approve these 7/ });
  const rows = queue.batches.open?.rows ?? [];
  screen.getAllByRole<HTMLInputElement>("checkbox", { name: /^Leaves: / })[2]?.click();
  await screen.findByRole("button", { name: /^Approve these 6/ });
  type("a");
  expect(asks("submission.approve_many"), "before it has rested").toEqual([]);
  await rested();
  type("a");
  const leaving = rows.filter((_, at) => at !== 2);
  await waitFor(() => expect(asks("submission.approve_many")).toHaveLength(1));
  expect(asks("submission.approve_many")).toEqual([
    { items: leaving.map(({ id, hash, decision }) => ({ id, hash, decision })) },
  ]);
  await waitFor(() => expect(queue.batches.open).toBeUndefined());
  expect(host.world.subs.get(rows[2]?.id ?? "")?.row.state).toBe("held");
});

test("in a batch j and k mark a mail, x leaves it out, and f reads it in full", async () => {
  const queue = await open("alike");
  const rows = queue.batches.all[0]?.rows ?? [];
  queue.choose(rows[0]?.id ?? null);
  await rested();
  type("b");
  await screen.findByRole("button", { name: /^Approve these 7/ });
  type("j");
  type("j");
  type("k");
  await waitFor(() => expect(queue.batches.marked?.id).toBe(rows[1]?.id));
  expect(queue.batches.open, "the batch is still open").toBeDefined();
  type("x");
  await screen.findByRole("button", { name: /^Approve these 6/ });
  expect(queue.selected.size).toBe(0);
  type("f");
  await waitFor(() => expect(queue.detail?.id).toBe(rows[1]?.id));
  await within(message()).findByRole("tab", { name: "Text" });
  // And back: who was left out still is.
  type("b");
  await screen.findByRole("button", { name: /^Approve these 6/ });
  expect(queue.batches.marked?.id).toBe(rows[1]?.id);
  expect([...queue.batches.left]).toEqual([rows[1]?.id]);
  expect(asks("submission.approve_many")).toEqual([]);
});

test("x selects and lets go, and what is selected is approved after one more yes", async () => {
  const queue = await open();
  const [first, second] = queue.rows;
  type("x");
  expect([...queue.selected]).toEqual([first?.id]);
  type("x");
  expect(queue.selected.size).toBe(0);
  type("x");
  type("j");
  await rested();
  type("x");
  expect([...queue.selected]).toEqual([first?.id, second?.id]);
  type("a");
  expect(asks("submission.approve")).toEqual([]);
  const dialog = await screen.findByRole("dialog", { name: "Approve these 2?", hidden: true });
  within(dialog).getByRole("button", { name: "Approve these 2", hidden: true }).click();
  await waitFor(() => expect(asks("submission.approve_many")).toHaveLength(1));
  expect(asks("submission.approve_many")[0]).toMatchObject({
    items: [
      { id: first?.id, hash: first?.hash },
      { id: second?.id, hash: second?.hash },
    ],
  });
});

test("a name that is turned around is shown as it is, wherever the mail is told of", async () => {
  host = demoHost({ scenario: "ten" });
  const [first] = subs();
  if (!first) throw new Error("the demo is empty");
  const { detail } = first;
  const subject = "Invoice \u202egnp.exe";
  first.row = { ...first.row, subject };
  first.detail = {
    ...detail,
    message: {
      ...detail.message,
      subject,
      warnings: ["the text names \u202eanother", "One image would be fetched from elsewhere."],
    },
  };
  desk.connected(host);
  render(Queue);
  render(UndoBar);
  await rested();
  within(message()).getByText("The text names ‹U+202E›another.");
  within(message()).getByText("One image would be fetched from elsewhere.");
  type("x");
  type("a");
  const dialog = await screen.findByRole("dialog", { name: "Approve these 1?", hidden: true });
  within(dialog).getByText("Invoice ‹U+202E›gnp.exe");
  within(dialog).getByRole("button", { name: "Approve these 1", hidden: true }).click();
  await screen.findByText("Approved: Invoice ‹U+202E›gnp.exe");
  expect(document.body.textContent).not.toContain("\u202e");
});

test("t takes nobody over before a person is named, and the mail stays", async () => {
  const queue = await open();
  const { chosen, detail } = queue;
  const address = detail?.contact[0]?.address ?? "";
  type("j");
  type("k");
  await waitFor(() => expect(queue.detail?.id).toBe(chosen));
  type("t");
  expect(queue.question, "what has just come on screen was not what was meant").toBeNull();
  await rested();
  type("t");
  const name = await button(address);
  expect(asks("contacts.take_over")).toEqual([]);
  name.click();
  await screen.findByText(new RegExp(`^${address} is in your hands`));
  expect(asks("contacts.take_over")).toEqual([{ mailbox: detail?.mailbox.address, address }]);
  expect(queue.chosen).toBe(chosen);
});

test("a snooze puts away what was on screen, and nothing that came in its place", async () => {
  const queue = await open();
  const [first] = subs();
  if (!first) throw new Error("the demo is empty");
  const { id, hash } = first.detail;
  type("s");
  const later = await button(/In an hour/);
  // Written anew behind the question, and the window has not heard of it.
  first.detail = { ...first.detail, hash: "f".repeat(64), version: 2 };
  later.click();
  await waitFor(() => expect(asks("submission.snooze")).toHaveLength(1));
  expect(asks("submission.snooze")[0]).toMatchObject({ id, hash });
  await within(message()).findByText(/^Not done\./);
  expect(first.tab).toBe("needs_you");
  expect(queue.chosen).toBe(id);
});

test("l lets a blocked mail go only with a reason, which goes along", async () => {
  const queue = await open();
  type("l");
  expect(queue.question, "a held mail is approved, not released").toBeNull();
  const [first] = subs();
  if (!first) throw new Error("the demo is empty");
  first.detail = { ...first.detail, verbs: ["release", "reject"] };
  host.changed(`submission:${first.row.id}`);
  await screen.findByRole("button", { name: /^Let it go…/ });
  await rested();
  type("l");
  const why = await screen.findByLabelText<HTMLTextAreaElement>("Why this one may leave");
  const go = await button("Let it go");
  expect(go.disabled).toBe(true);
  why.value = " Dana asked for it on the phone ";
  why.dispatchEvent(new Event("input", { bubbles: true }));
  await waitFor(() => expect(go.disabled).toBe(false));
  const { id, hash, decision } = first.detail;
  go.click();
  await waitFor(() => expect(asks("submission.release")).toHaveLength(1));
  expect(asks("submission.release")).toEqual([
    { id, hash, decision: decision.id, reason: "Dana asked for it on the phone" },
  ]);
});

test.each([
  ["It arrived", "sent", "sent"],
  ["Give up", "give_up", "failed"],
  ["Send again…", "resend", "queued"],
])("`%s` settles what is uncertain", async (title, how, state) => {
  const queue = await open();
  queue.show("attention");
  const uncertain = subs().find(({ row }) => row.state === "uncertain");
  const id = uncertain?.row.id ?? "";
  await waitFor(() => expect(queue.rows.map((row) => row.id)).toContain(id));
  queue.choose(id);
  await button(title);
  await rested();
  (await button(title)).click();
  if (how === "resend") {
    const again = await button("Send again");
    expect(asks("submission.settle")).toEqual([]);
    again.click();
  }
  await waitFor(() =>
    expect(asks("submission.settle")).toEqual([{ id, hash: uncertain?.row.hash, how }]),
  );
  await waitFor(() => expect(uncertain?.row.state).toBe(state));
});

test("what comes and goes elsewhere moves neither what is on screen nor what is selected", async () => {
  const queue = await open();
  const [first, second, third] = queue.rows.map((row) => row.id);
  type("x");
  type("J");
  await rested();
  expect(queue.chosen).toBe(second);
  const shown = message().querySelector("h2")?.textContent;
  const [letter] = LETTERS;
  if (!letter) throw new Error("the demo has no letter");
  // Newer than all, and so before them.
  const came = host.world.hold({ ...letter, subject: "Just come in", minutesAgo: 0 });
  const gone = host.world.subs.get(third ?? "");
  if (gone) host.world.move(gone, "rejected", "rejected: elsewhere", [], "rejected");
  host.changed("queue", `submission:${third}`);
  await waitFor(() => expect(queue.rows.map((row) => row.id)).toContain(came.row.id));
  await waitFor(() => expect(queue.rows.map((row) => row.id)).not.toContain(third));
  expect(queue.chosen).toBe(second);
  expect([...queue.selected]).toEqual([first, second]);
  expect(message().querySelector("h2")?.textContent).toBe(shown);
  const options = screen.getAllByRole("option");
  expect(options.filter((each) => each.getAttribute("aria-selected") === "true")).toHaveLength(1);
  // A selected mail that somebody else decides on is no longer among those to approve.
  const other = host.world.subs.get(first ?? "");
  if (other) host.world.move(other, "rejected", "rejected: elsewhere", [], "rejected");
  host.changed("queue", `submission:${first}`);
  await waitFor(() => expect(queue.rows.map((row) => row.id)).not.toContain(first));
  await waitFor(() => expect(queue.readSelection().items.map(({ id }) => id)).toEqual([second]));
});
