// Answers of the engine that come when another mail is read: each is told of its own.

import { render, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";
import type { Hearing } from "../../host/demo/heard";
import { toast } from "../../shared/toast.svelte";
import { useDesk } from "../../test-desk";
import { forgetQueue, queueState } from "./memory";
import Queue from "./Queue.svelte";

const desk = useDesk(forgetQueue);
beforeEach(() => toast.close());

/** The queue with its first mail on screen; `answer` lets go what a command waits for. */
async function open(hearing: (wait: () => Promise<void>) => Hearing) {
  let answer = () => {};
  const wait = () =>
    new Promise<void>((resolve) => {
      answer = resolve;
    });
  desk.opened("ten", hearing(wait));
  render(Queue);
  const queue = queueState();
  await waitFor(() => expect(queue.detail).toBeDefined());
  const { detail } = queue;
  if (!detail) throw new Error("nothing is on screen");
  return {
    queue,
    detail,
    answer: () => answer(),
    go: async () => {
      queue.step(1);
      await waitFor(() => expect(queue.detail?.id).not.toBe(detail.id));
    },
  };
}

test("a rejection that failed is told, whatever is read by then", async () => {
  const { queue, detail, answer, go } = await open((wait) => ({
    "submission.reject": async () => {
      await wait();
      throw new Error("the disk is full");
    },
  }));
  const rejected = queue.reject(detail, "no");
  await go();
  answer();
  await rejected;
  expect(queue.say).toBeNull();
  expect(toast.text).toMatch(`${detail.message.subject}: Could not reject it: `);
});

test("a version that was saved closes no edit begun meanwhile", async () => {
  const { queue, detail, answer, go } = await open((wait) => ({
    "submission.edit": async (_, go) => {
      await wait();
      return go();
    },
  }));
  queue.editing = true;
  const saved = queue.save(detail, { ...detail.draft, subject: "Another" });
  queue.editing = false;
  await go();
  queue.editing = true;
  answer();
  await saved;
  expect(queue.editing).toBe(true);
  expect(queue.say).toBeNull();
  expect(toast.text).toContain("saved and judged again");
});

test("a save that failed is told, whatever is read by then", async () => {
  const { queue, detail, answer, go } = await open((wait) => ({
    "submission.edit": async () => {
      await wait();
      throw new Error("the disk is full");
    },
  }));
  queue.editing = true;
  const saved = queue.save(detail, { ...detail.draft, subject: "Another" });
  queue.editing = false;
  await go();
  answer();
  await saved;
  expect(toast.text).toMatch(`${detail.message.subject}: Not saved: `);
  expect(toast.alert).toBe(true);
});

test("a save closes nothing that was begun on the same mail since, nor takes its words", async () => {
  const { queue, detail, answer, go } = await open((wait) => ({
    "submission.edit": async (_, go) => {
      await wait();
      return go();
    },
  }));
  const words = (subject: string) => ({
    ...{ to: "", cc: "", bcc: "", replyTo: "", text: "", html: "" },
    ...{ subject, kept: [] },
  });
  queue.editing = true;
  queue.edits.keep(detail, words("Another"));
  const saved = queue.save(detail, { ...detail.draft, subject: "Another" });
  queue.editing = false;
  await go();
  queue.pick(detail.id);
  queue.edits.keep(detail, words("One more"));
  answer();
  await saved;
  expect(queue.edits.of(detail)?.subject).toBe("One more");
});
