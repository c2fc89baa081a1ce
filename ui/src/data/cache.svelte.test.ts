import { flushSync } from "svelte";
import { describe, expect, test } from "vitest";
import type { Args, Command, Result } from "../bindings";
import { type Change, type Host, Refusal } from "../host/host";
import { Cache, IDLE_ENTRIES_MAX } from "./cache.svelte";

/** A host whose answers are given by hand, one at a time. */
function byHand() {
  const asked: {
    name: string;
    args: object;
    answer: (value: unknown) => void;
    refuse: (thrown: unknown) => void;
  }[] = [];
  let hear: (change: Change) => void = () => {};
  let reset = () => {};
  const host: Host = {
    rpc<C extends Command>(name: C, args: Args<C>): Promise<Result<C>> {
      return new Promise((answer, refuse) => {
        asked.push({ name, args, answer: answer as (value: unknown) => void, refuse });
      });
    },
    listen(changed, missed) {
      hear = changed;
      reset = missed;
      return () => {};
    },
  };
  const cache = new Cache(host);
  cache.connect();
  return {
    cache,
    asked,
    tell: (...tags: string[]) => hear({ tags, seq: 1 }),
    reset: () => reset(),
    async answer(index: number, value: unknown) {
      asked[index]?.answer(value);
      await settled();
    },
  };
}

/** Looks at something as a component would, until stopped. */
function watch<T>(read: () => T) {
  const seen: T[] = [];
  const stop = $effect.root(() => {
    $effect(() => {
      seen.push(read());
    });
  });
  flushSync();
  return { seen, stop };
}

async function settled() {
  await new Promise((done) => setTimeout(done));
  flushSync();
}

