// A line about mail like one in the queue, over the demo host: tried before it counts, and taken
// back as one.

import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { PolicyLineArgs } from "../../bindings";
import { connect } from "../../data";
import { type DemoHost, demoHost } from "../../host/demo/host";
import { Refusal } from "../../host/host";
import { undoStack } from "../../shared/undo.svelte";
import Line from "./Line.svelte";
import { LineState } from "./line.svelte";
import { QueueState } from "./queue.svelte";

let disconnect: () => void;

afterEach(() => {
  cleanup();
  disconnect();
});

async function opened(host: DemoHost, wish: "always_ask" | "let_write") {
  disconnect = connect(host);
  const [sub] = host.world.subs.values();
  if (!sub) throw new Error("the demo has no mail");
  const queue = new QueueState();
  queue.question = wish;
  render(Line, { queue, detail: sub.detail, wish });
  return { queue, detail: sub.detail };
}

const button = async (name: RegExp) => {
  const found = await screen.findByRole("button", { name });
  if (!(found instanceof HTMLButtonElement)) throw new Error("no button");
  return found;
};

test("an agent is let write only after the line was tried, and one undo takes it back", async () => {
  const host = demoHost({ scenario: "ten" });
  const rpc = host.rpc.bind(host);
  let finish = () => {};
  const tried = new Promise<void>((done) => {
    finish = done;
  });
  host.rpc = (async (name: string, args: never) => {
    if (name === "policy.replay") await tried;
    return rpc(name as "frame", args);
  }) as typeof host.rpc;
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

test("every choice is a line of its own, tried anew, and a late answer is not shown for it", async () => {
  const host = demoHost({ scenario: "ten" });
  const rpc = host.rpc.bind(host);
  const asked: PolicyLineArgs[] = [];
  const answers: (() => void)[] = [];
  host.rpc = (async (name: string, args: never) => {
    if (name !== "policy.line") return rpc(name as "frame", args);
    asked.push(args);
    await new Promise<void>((done) => answers.push(done));
    return rpc("policy.line", args);
  }) as typeof host.rpc;
  disconnect = connect(host);
  const [sub] = host.world.subs.values();
  const line = new LineState(sub?.row.id ?? "", "always_ask");
  const first = line.look();
  line.anyAgent = true;
  line.domains = false;
  const second = line.look();
  answers[1]?.();
  await second;
  expect(line.draft?.words).toMatch(/^Any agent to .*@.*: always asks\.$/);
  expect(line.ready).toBe(true);
  answers[0]?.();
  await first;
  expect(line.draft?.words).toMatch(/^Any agent/);
  expect(asked.map(({ domains, any_agent }) => [domains, any_agent])).toEqual([
    [true, false],
    [false, true],
  ]);
});

test("what stands against a line is said, and nothing can be added", async () => {
  const host = demoHost({ scenario: "ten" });
  const rpc = host.rpc.bind(host);
  host.rpc = (async (name: string, args: never) => {
    if (name === "policy.line")
      throw new Refusal({ code: "invalid_policy", detail: "this line cannot be added" });
    return rpc(name as "frame", args);
  }) as typeof host.rpc;
  await opened(host, "let_write");
  await screen.findByText("This line cannot be added.");
  expect((await button(/^Let it write/)).disabled).toBe(true);
});

test("a policy published elsewhere meanwhile is not written over", async () => {
  const host = demoHost({ scenario: "ten" });
  const { queue } = await opened(host, "always_ask");
  const add = await button(/^Always hold/);
  await waitFor(() => expect(add.disabled).toBe(false));
  const text = `${host.world.policyText}# theirs\n`;
  await host.rpc("policy.publish", { text });
  const offers = vi.fn();
  undoStack.offer = offers;
  add.click();
  await screen.findByText(/^Not done: another version/);
  expect(host.world.policyText).toBe(text);
  expect(queue.question).toBe("always_ask");
  expect(offers).not.toHaveBeenCalled();
});
