// An agent's budget as a component, over the demo host: the figures are those it is told.

import { render, screen, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { useDesk } from "../../test-desk";
import Budget from "./Budget.svelte";

const desk = useDesk();

async function shown(name: string) {
  const host = desk.opened();
  const agent = host.world.agents.find((each) => each.name === name);
  if (!agent) throw new Error(`the demo has no agent ${name}`);
  render(Budget, { agent });
  return within(await screen.findByRole("region", { name: `What ${name} has left` }));
}

test("risk, what waits and every window are there with used and limit", async () => {
  const budget = await shown("outreach");
  budget.getByText("188 / 200");
  budget.getByText("outreach alone");
  budget.getByText("hello@sendoff.test");
  budget.getByText("100 / 100");
  budget.getByText(/^full: the next leaves at /);
});

test("a window with room says nothing of when", async () => {
  const budget = await shown("support");
  budget.getByText("24 / 200");
  expect(budget.queryByText(/the next leaves/)).toBeNull();
});

test("where nothing bounds it, that is said and no gauge is drawn for it", async () => {
  const budget = await shown("recruiting");
  budget.getByText("Nothing bounds how fast it sends.");
  expect(budget.queryByText("risk points, 24 h")).toBeNull();
  expect(budget.queryByText("this hour")).toBeNull();
});
