// The rail over the demo host: what is counted beside each view, and that zero is no count.

import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { query } from "../data";
import { demoHost } from "../host/demo/host";
import { useDesk } from "../test-desk";
import Rail from "./Rail.svelte";

const desk = useDesk();

/** The rail, and how to read the count beside a view, and of what it is the count. */
async function rail(host = desk.opened()) {
  const entry = query("frame", {});
  await entry.load();
  const { rerender } = render(Rail, { frame: entry.peek });
  const link = (title: string) => screen.getByRole("link", { name: new RegExp(`^${title}`) });
  return {
    host,
    count: (title: string) => link(title).querySelector(".count")?.textContent ?? null,
    says: (title: string) => link(title).title,
    again: async () => {
      await entry.refresh();
      await rerender({ frame: entry.peek });
    },
  };
}

test("each view says how many, and of what", async () => {
  const { host, count, says, again } = await rail();
  const suppressed = host.world.suppressions.length;
  await waitFor(() => expect(count("Suppressions")).toBe(`${suppressed}`));
  expect(says("Suppressions")).toBe(`Suppressions (G S): ${suppressed} not written to`);
  expect(count("Activity"), "nothing is on its way").toBeNull();
  expect(says("Activity")).toBe("Activity (G A)");

  const [sub] = host.world.subs.values();
  if (!sub) throw new Error("the demo holds nothing");
  const { id, hash, decision } = sub.detail;
  await host.rpc("submission.approve", { id, hash, decision: decision.id });
  await again();
  await waitFor(() => expect(count("Activity")).toBe("1"));
  expect(says("Activity")).toBe("Activity (G A): 1 leaving");

  await host.rpc("suppressions.add", { address: "@nobody.example" });
  await waitFor(() => expect(count("Suppressions")).toBe(`${suppressed + 1}`));
});

test("many are told in thousands, and whole where there is room", async () => {
  const { count, says } = await rail(desk.connected(demoHost({ scenario: "many", rows: 12_345 })));
  await waitFor(() => expect(count("Queue")).toBe("12K"));
  expect(says("Queue")).toMatch(/^Queue \(G Q\): 12,\d{3} for you to decide or settle$/);
});
