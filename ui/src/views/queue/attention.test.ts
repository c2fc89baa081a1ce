// Trouble that is no mail, over the demo host: shown where what is uncertain is shown, with what
// settles it.

import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import { connect } from "../../data";
import { demoHost } from "../../host/demo/host";
import { forgetQueue, queueState } from "./memory";
import Queue from "./Queue.svelte";

let disconnect: () => void;

function open(scenario: "ten" | "alarm" | "empty") {
  const host = demoHost({ scenario });
  disconnect = connect(host);
  queueState().tab = "attention";
  return host;
}

afterEach(() => {
  cleanup();
  disconnect();
  forgetQueue();
});

test("a record that does not hold stands under Attention until a walk finds nothing", async () => {
  const host = open("empty");
  host.world.record = { state: "bad", text: "The record does not hold, found 1 min ago: entry 3" };
  render(Queue);
  await screen.findByText(/The record does not hold/);
  const tab = screen.getByRole("tab", { name: /^Attention/ });
  await waitFor(() => expect(tab.textContent).toContain("1"));
  expect(screen.queryByText("Nothing needs settling")).toBeNull();
  screen.getByRole("button", { name: "Verify now" }).click();
  await waitFor(() => expect(screen.queryByText(/The record does not hold/)).toBeNull());
  await screen.findByText(/^The record holds:/);
});

test("mail that left around the gate stands there until somebody says they know", async () => {
  vi.stubGlobal("scrollTo", () => {});
  const host = open("alarm");
  const asked = vi.spyOn(host, "rpc");
  render(Queue);
  await screen.findByText("Sent around the gate");
  screen.getByRole("button", { name: "I know about it" }).click();
  await waitFor(() => expect(screen.queryByText("Sent around the gate")).toBeNull());
  expect(asked).toHaveBeenCalledWith("alarms.seen", { n: 1 });
});

test("while nothing is wrong, nothing is said", async () => {
  open("empty");
  render(Queue);
  await screen.findAllByText("Nothing needs settling");
  expect(screen.queryByRole("list", { name: "Trouble that is no mail" })).toBeNull();
});
