// A live test as the form for a new mailbox shows it, over the demo host.

import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";
import { heard } from "../../host/demo/heard";
import { type DemoHost, demoHost } from "../../host/demo/host";
import { useDesk } from "../../test-desk";
import Add from "./Add.svelte";

let host: DemoHost;
const desk = useDesk();
/** Runs that were stopped, in order. */
let stopped: string[];

beforeEach(async () => {
  host = demoHost();
  stopped = [];
  heard(host, {
    "mailboxes.test_stop": ({ run }, go) => {
      stopped.push(run);
      return go();
    },
  });
  desk.connected(host);
  render(Add, { onclose: () => {}, onadded: () => {} });
  await type("Address", "me@example.com");
  await type("Server", "mail.example.com");
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
  expect(stopped).toEqual(["test-1"]);
  cleanup();
  await waitFor(() => expect(stopped).toEqual(["test-1", "test-2"]));
});

/** Holds back the first word about tests; the returned function lets the oldest go. */
function late(): () => Promise<void> {
  const waiting: (() => void)[] = [];
  heard(host, {
    "mailboxes.test": async (_, go) => {
      await new Promise<void>((done) => waiting.push(done));
      return go();
    },
  });
  return async () => {
    await waitFor(() => expect(waiting).not.toEqual([]));
    waiting.shift()?.();
  };
}

test("stopped before anything was heard of it, it is stopped as soon as it has a name", async () => {
  const answer = late();
  await type("Password", "slow");
  await press("Test");
  await press("Stop the test");
  await answer();
  await screen.findByText(/^Stopped\. No mail was sent/);
  expect(stopped).toEqual(["test-1"]);
  // A new one is not stopped by what was wanted of the last.
  await press("Test");
  await answer();
  await screen.findByLabelText("under way");
  expect(stopped).toEqual(["test-1"]);
});

test("one whose form is left before anything was heard of it does not go on", async () => {
  const answer = late();
  await type("Password", "slow");
  await press("Test");
  cleanup();
  expect(stopped).toEqual([]);
  await answer();
  await waitFor(() => expect(stopped).toEqual(["test-1"]));
});

test("the server that is named is the one being asked, not the one typed since", async () => {
  const answer = late();
  await type("Password", "slow");
  await press("Test");
  await screen.findByText("Asking mail.example.com…");
  await type("Server", "other.example.com");
  await screen.findByText("Asking mail.example.com…");
  await answer();
  screen.getByText("Asking mail.example.com…");
});

test("the focus is not lost with the button that stopped it", async () => {
  await type("Password", "slow");
  await press("Test");
  await screen.findByLabelText("under way");
  screen.getByRole("button", { name: "Stop the test" }).focus();
  await press("Stop the test");
  await screen.findByText(/^Stopped\. No mail was sent/);
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Live test" }));
});
