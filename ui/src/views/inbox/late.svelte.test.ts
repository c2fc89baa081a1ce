// Answers of the engine that come when another conversation is read: each is told of its own.

import { render, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";
import type { Hearing } from "../../host/demo/heard";
import { Refusal } from "../../host/host";
import { toast } from "../../shared/toast.svelte";
import { useDesk } from "../../test-desk";
import Inbox from "./Inbox.svelte";
import { forgetInbox, inboxState } from "./inbox.svelte";

const desk = useDesk(forgetInbox);
const [FIRST, OTHER] = ["con_3", "con_6"];
beforeEach(() => toast.close());

/** The inbox with the first open; `answer` lets go what a command waits for. */
async function open(hearing: (wait: () => Promise<void>) => Hearing) {
  let answer = () => {};
  const wait = () =>
    new Promise<void>((resolve) => {
      answer = resolve;
    });
  desk.opened("ten", hearing(wait));
  const inbox = inboxState();
  inbox.choose(FIRST);
  render(Inbox);
  await waitFor(() => expect(inbox.detail?.row.id).toBe(FIRST));
  return {
    inbox,
    answer: () => answer(),
    go: async () => {
      inbox.choose(OTHER);
      await waitFor(() => expect(inbox.detail?.row.id).toBe(OTHER));
    },
  };
}

test("what failed is told of the conversation it was about", async () => {
  const { inbox, answer, go } = await open((wait) => ({
    "inbox.take_over": async () => {
      await wait();
      throw new Refusal({ code: "internal", detail: "the disk is full" });
    },
  }));
  const subject = inbox.detail?.row.subject;
  const taken = inbox.takeOver();
  await go();
  answer();
  await taken;
  expect(inbox.problem).toBe("");
  expect(toast.text).toBe(`${subject}: Not done: the disk is full`);
});

test("an answer that was sent closes none that is written meanwhile", async () => {
  const { inbox, answer, go } = await open((wait) => ({
    "inbox.reply": async (_, send) => {
      await wait();
      return send();
    },
  }));
  const message = inbox.newest;
  if (!message) throw new Error("nothing to answer");
  inbox.answer();
  const sent = inbox.reply(message, { text: "Thank you." });
  await go();
  inbox.answer();
  const writing = inbox.answering;
  expect(writing).not.toBeNull();
  answer();
  await sent;
  expect(inbox.answering).toBe(writing);
  expect(inbox.say).toBeNull();
  expect(toast.text).toContain(message.subject);
});

test("while a conversation is marked as read everything else can be done", async () => {
  const { inbox, answer } = await open((wait) => ({ "inbox.seen": () => wait() as never }));
  const seen = inbox.seen(FIRST);
  await inbox.takeOver();
  expect(desk.asks("inbox.take_over")).toEqual([{ id: FIRST }]);
  answer();
  await seen;
});
