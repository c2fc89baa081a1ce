// Opening the vault, over the demo host: a wrong passphrase is told and kept nowhere, a right one
// takes the banner away.

import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import App from "../App.svelte";
import { useDesk } from "../test-desk";

const desk = useDesk();

test("the vault stays locked until its passphrase is given", async () => {
  const host = desk.opened("locked");
  const asked = vi.spyOn(host, "rpc");
  render(App);
  (await screen.findByRole("button", { name: "Unlock…" })).click();
  const field = await screen.findByLabelText<HTMLInputElement>("Passphrase of the vault");
  expect(field.type).toBe("password");
  const unlock = screen.getByRole<HTMLButtonElement>("button", { name: "Unlock", hidden: true });
  expect(unlock.disabled).toBe(true);
  const give = async (passphrase: string) => {
    field.value = passphrase;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await waitFor(() => expect(unlock.disabled).toBe(false));
    unlock.click();
  };

  await give("wrong");
  await screen.findByText(/^Still locked: that is not the passphrase/);
  expect(host.world.locked).toBe(true);
  expect(field.value, "nobody reads over a shoulder what was wrong").toBe("");

  await give("right");
  await waitFor(() => expect(screen.queryByText("The vault is locked.")).toBeNull());
  expect(screen.queryByLabelText("Passphrase of the vault")).toBeNull();
  expect(asked.mock.calls.filter(([name]) => name === "vault.unlock")).toHaveLength(2);
});
