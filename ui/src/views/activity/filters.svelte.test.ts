// What the activity leaves out, over the demo host: every filter is asked for by its own name, they
// add up, and Clear takes them all away.

import { render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test, vi } from "vitest";
import type { ActivityArgs } from "../../bindings";
import type { DemoHost } from "../../host/demo/host";
import { useDesk } from "../../test-desk";
import Activity from "./Activity.svelte";
import { activityState, forgetActivity } from "./activity.svelte";

let host: DemoHost;
const desk = useDesk(forgetActivity);
/** The last that was asked for. */
let asked: ActivityArgs;

beforeEach(async () => {
  host = desk.opened("ten", {
    "activity.list": ({ limit: _, after: __, ...args }, go) => {
      asked = args;
      return go();
    },
  });
  render(Activity);
  await waitFor(() => expect(rows()).toBeGreaterThan(5));
});

const rows = () => activityState().list.rows.length;
const select = (label: string) => screen.getByLabelText<HTMLSelectElement>(label);
const offered = (label: string, title: string) =>
  waitFor(() => {
    const option = [...select(label).options].find(({ text }) => text === title);
    if (!option) throw new Error(`${label} has no ${title}`);
    return option;
  });
async function pick(label: string, title: string) {
  const found = await offered(label, title);
  select(label).value = found.value;
  select(label).dispatchEvent(new Event("change", { bubbles: true }));
}

test("verdict, rule, agent and mailbox add up, and Clear takes them all away", async () => {
  const all = rows();
  const agent = host.world.agents.find(({ name }) => name === "support")?.id;
  const mailbox = host.world.mailboxes.find(({ address }) => address.startsWith("support@"))?.id;
  await pick("Verdict", "held");
  await waitFor(() => expect(asked).toEqual({ verdict: "hold" }));
  await pick("Agent", "support");
  await waitFor(() => expect(asked).toEqual({ verdict: "hold", agent }));
  await waitFor(() => expect(rows()).toBeLessThan(all));
  await pick("Mailbox", "support@sendoff.test");
  await waitFor(() => expect(asked).toEqual({ verdict: "hold", agent, mailbox }));
  await pick("Rule", "autonomy");
  await waitFor(() => expect(asked).toEqual({ verdict: "hold", agent, mailbox, rule: "autonomy" }));
  const names = activityState().list.rows.map((row) => row.agent.name);
  expect(new Set(names)).toEqual(new Set(["support"]));
  screen.getByRole("button", { name: "Clear" }).click();
  await waitFor(() => expect(rows()).toBe(all));
  expect(screen.queryByRole("button", { name: "Clear" })).toBeNull();
});

test("an address is asked for once it is typed out, and emptied it is no filter", async () => {
  const field = screen.getByLabelText<HTMLInputElement>("Only to this address");
  const type = (text: string) => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  type(" dana@acme.example");
  expect(asked).toEqual({});
  field.form?.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true }));
  await waitFor(() => expect(asked).toEqual({ contact: "dana@acme.example" }));
  type("");
  field.dispatchEvent(new FocusEvent("blur"));
  await waitFor(() => expect(activityState().narrowed).toBe(false));
});

test.each([
  ["Held", ["held"]],
  ["Leaving", ["deferred", "queued", "sending"]],
  ["Sent", ["sent", "bounced"]],
])("`%s` shows what is in those states", async (title, states) => {
  screen.getByRole("tab", { name: title }).click();
  await waitFor(() => expect(asked).toEqual({ states }));
});

test("where nothing answers to the filters, that is said", async () => {
  await pick("Verdict", "blocked");
  await screen.findByText("Nothing like that");
});

test("an agent pointed at from elsewhere is the only filter", async () => {
  await pick("Verdict", "held");
  activityState().point("agent-7");
  await waitFor(() => expect(asked).toEqual({ agent: "7" }));
});

test("the rules of another list are offered too, however long the one before it was", async () => {
  const view = activityState();
  const [row] = view.list.rows;
  if (!row) throw new Error("the demo is empty");
  /** The list on screen has so many rows more, the last of them held by that rule. */
  const lengthen = (count: number, rule: string) => {
    const more = Array.from({ length: count }, (_, at) => ({ ...row, id: `${rule}${at}` }));
    more.push({ ...row, id: rule, rule });
    vi.spyOn(view.list, "rows", "get").mockReturnValue(more);
  };
  lengthen(300, "size");
  host.changed("activity");
  await offered("Rule", "size");
  view.show("held");
  lengthen(150, "budget");
  await offered("Rule", "budget");
  vi.restoreAllMocks();
});
