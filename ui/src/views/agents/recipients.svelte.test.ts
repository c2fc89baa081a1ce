// Whom an agent may write to, over the demo host: the dialog shows what is, whoever changed it.

import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { Refusal } from "../../host/host";
import { useDesk } from "../../test-desk";
import Recipients from "./Recipients.svelte";

const desk = useDesk();

/** The dialog; `listed` is what the engine has, and may be changed behind it. */
async function open(refused = false) {
  const engine = { listed: false };
  const view = () => ({ writes_to: "anyone", listed_only: engine.listed, rows: [] });
  const host = desk.opened("ten", {
    "agents.recipients": view,
    "agents.listed_only": ({ only }) => {
      if (refused) throw new Refusal({ code: "internal", detail: "the disk is full" });
      engine.listed = only;
      return view();
    },
  });
  const [agent] = await host.rpc("agents.list", {});
  if (!agent) throw new Error("the demo has no agent");
  render(Recipients, { agent, onclose: () => {} });
  const find = () => screen.getByLabelText<HTMLInputElement>("Only those the list allows");
  await waitFor(find);
  return { host, engine, only: find };
}

test("a limit that is refused is not shown as set", async () => {
  const { only } = await open(true);
  only().click();
  await screen.findByText("Not done: the disk is full");
  await waitFor(() => expect(only().disabled).toBe(false));
  expect(only().checked).toBe(false);
});

test("what is changed elsewhere after a change of one's own shows, too", async () => {
  const { host, engine, only } = await open();
  only().click();
  await waitFor(() => expect(engine.listed).toBe(true));
  await waitFor(() => expect(only().disabled).toBe(false));
  expect(only().checked).toBe(true);
  engine.listed = false;
  host.changed("agents");
  await waitFor(() => expect(only().checked).toBe(false));
});
