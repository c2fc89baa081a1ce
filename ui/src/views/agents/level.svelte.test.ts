// The level dial, over the demo host: down at once, up only after a second thought, and where the
// engine or the person says no, the dial stands where it stood.

import { render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";
import { heard } from "../../host/demo/heard";
import type { DemoHost } from "../../host/demo/host";
import { Refusal } from "../../host/host";
import { useDesk } from "../../test-desk";
import Agents from "./Agents.svelte";

let host: DemoHost;
const desk = useDesk();

beforeEach(() => {
  host = desk.opened();
});

const outreach = () => host.world.agents.find(({ name }) => name === "outreach");
/** The dial of an agent that stands at 2. */
async function dial() {
  render(Agents);
  const group = await screen.findByRole("group", { name: "Level of outreach" });
  const steps = [...group.querySelectorAll<HTMLInputElement>("input")];
  expect(steps.findIndex((step) => step.checked)).toBe(2);
  return { turn: (to: number) => steps[to]?.click(), at: () => steps.findIndex((s) => s.checked) };
}
const button = (name: string | RegExp) => screen.findByRole("button", { name, hidden: true });

test("turned down it counts at once", async () => {
  const { turn, at } = await dial();
  turn(0);
  await waitFor(() => expect(outreach()?.level).toBe(0));
  expect(screen.queryByRole("dialog", { hidden: true })).toBeNull();
  await waitFor(() => expect(at()).toBe(0));
});

test("turned up it is asked about, as often as it is turned", async () => {
  const { turn, at } = await dial();
  turn(3);
  (await button("Leave it at 2")).click();
  await waitFor(() => expect(screen.queryByRole("dialog", { hidden: true })).toBeNull());
  expect(outreach()?.level).toBe(2);
  expect(at(), "the dial shows what counts, not what was thought of").toBe(2);
  turn(3);
  (await button(/^Raise to 3/)).click();
  await waitFor(() => expect(outreach()?.level).toBe(3));
  await waitFor(() => expect(at()).toBe(3));
});

test("a level that is refused is not shown as set", async () => {
  heard(host, {
    "agents.set_level": () => {
      throw new Refusal({ code: "internal", detail: "the disk is full" });
    },
  });
  const { turn, at } = await dial();
  turn(1);
  await screen.findByText("Not done: the disk is full");
  expect(at()).toBe(2);
});
