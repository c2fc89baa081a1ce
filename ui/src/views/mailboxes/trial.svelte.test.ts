// A live test as the form for a new mailbox shows it, over the demo host.

import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Command } from "../../bindings/commands";
import { connect } from "../../data";
import { demoHost } from "../../host/demo/host";
import type { Host } from "../../host/host";
import Add from "./Add.svelte";

let host: Host;
let disconnect: () => void;
let asked: Command[];

beforeEach(async () => {
  host = demoHost();
  asked = [];
  const rpc = host.rpc.bind(host);
  host.rpc = ((name: Command, args: never) => {
    asked.push(name);
    return rpc(name, args);
  }) as typeof host.rpc;
  disconnect = connect(host);
  render(Add, { onclose: () => {}, onadded: () => {} });
  await type("Address", "me@example.com");
  await type("Server", "mail.example.com");
});
afterEach(() => {
  cleanup();
  disconnect();
});

async function type(label: string, value: string) {
  await fireEvent.input(screen.getByLabelText(label, { exact: true }), { target: { value } });
}
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const step = (name: string) => screen.getByText(name, { selector: "li b" }).closest("li");

test("each step is seen while it happens, and then how long it took", async () => {
  await type("Password", "right");
  await press("Test");
  await screen.findByLabelText("under way");
  expect(screen.queryByText(/It works/)).toBeNull();
  await screen.findByText(/It works/);
  expect(screen.queryByLabelText("under way")).toBeNull();
  expect(step("Sender")?.textContent).toContain("Takes mail from me@example.com");
  expect(step("Connect")?.textContent).toContain("90 ms");
  screen.getByRole("button", { name: "Add mailbox" });
});

test("where it fails it says what happened and what usually helps", async () => {
  await type("Password", "wrong");
  await press("Test");
  await screen.findByText(/It does not work yet/);
  expect(step("Login")?.textContent).toContain("535 5.7.8");
  expect(step("Login")?.textContent).toContain("app password");
  expect(screen.queryByText("Sender", { selector: "li b" })).toBeNull();
  screen.getByRole("button", { name: "Add it anyway" });
});

test("it is stopped where it is, and so it is when its form is left", async () => {
  await type("Password", "slow");
  await press("Test");
  await screen.findByLabelText("under way");
  await press("Stop the test");
  await screen.findByText(/^Stopped\. No mail was sent/);
  expect(screen.queryByText(/It works/)).toBeNull();
  await press("Test");
  await screen.findByLabelText("under way");
  const stops = () => asked.filter((name) => name === "mailboxes.test_stop").length;
  const before = stops();
  cleanup();
  await waitFor(() => expect(stops()).toBe(before + 1));
});
