// The queue as a component, over the demo host: what is drawn, and what a key does to it.

import { render, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import { heard } from "../../host/demo/heard";
import type { DemoHost } from "../../host/demo/host";
import { place } from "../../shared/place.svelte";
import { undoStack } from "../../shared/undo.svelte";
import { useDesk } from "../../test-desk";
import { forgetQueue, queueState } from "./memory";
import Queue from "./Queue.svelte";

const desk = useDesk(forgetQueue);
const { type } = desk;
let host: DemoHost;

function open(scenario: "ten" | "alike" | "empty" | "first" = "ten") {
  host = desk.opened(scenario);
  render(Queue);
}

const message = () => screen.getByRole("region", { name: "Message" });
const rested = () =>
  waitFor(() => expect(message().getAttribute("data-rested")).toBe("true"), { timeout: 3_000 });

describe("the queue", () => {
  test("says why before anything else, and shows who is in Bcc on a line of its own", async () => {
    open();
    await waitFor(() =>
      within(message()).getByText("Held: first mail to acme.example from this agent."),
    );
    const bcc = within(message()).getByText("Bcc");
    expect(bcc.nextElementSibling?.textContent).toContain("crm@sendoff.test");
  });

  test("carries id, hash and decision of what is on screen", async () => {
    open();
    await rested();
    const [first] = host.world.subs.values();
    const asked = vi.spyOn(host, "rpc");
    const { id, hash, decision } = first?.detail ?? {};
    type("a");
    await waitFor(() =>
      expect(asked).toHaveBeenCalledWith("submission.approve", expect.anything()),
    );
    expect(asked).toHaveBeenCalledWith("submission.approve", { id, hash, decision: decision?.id });
  });

  test("a verb that may not be used now is neither drawn nor done", async () => {
    open();
    await rested();
    const [first] = host.world.subs.values();
    if (!first) throw new Error("the demo is empty");
    first.detail = { ...first.detail, verbs: ["reject"] };
    host.changed(`submission:${first.row.id}`);
    await waitFor(() => expect(screen.queryByRole("button", { name: /^Approve/ })).toBeNull());
    await rested();
    const asked = vi.spyOn(host, "rpc");
    type("a");
    type("e");
    expect(asked).not.toHaveBeenCalledWith("submission.approve", expect.anything());
    expect(screen.queryByRole("region", { name: "Edit the mail" })).toBeNull();
  });

  test("a refused approval stays on the mail and says so", async () => {
    open();
    await rested();
    const [first] = host.world.subs.values();
    if (!first) throw new Error("the demo is empty");
    heard(host, {
      "submission.approve": () => {
        throw new Error("the disk is full");
      },
    });
    type("a");
    await waitFor(() => within(message()).getByText(/Could not approve it: .*the disk is full/));
    within(message()).getByText(first.row.subject, { selector: "bdi" });
  });

  test("an approval that is held again stays, with the new reason", async () => {
    open();
    await rested();
    const [first] = host.world.subs.values();
    if (!first) throw new Error("the demo is empty");
    heard(host, {
      "submission.approve": () => ({
        id: first.row.id,
        state: "held",
        state_text: "",
        due: null,
        undo_until: null,
        decision: { ...first.detail.decision, sentence: "they wrote again just now" },
        error: null,
      }),
    });
    type("a");
    await waitFor(() =>
      within(message()).getByText(/Still held, judged again just now: they wrote again/),
    );
  });

  test("a link to a mail selects it, and does nothing to it", async () => {
    open();
    await rested();
    const third = [...host.world.subs.values()][2];
    if (!third) throw new Error("the demo is empty");
    const asked = vi.spyOn(host, "rpc");
    location.hash = `#/queue/${third.row.id}`;
    await waitFor(() => within(message()).getByText(third.row.subject, { selector: "bdi" }));
    expect(location.hash).toBe("#/queue");
    const acts = asked.mock.calls
      .map(([name]) => name)
      .filter((name) => !/show|list|frame/.test(name));
    expect(acts).toEqual([]);
  });

  test("a link that comes while a mail is edited waits until the edit is left", async () => {
    open();
    await rested();
    const [first, , third] = [...host.world.subs.values()];
    if (!first || !third) throw new Error("the demo is empty");
    type("e");
    await screen.findByRole("button", { name: /^Save/ });
    location.hash = `#/queue/${third.row.id}`;
    await waitFor(() => expect(place.pointed).toBe(third.row.id));
    expect(
      screen.queryByRole("button", { name: /^Save/ }),
      "the edit is still open",
    ).not.toBeNull();
    queueState().editing = false;
    await waitFor(() => within(message()).getByText(third.row.subject, { selector: "bdi" }));
    expect(location.hash).toBe("#/queue");
  });

  test("an open batch is left by whatever marks a mail", async () => {
    open("alike");
    await rested();
    const grid = () => screen.queryByRole("button", { name: /^Approve these/ });
    const third = [...host.world.subs.values()][2];
    const ways = {
      row: () => screen.getAllByRole("option")[1]?.click(),
      tab: () => screen.getByRole("tab", { name: /^Expiring/ }).click(),
      link: () => {
        location.hash = `#/queue/${third?.row.id}`;
      },
    };
    for (const [way, leave] of Object.entries(ways)) {
      (await screen.findByRole("button", { name: /alike/ })).click();
      await waitFor(() => expect(grid(), way).not.toBeNull());
      leave();
      await waitFor(() => expect(grid(), way).toBeNull());
      if (way === "tab") screen.getByRole("tab", { name: /^Needs you/ }).click();
    }
  });

  test("a link that is no id selects nothing", async () => {
    open();
    await rested();
    const [first] = host.world.subs.values();
    location.hash = "#/queue/../../approve";
    await rested();
    within(message()).getByText(first?.row.subject ?? "", { selector: "bdi" });
  });

  test("empty is a sentence, not a blank", async () => {
    open("empty");
    await waitFor(() =>
      expect(screen.getAllByText("Nothing waits for you").length).toBeGreaterThan(0),
    );
  });

  test("the first run offers the rehearsal and shows its line", async () => {
    open("first");
    const button = await screen.findByRole("button", { name: "Try it with the rehearsal mailbox" });
    button.click();
    await screen.findByText("The rehearsal mailbox is open");
    expect(screen.getByLabelText("the curl line").textContent).toContain("/v1/submissions");
    screen.getByText("question@rehearsal.test", { selector: "td code" });
  });
});

test("a row says how risky it is and how long it can wait, both", async () => {
  open();
  const row = await waitFor(() => {
    const found = screen
      .getAllByRole("option")
      .find((each) => each.querySelector(".risk") !== null);
    if (!found) throw new Error("no row says how risky it is");
    return found;
  });
  expect(row.querySelector(".risk")?.textContent).toMatch(/^risk \d+$/);
  expect(row.querySelector(".wait")?.textContent).toMatch(/left|min|h|d/);
});

test("the pane has when we last wrote, what they asked, and the last decision", async () => {
  open();
  const pane = () => screen.getByRole("complementary", { name: "Context" });
  await rested();
  await waitFor(() => within(pane()).getByRole("region", { name: "Conversation" }));
  type("j");
  await waitFor(() => within(pane()).getByText(/^Last written to 3 d(ays)? ago\.$/));
  within(pane()).getByText(/Edited “Invoice 2231” of support/);
});

test("approving many offers its undo from the moment it is under way", async () => {
  open();
  await rested();
  const queue = queueState();
  const [first] = host.world.subs.values();
  if (!first) throw new Error("the demo is empty");
  let release = () => {};
  heard(host, {
    "submission.approve_many": async (_, go) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return go();
    },
  });
  queue.selected.add(first.row.id);
  const done = queue.approveMany();
  expect(undoStack.ready(0)).toBe(true);
  await undoStack.undo(Date.now());
  release();
  await done;
  await waitFor(() => expect(first.row.state).toBe("held"));
});
