// A draft of the policy, over the demo host: what it is published over, and which line a press
// takes out.

import { render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";
import { heard } from "../../host/demo/heard";
import type { DemoHost } from "../../host/demo/host";
import { useDesk } from "../../test-desk";
import Policy from "./Policy.svelte";
import { PolicyState } from "./policy.svelte";

let host: DemoHost;
const desk = useDesk();

beforeEach(() => {
  host = desk.opened();
});

const line = (to: string) =>
  `\n[[overrides]]\nto = ["${to}"]\nreason = "asked for"\n[overrides.rules.autonomy]\nat_most = 1\n`;
const lines = (view: PolicyState) => view.form?.lines.map(({ words }) => words);
const always = (to: string) => `Any agent to ${to}: always asks.`;

async function type(change: (text: string) => string) {
  const area = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: /Policy document/ });
  await waitFor(() => expect(area.value).toContain("["));
  area.value = change(area.value);
  area.dispatchEvent(new Event("input", { bubbles: true }));
  const publish = screen.getByRole<HTMLButtonElement>("button", { name: "Publish…" });
  await waitFor(() => expect(publish.disabled).toBe(false));
  return { publish, text: area.value };
}
const confirm = async () => {
  const dialog = await screen.findByRole("dialog", { hidden: true });
  within(dialog).getByRole("button", { name: "Publish", hidden: true }).click();
};

test("a draft takes back nothing that came into force since it was begun, until it is seen", async () => {
  render(Policy);
  const { publish, text } = await type((before) => `${before}# mine\n`);
  const theirs = `${host.world.policyText}# theirs\n`;
  await host.rpc("policy.publish", { text: theirs });
  publish.click();
  await confirm();
  await screen.findByText(/^Not published: another version/);
  expect(host.world.policyText).toBe(theirs);
  expect(screen.queryByRole("dialog", { hidden: true })).toBeNull();

  screen.getByRole("button", { name: "Look again…" }).click();
  const change = await screen.findByRole("region", { name: /What changed/, hidden: true });
  await waitFor(() => expect(change.textContent).toContain("theirs"));
  await confirm();
  await waitFor(() => expect(host.world.policyText).toBe(text));
});

test("after it was published the next draft is asked about only when it is to be", async () => {
  render(Policy);
  const { publish } = await type((before) => `${before}# one\n`);
  publish.click();
  await confirm();
  await screen.findByText(/^Version \d+ is in force\.$/);
  await type((before) => `${before}# two\n`);
  expect(screen.queryByRole("dialog", { hidden: true })).toBeNull();
  screen.getByRole("button", { name: "Publish…" }).click();
  await confirm();
  await waitFor(() => expect(host.world.policyText).toContain("# one\n# two\n"));
});

test("a form that comes late is not shown for a newer text", async () => {
  const answers: (() => void)[] = [];
  heard(host, {
    "policy.form": async (_, go) => {
      await new Promise<void>((done) => answers.push(done));
      return go();
    },
  });
  const view = new PolicyState();
  const published = await host.rpc("policy.show", {});
  const early = view.begin({ ...published, text: line("early.example") });
  const late = view.begin({ ...published, text: line("late.example") });
  answers[1]?.();
  await late;
  answers[0]?.();
  await early;
  expect(lines(view)).toEqual([always("late.example")]);
});

test("no line is taken out of a text that its form is not of", async () => {
  const asked: number[] = [];
  heard(host, {
    "policy.take_out": ({ index }, go) => {
      asked.push(index);
      return go();
    },
  });
  host.world.policyText += line("a.example") + line("b.example");
  const view = new PolicyState();
  const published = await host.rpc("policy.show", {});
  await view.begin(published);
  expect(lines(view)).toEqual([always("a.example"), always("b.example")]);
  view.type(published.text.replace(line("a.example"), ""), published);
  await view.takeOut(0, published);
  expect(asked).toEqual([]);
  await waitFor(() => expect(lines(view)).toEqual([always("b.example")]));
  await view.takeOut(0, published);
  expect(lines(view)).toEqual([]);
  expect(view.draft).not.toContain("[[overrides]]");
});

test("what is typed while a line is being taken out is not written over", async () => {
  let answer = () => {};
  heard(host, {
    "policy.take_out": async (_, go) => {
      await new Promise<void>((done) => {
        answer = done;
      });
      return go();
    },
  });
  host.world.policyText += line("a.example");
  const view = new PolicyState();
  const published = await host.rpc("policy.show", {});
  await view.begin(published);
  const taking = view.takeOut(0, published);
  const typed = `${published.text}# mine\n`;
  view.type(typed, published);
  answer();
  await taking;
  expect(view.draft).toBe(typed);
  expect(view.say?.text).toMatch(/^Not written: /);
});

test("lines can be changed again once what was typed meanwhile has been checked", async () => {
  let answer = () => {};
  const checked: string[] = [];
  heard(host, {
    "policy.take_out": async (_, go) => {
      await new Promise<void>((done) => {
        answer = done;
      });
      return go();
    },
    "policy.check": ({ text }, go) => {
      checked.push(text);
      return go();
    },
  });
  host.world.policyText += line("a.example");
  const view = new PolicyState();
  const published = await host.rpc("policy.show", {});
  await view.begin(published);
  const taking = view.takeOut(0, published);
  const typed = published.text + line("b.example");
  view.type(typed, published);
  await waitFor(() => expect(checked).toContain(typed));
  answer();
  await taking;
  await waitFor(() => expect(view.formOf).toBe(typed));
  expect(lines(view)).toEqual([always("a.example"), always("b.example")]);
});

test("what is being changed in a line stays while one before it is taken out", async () => {
  // The last two say the same words of different mail.
  host.world.policyText += line("a.example") + line("b.example") + line("b.example");
  render(Policy);
  const change = { name: `Change: ${always("b.example")}` };
  const [, last] = await screen.findAllByRole<HTMLButtonElement>("button", change);
  await waitFor(() => expect(last?.disabled).toBe(false));
  last?.click();
  const why = await screen.findByLabelText<HTMLInputElement>("Why");
  why.value = "for the fair";
  why.dispatchEvent(new Event("input", { bubbles: true }));
  screen.getByRole("button", { name: `Take out: ${always("a.example")}` }).click();
  await waitFor(() =>
    expect(screen.queryByRole("button", { name: `Take out: ${always("a.example")}` })).toBeNull(),
  );
  expect(screen.getByLabelText<HTMLInputElement>("Why").value).toBe("for the fair");
  const items = screen.getByRole("heading", { name: "For some mail only" }).nextElementSibling;
  expect(items?.children[1]?.contains(screen.getByLabelText("Why"))).toBe(true);
});

test("a press twice on the same spot takes out one line, not the one that comes under it", async () => {
  host.world.policyText += line("a.example") + line("b.example");
  render(Policy);
  await screen.findByRole("button", { name: `Take out: ${always("a.example")}` });
  const press = (detail: number) => {
    const [first] = screen.getAllByRole<HTMLButtonElement>("button", { name: /^Take out/ });
    first?.dispatchEvent(new MouseEvent("click", { bubbles: true, detail }));
  };
  press(1);
  const left = { name: `Take out: ${always("b.example")}` };
  await waitFor(() => {
    expect(screen.getAllByRole("button", { name: /^Take out/ })).toHaveLength(1);
    expect(screen.getByRole<HTMLButtonElement>("button", left).disabled).toBe(false);
  });
  press(2);
  await new Promise((later) => setTimeout(later, 50));
  screen.getByRole("button", left);
});
