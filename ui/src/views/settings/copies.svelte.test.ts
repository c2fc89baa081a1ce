// Backups and exports as Settings shows them, over the demo host.

import { cleanup, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";
import { heard } from "../../host/demo/heard";
import type { DemoHost } from "../../host/demo/host";
import { useDesk } from "../../test-desk";
import Copies from "./Copies.svelte";

let host: DemoHost;
const desk = useDesk();

beforeEach(() => {
  host = desk.opened();
  render(Copies);
});

const button = (name: string, hidden = false) =>
  screen.getByRole<HTMLButtonElement>("button", { name, hidden });

async function ask(verb: "Back up" | "Export") {
  await waitFor(() => expect(button(`${verb}…`).disabled).toBe(false));
  button(`${verb}…`).focus();
  button(`${verb}…`).click();
  return screen.findByLabelText<HTMLInputElement>("Folder to make");
}

async function begin(verb: "Back up" | "Export") {
  await ask(verb);
  button(verb, true).click();
  await screen.findByRole("progressbar");
}

async function end() {
  button("Cancel").click();
  await screen.findByText(/^It was ended; nothing is left in/);
}

test("a backup shows how far it is, can be ended, and says where it went", async () => {
  expect((await ask("Back up")).value).toMatch(/sendoff-backup-/);
  button("Back up", true).click();
  await screen.findByRole("progressbar");
  await end();
  await begin("Back up");
  await screen.findByText(/^Copied to/);
  expect(screen.queryByText(/It was ended/)).toBeNull();
  const line = button("Back up…").parentElement ?? document.body;
  await waitFor(() => expect(line.textContent).toMatch(/Last backup just now, in \/home\/you\//));
});

test("one that was ended is not the last: that is the newest that is there", async () => {
  await begin("Back up");
  await end();
  const { copies } = await host.rpc("record.copies", {});
  expect(copies.map(({ is_there }) => is_there)).toEqual([false, true]);
  await screen.findByText("/media/backup/sendoff");
  expect(screen.queryByText(/begun/)).toBeNull();
  // Where none is there at all, the one that was begun is told as what it is.
  await begin("Export");
  await end();
  const line = button("Export…").parentElement ?? document.body;
  await within(line).findByText(/begun/);
  expect(line.textContent).toMatch(/Last export begun just now; there is none in \/home\/you\//);
});

test("what came of one is told once, and a question left open is not asked again", async () => {
  await begin("Back up");
  await screen.findByText(/^Copied to/);
  await ask("Export");
  cleanup();
  render(Copies);
  await waitFor(() => expect(button("Export…").disabled).toBe(false));
  expect(screen.queryByText(/^Copied to/)).toBeNull();
  expect(screen.queryByLabelText("Folder to make")).toBeNull();
});

test("one that could not be ended yet can be ended again", async () => {
  let asked = 0;
  heard(host, {
    "record.end_copy": (_, go) => {
      asked += 1;
      return asked > 1 ? go() : false;
    },
  });
  await begin("Back up");
  button("Cancel").click();
  await waitFor(() => expect(asked).toBe(1));
  await waitFor(() => expect(button("Cancel").disabled).toBe(false));
  await end();
});

test("the focus goes along: to what ends it, and back to what began it", async () => {
  await begin("Back up");
  await waitFor(() => expect(document.activeElement).toBe(button("Cancel")));
  await end();
  await waitFor(() => expect(document.activeElement).toBe(button("Back up…")));
  // Whoever went on meanwhile is not called back.
  await begin("Back up");
  await waitFor(() => expect(document.activeElement).toBe(button("Cancel")));
  const elsewhere = document.body.appendChild(document.createElement("button"));
  elsewhere.focus();
  await screen.findByText(/^Copied to/);
  expect(document.activeElement).toBe(elsewhere);
  elsewhere.remove();
});
