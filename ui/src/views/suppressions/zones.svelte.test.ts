// Time zones of contacts as a component, over the demo host.

import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { Refusal } from "../../host/host";
import { useDesk } from "../../test-desk";
import Zones from "./Zones.svelte";

const desk = useDesk();

function type(label: string, text: string) {
  const field = screen.getByLabelText(label);
  if (!(field instanceof HTMLInputElement)) throw new Error("no field");
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

test("a zone is set, and taken back; what is no zone is said and nothing is lost", async () => {
  desk.opened("ten", {
    "contacts.set_zone": ({ zone }, go) => {
      if (zone !== "Mars/Olympus") return go();
      throw new Refusal({ code: "invalid_field", detail: "`Mars/Olympus` is no time zone" });
    },
  });
  render(Zones);
  await screen.findByText("Europe/Warsaw");
  type("Address", "bea@far-away.example");
  type("Time zone", "Mars/Olympus");
  const set = screen.getByRole("button", { name: "Set" });
  await waitFor(() => expect(set.hasAttribute("disabled")).toBe(false));
  set.click();
  await screen.findByText("Not set: `Mars/Olympus` is no time zone");
  type("Time zone", "Pacific/Auckland");
  set.click();
  await screen.findByText("bea@far-away.example");
  expect(screen.queryByText(/Not set/)).toBeNull();
  const [first] = screen.getAllByRole("button", { name: "Take back" });
  first?.click();
  await waitFor(() => expect(screen.queryByText("bea@far-away.example")).toBeNull());
  await screen.findByText("Europe/Warsaw");
});
