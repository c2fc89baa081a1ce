import { flushSync } from "svelte";
import { expect, test } from "vitest";
import { heard } from "../host/demo/heard";
import { demoHost } from "../host/demo/host";
import { Cache } from "./cache.svelte";
import { AHEAD_ROWS, PAGE_ROWS, Pages } from "./pages.svelte";

async function open(rows: number) {
  const host = demoHost({ scenario: "many", rows });
  const asked: (string | undefined)[] = [];
  heard(host, {
    "queue.list": ({ after }, go) => {
      asked.push(after ?? undefined);
      return go();
    },
  });
  const cache = new Cache(host);
  cache.connect();
  const list = new Pages(cache, "queue.list", { tab: "needs_you" });
  const stop = $effect.root(() => {
    $effect(() => list.follow());
  });
  await quiet();
  return { host, list, asked, stop };
}

async function quiet() {
  for (let round = 0; round < 30; round += 1) {
    flushSync();
    await new Promise((done) => setTimeout(done));
  }
}

test("loads one page, and knows how many there are", async () => {
  const { list, asked, stop } = await open(1_000);
  expect(asked.length).toBe(1);
  expect(list.rows.length).toBe(PAGE_ROWS);
  expect(list.total).toBe(1_000);
  stop();
});

test("loads ahead of what is in sight, without holes or repeats", async () => {
  const { list, stop } = await open(1_000);
  list.look(180, 240);
  await quiet();
  expect(list.rows.length).toBeGreaterThanOrEqual(240 + AHEAD_ROWS);
  expect(new Set(list.rows.map((row) => row.id)).size).toBe(list.rows.length);
  stop();
});

test("after a change only what is in sight is asked for again", async () => {
  const { host, list, asked, stop } = await open(2_000);
  list.look(900, 950);
  await quiet();
  asked.length = 0;
  host.changed("queue");
  await quiet();
  expect(asked.length).toBeLessThanOrEqual(3);
  expect(asked).not.toContain(undefined);
  stop();
});

test("a row that went is gone from its page, and the next page closes up", async () => {
  const { host, list, stop } = await open(250);
  list.look(60, 120);
  await quiet();
  const gone = list.rows[70];
  if (!gone) throw new Error("there is no 70th row");
  await host.rpc("submission.reject", { id: gone.id, reason: "no" });
  await quiet();
  expect(list.total).toBe(249);
  const ids = list.rows.map((row) => row.id);
  expect(ids).not.toContain(gone.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(180);
  stop();
});