describe("the cache", () => {
  test("asks once for the same question, whatever the order of its arguments", async () => {
    const { cache, asked } = byHand();
    const one = cache.query("queue.list", { tab: "snoozed", limit: 5 });
    const two = cache.query("queue.list", { limit: 5, tab: "snoozed" });
    const { stop } = watch(() => [one.value, two.value]);
    expect(asked.length).toBe(1);
    expect(one).toBe(two);
    stop();
  });

  test("asks nothing until somebody looks", () => {
    const { cache, asked } = byHand();
    cache.query("frame", {});
    expect(asked.length).toBe(0);
  });

  test("keeps the old answer on screen while a newer one is fetched", async () => {
    const { cache, asked, tell, answer } = byHand();
    const entry = cache.query("submission.show", { id: "a" });
    const { seen, stop } = watch(() => entry.value);
    await answer(0, "old");
    tell("submission:a");
    expect(asked.length).toBe(2);
    expect(entry.peek).toBe("old");
    await answer(1, "new");
    expect(seen).toEqual([undefined, "old", "new"]);
    stop();
  });

  test("fetches again what reads the tag, and nothing else", async () => {
    const { cache, asked, tell, answer } = byHand();
    const a = watch(() => cache.query("submission.show", { id: "a" }).value);
    const agents = watch(() => cache.query("agents.list", {}).value);
    await answer(0, 1);
    await answer(1, []);
    tell("submission:b", "inbox:b");
    expect(asked.length).toBe(2);
    tell("agents");
    expect(asked.map(({ name }) => name)).toEqual([
      "submission.show",
      "agents.list",
      "agents.list",
    ]);
    a.stop();
    agents.stop();
  });

  test("a hundred changes during one request lead to one more request", async () => {
    const { cache, asked, tell, answer } = byHand();
    const { stop } = watch(() => cache.query("frame", {}).value);
    for (let each = 0; each < 100; each += 1) tell("queue");
    expect(asked.length).toBe(1);
    await answer(0, 1);
    expect(asked.length).toBe(2);
    await answer(1, 2);
    expect(asked.length).toBe(2);
    stop();
  });

  test("what nobody looks at waits until somebody does", async () => {
    const { cache, asked, tell, answer } = byHand();
    const entry = cache.query("policy.show", {});
    const first = watch(() => entry.value);
    await answer(0, "v1");
    first.stop();
    await settled();
    tell("policy");
    expect(asked.length).toBe(1);
    const second = watch(() => entry.value);
    expect(asked.length).toBe(2);
    expect(second.seen).toEqual(["v1"]);
    second.stop();
  });

  test("a failed request keeps the last answer and says why", async () => {
    const { cache, asked, tell, answer } = byHand();
    const entry = cache.query("frame", {});
    const { stop } = watch(() => [entry.value, entry.problem]);
    await answer(0, "fine");
    tell("pause");
    asked[1]?.refuse({ code: "internal", detail: "the disk is full" });
    await settled();
    expect(entry.peek).toBe("fine");
    expect(entry.problem).toBeInstanceOf(Refusal);
    expect(entry.problem?.message).toBe("the disk is full");
    stop();
  });

  test("an act makes its own tags stale, also when it is refused", async () => {
    const { cache, asked, answer } = byHand();
    const { stop } = watch(() => cache.query("submission.show", { id: "a" }).value);
    await answer(0, "shown");
    const act = cache.act("submission.reject", { id: "a", reason: "no" });
    asked[1]?.refuse(new Refusal({ code: "stale_hash", detail: "it changed" }));
    await expect(act).rejects.toThrow("it changed");
    expect(asked[2]).toMatchObject({ name: "submission.show", args: { id: "a" } });
    stop();
  });

  test("a lost connection makes everything stale", async () => {
    const { cache, asked, reset, answer } = byHand();
    const { stop } = watch(() => cache.query("settings.show", {}).value);
    await answer(0, 1);
    reset();
    expect(asked.length).toBe(2);
    stop();
  });

  test("prefetching asks for what is missing and leaves what is there", async () => {
    const { cache, asked, answer } = byHand();
    cache.prefetch("submission.show", { id: "next" });
    await answer(0, "ready");
    cache.prefetch("submission.show", { id: "next" });
    const { seen, stop } = watch(() => cache.query("submission.show", { id: "next" }).value);
    expect(asked.length).toBe(1);
    expect(seen).toEqual(["ready"]);
    stop();
  });

  test("an answer that was under way does not write over what an act brought", async () => {
    const { cache, asked, tell, answer } = byHand();
    const entry = cache.query("submission.show", { id: "a" });
    const { seen, stop } = watch(() => entry.value);
    await answer(0, "version 1");
    tell("submission:a");
    entry.put("version 2" as never);
    await answer(1, "version 1");
    expect(entry.peek).toBe("version 2");
    expect(asked.length, "it is asked for once more").toBe(3);
    await answer(2, "version 3");
    expect(seen).toEqual([undefined, "version 1", "version 2", "version 3"]);
    expect(asked.length).toBe(3);
    stop();
  });

  test("what was put while nobody looks is asked for anew when somebody does", async () => {
    const { cache, asked, answer } = byHand();
    const entry = cache.query("submission.show", { id: "a" });
    void entry.refresh();
    entry.put("version 2" as never);
    await answer(0, "version 1");
    expect(entry.peek).toBe("version 2");
    expect(asked.length).toBe(1);
    const { stop } = watch(() => entry.value);
    expect(asked.length).toBe(2);
    stop();
  });

  test("what nobody looks at is forgotten one day, what is looked at never", async () => {
    const { cache, asked, answer } = byHand();
    const watched = cache.query("submission.show", { id: "watched" });
    const { stop } = watch(() => watched.value);
    await answer(0, 1);
    for (let each = 0; each < IDLE_ENTRIES_MAX * 2; each += 1) {
      cache.query("submission.show", { id: `idle ${each}` });
    }
    expect(cache.query("submission.show", { id: "watched" })).toBe(watched);
    expect(asked.length).toBe(1);
    stop();
  });
});
