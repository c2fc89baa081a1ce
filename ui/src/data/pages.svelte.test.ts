import { flushSync } from "svelte";
import { expect, test } from "vitest";
import { heard } from "../host/demo/heard";
import { demoHost } from "../host/demo/host";
import type { Host } from "../host/host";
import { Cache, IDLE_ENTRIES_MAX } from "./cache.svelte";
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

/** A list so long that it is made up as it is asked for. */
function endless(rows: number, heldMax?: number) {
  let asked = 0;
  let tell = (_tag: string) => {};
  const host: Host = {
    rpc(_name, args) {
      asked += 1;
      const { after, limit } = args as { after?: string; limit: number };
      const from = after === undefined ? 0 : Number(after) + 1;
      const to = Math.min(rows, from + limit);
      const page = {
        rows: Array.from({ length: to - from }, (_, at) => ({ id: String(from + at) })),
        next: to < rows ? String(to - 1) : null,
        // Told with the first page, as the engine does.
        total: after === undefined ? rows : null,
      };
      return Promise.resolve(page as never);
    },
    listen(changed) {
      tell = (tag) => changed({ tags: [tag], seq: 1 });
      return () => {};
    },
  };
  const cache = new Cache(host, heldMax);
  cache.connect();
  return { cache, asked: () => asked, tell: (tag: string) => tell(tag) };
}

function followed(cache: Cache, tab: "needs_you" | "snoozed" = "needs_you") {
  const list = new Pages(cache, "queue.list", { tab });
  const stop = $effect.root(() => {
    $effect(() => list.follow());
  });
  return { list, stop };
}

/** Goes on until nothing more is asked for. */
async function still(asked: () => number) {
  for (let before = -1; before !== asked(); ) {
    before = asked();
    await quiet();
  }
}

test("a list of 65,000 rows is whole at its end, whatever else was looked at", async () => {
  const rows = 65_000;
  const { cache, asked, tell } = endless(rows);
  const { list, stop } = followed(cache);
  flushSync();
  for (const at of [30_000, rows - 20]) {
    list.look(at, at + 20);
    await still(asked);
    expect(list.rows.length).toBeGreaterThanOrEqual(at + 20);
    expect(list.total).toBe(rows);
  }
  // Every mail read on the way is an answer, too.
  for (let each = 0; each < IDLE_ENTRIES_MAX * 2; each += 1) {
    cache.query("submission.show", { id: `${each}` });
  }
  const before = asked();
  tell("queue");
  await still(asked);
  expect(asked() - before, "only what is in sight is asked for again").toBeLessThanOrEqual(3);
  expect(list.rows.length).toBe(rows);
  expect(list.end).toBe("last");
  expect(list.rows.every((row, at) => row.id === String(at))).toBe(true);
  stop();
});

test("what lists hold has an end: one that nobody looks at makes room", async () => {
  const heldMax = 40;
  const { cache, asked } = endless(100_000, heldMax);
  const away = followed(cache, "snoozed");
  flushSync();
  away.list.look(1_000, 1_020);
  await still(asked);
  away.stop();
  await quiet();
  expect(away.list.rows.length).toBeGreaterThan(1_000);

  const { list, stop } = followed(cache);
  flushSync();
  list.look(9_000, 9_020);
  await still(asked);
  expect(list.rows.length).toBe(heldMax * PAGE_ROWS);
  expect(list.total, "it ends where its rows end").toBe(list.rows.length);
  expect(list.end, "and says that more there was no room for").toBe("full");
  expect(away.list.rows.length).toBe(0);
  stop();
  await quiet();

  const back = $effect.root(() => {
    $effect(() => away.list.follow());
  });
  flushSync();
  await still(asked);
  expect(away.list.rows.length, "what made room is as far down as it was").toBeGreaterThan(1_000);
  back();
});
