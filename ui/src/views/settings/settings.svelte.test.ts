// Settings as a component, over the demo host: a control shows what is.

import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { heard } from "../../host/demo/heard";
import { demoHost } from "../../host/demo/host";
import { Refusal } from "../../host/host";
import { place } from "../../shared/place.svelte";
import { useDesk } from "../../test-desk";
import Settings from "./Settings.svelte";

const desk = useDesk();

test("a change that is refused is said, and not shown as made", async () => {
  desk.opened("ten", {
    "settings.set": () => {
      throw new Refusal({ code: "internal", detail: "the disk is full" });
    },
  });
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
  const host = desk.opened();
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

test("two boxes ticked before the first answer are both kept, in the order they were ticked", async () => {
  const waiting: (() => void)[] = [];
  const sent: string[] = [];
  const host = desk.opened("ten", {
    "settings.set": async ({ value }, go) => {
      sent.push(String(value));
      await new Promise<void>((done) => waiting.push(done));
      return go();
    },
  });
  render(Settings);
  const group = await screen.findByRole("group", { name: "Agents you are told about" });
  const boxes = [...group.querySelectorAll<HTMLInputElement>("input")];
  const [first, second] = boxes;
  if (!first || !second) throw new Error("the demo has too few agents");
  first.click();
  second.click();
  await waitFor(() => expect(waiting).toHaveLength(1));
  waiting.shift()?.();
  await waitFor(() => expect(waiting).toHaveLength(1));
  expect(sent[1]?.split(" ").sort()).toEqual([first.value, second.value].sort());
  waiting.shift()?.();
  await waitFor(async () =>
    expect((await host.rpc("settings.show", {})).muted_agents.sort()).toEqual(
      [first.value, second.value].sort(),
    ),
  );
  expect([first.checked, second.checked]).toEqual([false, false]);
});

test("both ends of the quiet hours can be changed before the first is answered", async () => {
  const sent: unknown[] = [];
  const host = demoHost({ scenario: "ten" });
  await host.rpc("settings.set", { key: "quiet_hours", value: "22:00-07:00" });
  heard(host, {
    "settings.set": async ({ value }, go) => {
      sent.push(value);
      await new Promise((later) => setTimeout(later, 20));
      return go();
    },
  });
  desk.connected(host);
  render(Settings);
  const from = await screen.findByLabelText<HTMLInputElement>("Quiet from");
  const until = screen.getByLabelText<HTMLInputElement>("Quiet until");
  await waitFor(() => expect(from.disabled).toBe(false));
  from.value = "21:00";
  from.dispatchEvent(new Event("change", { bubbles: true }));
  until.value = "08:00";
  until.dispatchEvent(new Event("change", { bubbles: true }));
  await waitFor(() => expect(sent).toEqual(["21:00-07:00", "21:00-08:00"]));
  await waitFor(async () =>
    expect((await host.rpc("settings.show", {})).quiet_hours).toBe("21:00-08:00"),
  );
});

test("how much an agent may ask is a number, and one that is refused goes back", async () => {
  const host = desk.opened();
  render(Settings);
  const field = await screen.findByRole<HTMLInputElement>("textbox", { name: "Asks a second" });
  expect(field.value).toBe("50");
  const set = async (value: string) => {
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  await set("20");
  await waitFor(async () => expect((await host.rpc("settings.show", {})).asks_per_second).toBe(20));
  await set("many");
  await screen.findByText(/Not changed: .*number from 1/);
  expect(field.value).toBe("20");
});

test("the key that signs the record can be copied, with how to know the record by it", async () => {
  const host = desk.opened();
  const { key } = await host.rpc("record.key", {});
  const copied: string[] = [];
  Object.defineProperty(navigator, "clipboard", {
    configurable: true,
    value: { writeText: async (text: string) => void copied.push(text) },
  });
  render(Settings);
  (await screen.findByRole("button", { name: "Copy the public key" })).click();
  await screen.findByText("Copied");
  expect(copied).toEqual([key]);
  screen.getByText(/Signs the record since/);
  screen.getByText("sendoff verify --export FOLDER");
  screen.getByText("sendoff verify --data /home/you/.local/share/sendoff");
});

test("before the first signature there is no key, and that is said", async () => {
  desk.opened("ten", {
    "record.key": async (_args, go) => ({
      ...(await go()),
      key: null,
      since: null,
      signed_seq: null,
      signed_at: null,
    }),
  });
  render(Settings);
  await screen.findByText(/Nothing is signed yet/);
  expect(screen.queryByRole("button", { name: "Copy the public key" })).toBeNull();
});

test("how long approvals can be undone and held mail waits is said, with where to change it", async () => {
  desk.connected(demoHost());
  render(Settings);
  await screen.findByText("within 10 s, then it leaves");
  await screen.findByText("expires after 24 hours without an answer");
  (await screen.findByRole("button", { name: /when held mail expires$/ })).click();
  expect([place.view, place.take()]).toEqual(["policy", "review"]);
});
