// Settings as a component, over the demo host: a control shows what is.

import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test } from "vitest";
import { connect } from "../../data";
import { demoHost } from "../../host/demo/host";
import { Refusal } from "../../host/host";
import Settings from "./Settings.svelte";

let disconnect: () => void;

afterEach(() => {
  cleanup();
  disconnect();
});

test("a change that is refused is said, and not shown as made", async () => {
  const host = demoHost({ scenario: "ten" });
  const rpc = host.rpc.bind(host);
  host.rpc = (async (name: string, args: never) => {
    if (name === "settings.set")
      throw new Refusal({ code: "internal", detail: "the disk is full" });
    return rpc(name as "frame", args);
  }) as typeof host.rpc;
  disconnect = connect(host);
  render(Settings);
  const box = await screen.findByRole("checkbox", { name: /Say so on the desktop/ });
  if (!(box instanceof HTMLInputElement)) throw new Error("no box to tick");
  const before = box.checked;
  box.click();
  expect(box.checked).toBe(!before);
  await screen.findByText("Not changed: the disk is full");
  await waitFor(() => expect(box.checked).toBe(before));
});

test("mail over SMTP is off until it is ticked, and then its port can be chosen", async () => {
  const host = demoHost({ scenario: "ten" });
  disconnect = connect(host);
  render(Settings);
  const box = await screen.findByRole("checkbox", { name: /mail programs/ });
  const port = screen.getByRole("textbox", { name: "Port for SMTP" });
  if (!(box instanceof HTMLInputElement) || !(port instanceof HTMLInputElement))
    throw new Error("no box and field");
  expect([box.checked, port.disabled, port.value]).toEqual([false, true, "2525"]);
  box.click();
  await waitFor(() => expect([box.checked, port.disabled]).toEqual([true, false]));
  port.value = "2600";
  port.dispatchEvent(new Event("change", { bubbles: true }));
  await waitFor(async () => expect((await host.rpc("settings.show", {})).smtp_port).toBe(2600));
  expect(port.value).toBe("2600");
  box.click();
  await waitFor(() => expect(port.disabled).toBe(true));
});
