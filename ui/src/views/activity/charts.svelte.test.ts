// The charts over the demo host: what they leave out.

import { cleanup, render, screen, within } from "@testing-library/svelte";
import { afterEach, test } from "vitest";
import { connect } from "../../data";
import { demoHost } from "../../host/demo/host";
import Charts from "./Charts.svelte";

let disconnect: () => void;
afterEach(() => {
  cleanup();
  disconnect();
});

test("every mailbox has its windows there, however many there are", async () => {
  const host = demoHost();
  const [one] = host.world.mailboxes;
  if (!one) throw new Error("the demo has no mailbox");
  for (let each = 0; each < 9; each += 1) {
    host.world.mailboxes.push({ ...one, id: `mbx_${each}`, address: `sales${each}@sendoff.test` });
  }
  disconnect = connect(host);
  render(Charts, { agent: "" });
  const windows = within(
    await screen.findByRole("list", { name: "What is used of each mailbox's windows" }),
  );
  for (const { address } of host.world.mailboxes) {
    windows.getByText(`${address.split("@")[0]}@ this hour`);
  }
});
