import { expect, test } from "vitest";
import { demoHost } from "../host/demo/host";
import { Cache } from "./cache.svelte";
import { LISTS_MAX, Lists } from "./lists";
import { Pages } from "./pages.svelte";

test("of all the lists asked for, the last looked at are kept", () => {
  const cache = new Cache(demoHost({ scenario: "empty" }));
  const lists = new Lists<"activity.list">((args) => new Pages(cache, "activity.list", args));
  const all = lists.of({});
  const first = lists.of({ contact: "0" });
  for (let at = 1; at < LISTS_MAX; at += 1) {
    lists.of({ contact: `${at}` });
    expect(lists.of({}), "what is looked at again and again stays").toBe(all);
  }
  const last = lists.of({ contact: "one more" });
  expect(lists.of({ contact: "0" })).not.toBe(first);
  expect(lists.of({ contact: "one more" })).toBe(last);
});
