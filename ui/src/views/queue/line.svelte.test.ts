// A line about mail like one in the queue, over the demo host: tried before it counts, and taken
// back as one.

import { render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { PolicyLineArgs, PolicyWish } from "../../bindings";
import { read } from "../../data";
import { heard } from "../../host/demo/heard";
import { type DemoHost, demoHost } from "../../host/demo/host";
import { Refusal } from "../../host/host";
import { undoStack } from "../../shared/undo.svelte";
import { useDesk } from "../../test-desk";
import Line from "./Line.svelte";
import { LineState } from "./line.svelte";
import { QueueState } from "./queue.svelte";

const desk = useDesk();

afterEach(() => {
  vi.restoreAllMocks();
});

function first(host: DemoHost) {
  const [sub] = host.world.subs.values();
  if (!sub) throw new Error("the demo has no mail");
  return sub;
}

async function opened(host: DemoHost, wish: PolicyWish) {
  desk.connected(host);
  const sub = first(host);
  const queue = new QueueState();
  queue.chosen = sub.detail.id;
  queue.question = wish;
  render(Line, { queue, detail: sub.detail, wish });
  return { queue, detail: sub.detail };
}

const button = async (name: RegExp) => {
  const found = await screen.findByRole("button", { name });
  if (!(found instanceof HTMLButtonElement)) throw new Error("no button");
  return found;
};

/** Puts a line in force about the first mail, as the dialog does. */
async function add(queue: QueueState, host: DemoHost, wish: PolicyWish) {
  const { detail } = first(host);
  await queue.addLine(detail, await read("policy.line", { id: detail.id, wish, domains: true }));
}

test("an agent is let write only after the line was tried, and one undo takes it back", async () => {
  let finish = () => {};
  const tried = new Promise<void>((done) => {
    finish = done;
  });
  const host = desk.opened("ten", {
    "policy.replay": async (_, go) => {
      await tried;
      return go();
    },
  });
  const before = host.world.policyText;
  const { queue, detail } = await opened(host, "let_write");
  const add = await button(/^Let it write for 30 days/);
  await screen.findByText(/may write without asking\.$/);
  expect(add.disabled).toBe(true);
  expect(host.world.policyText).toBe(before);
  finish();
  await waitFor(() => expect(add.disabled).toBe(false));
  await screen.findByText("Of 1000 decisions 4 would be another.");
  add.click();
  await waitFor(() => expect(queue.question).toBeNull());
  expect(host.world.policyText).toContain(`agent = "${detail.agent.name}"`);
  expect(queue.say?.text).toContain("This mail still waits for you.");
  const offer = undoStack.latest(Date.now());
  expect(offer?.text).toContain("may write without asking");
  await undoStack.undo(Date.now());
  expect(host.world.policyText).toBe(before);
  expect(undoStack.latest(Date.now())).toBeUndefined();
});

test("lines are taken back one by one, also where another came after one was taken back", async () => {
  const host = desk.opened();
  const before = host.world.policyText;
  const queue = new QueueState();
  await add(queue, host, "always_ask");
  const one = host.world.policyText;
  await add(queue, host, "let_write");
  await undoStack.undo(Date.now());
  expect(host.world.policyText).toBe(one);
  await add(queue, host, "let_write");
  await undoStack.undo(Date.now());
  await undoStack.undo(Date.now());
  expect(undoStack.problem).toBeNull();
  expect(host.world.policyText).toBe(before);
  expect(undoStack.latest(Date.now())).toBeUndefined();
});

test("what somebody else published over a line is not taken back with it", async () => {
  const host = desk.opened();
  const queue = new QueueState();
  await add(queue, host, "always_ask");
  await add(queue, host, "let_write");
  await undoStack.undo(Date.now());
  const text = `${host.world.policyText}# theirs\n`;
  await host.rpc("policy.publish", { text });
  await undoStack.undo(Date.now());
  expect(undoStack.problem).toMatch(/^another version/);
  expect(host.world.policyText).toBe(text);
  undoStack.expire(Number.POSITIVE_INFINITY);
});

test("undo pressed while a line is on its way takes back the line, not what was approved before", async () => {
  const host = desk.opened();
  const { policyText: before, policyVersion: version } = host.world;
  const approval = { id: "a", text: "Approved", leaves: null, windowMs: 10_000, undo: vi.fn() };
  undoStack.offer({ ...approval, until: Date.now() + 10_000 });
  let answer: (() => void) | undefined;
  heard(host, {
    "policy.publish": async (_, go) => {
      if (!answer)
        await new Promise<void>((done) => {
          answer = done;
        });
      return go();
    },
  });
  const adding = add(new QueueState(), host, "always_ask");
  await waitFor(() => expect(answer).toBeDefined());
  await undoStack.undo(Date.now());
  answer?.();
  await adding;
  await waitFor(() => expect(host.world.policyVersion).toBe(version + 2));
  expect(host.world.policyText).toBe(before);
  expect(approval.undo).not.toHaveBeenCalled();
  undoStack.drop("a");
});

test("every choice is a line of its own, tried anew, and a late answer is not shown for it", async () => {
  const host = demoHost({ scenario: "ten" });
  const asked: PolicyLineArgs[] = [];
  const answers: (() => void)[] = [];
  heard(host, {
    "policy.line": async (args, go) => {
      asked.push(args);
      await new Promise<void>((done) => answers.push(done));
      return go();
    },
  });
  desk.connected(host);
  const line = new LineState(first(host).row.id, "always_ask");
  const early = line.look();
  line.anyAgent = true;
  line.domains = false;
  const second = line.look();
  answers[1]?.();
  await second;
  expect(line.draft?.words).toMatch(/^Any agent to .*@.*: always asks\.$/);
  expect(line.ready).toBe(true);
  answers[0]?.();
  await early;
  expect(line.draft?.words).toMatch(/^Any agent/);
  expect(asked.map(({ domains, any_agent }) => [domains, any_agent])).toEqual([
    [true, false],
    [false, true],
  ]);
});

test("what stands against a line is said, and nothing can be added", async () => {
  const host = demoHost({ scenario: "ten" });
  heard(host, {
    "policy.line": () => {
      throw new Refusal({ code: "invalid_policy", detail: "this line cannot be added" });
    },
  });
  await opened(host, "let_write");
  await screen.findByText("This line cannot be added.");
  expect((await button(/^Let it write/)).disabled).toBe(true);
});

test("a policy published elsewhere meanwhile is not written over: the line is asked for anew", async () => {
  const host = demoHost({ scenario: "ten" });
  const { queue } = await opened(host, "always_ask");
  const add = await button(/^Always hold/);
  await waitFor(() => expect(add.disabled).toBe(false));
  const text = `${host.world.policyText}# theirs\n`;
  await host.rpc("policy.publish", { text });
  const offers = vi.spyOn(undoStack, "offer");
  add.click();
  await screen.findByText(/^Not done: another version/);
  expect(host.world.policyText).toBe(text);
  expect(queue.question).toBe("always_ask");
  expect(offers).not.toHaveBeenCalled();
  await waitFor(() => expect(add.disabled).toBe(false));
  add.click();
  await waitFor(() => expect(queue.question).toBeNull());
  expect(host.world.policyText).toContain("# theirs");
  expect(host.world.policyText).toContain("[[overrides]]");
  await undoStack.undo(Date.now());
  expect(host.world.policyText).toBe(text);
});
