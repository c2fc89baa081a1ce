// Signing in as a component, over the demo host: what is asked, and what is said of the answer.

import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { demoHost } from "../../host/demo/host";
import { useDesk } from "../../test-desk";
import { nameOf } from "./providers";
import SignIn from "./SignIn.svelte";

const desk = useDesk();

/** The view of the nth mailbox, and every command it gives. */
function opened(at: number) {
  const host = demoHost({ scenario: "signin" });
  const rpc = vi.spyOn(host, "rpc");
  const asked = () => rpc.mock.calls.filter(([name]) => name !== "mailboxes.list");
  desk.connected(host);
  const box = host.world.mailboxes[at];
  if (!box) throw new Error("no such mailbox");
  render(SignIn, { box: structuredClone(box), onclose: () => {} });
  return { host, asked };
}

function fill(label: string | RegExp, value: string): void {
  const input = screen.getByLabelText(label);
  if (!(input instanceof HTMLInputElement)) throw new Error(`no field ${label}`);
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

test("a sign-in asks with the provider of the mailbox and ends when the person is back", async () => {
  const { host, asked } = opened(0);
  fill("Client id", " an-id ");
  fill(/Client secret/, "a secret");
  const go = screen.getByRole("button", { name: "Sign in with the browser" });
  await waitFor(() => expect(go).toHaveProperty("disabled", false));
  go.click();
  await screen.findByText("Go on in your browser");
  await waitFor(() => expect(asked().length).toBe(2));
  const [, box] = [host.world.mailboxes.length, host.world.mailboxes[0]];
  expect(asked()).toEqual([
    [
      "mailboxes.sign_in",
      {
        id: box?.id,
        device: false,
        client_id: "an-id",
        client_secret: "a secret",
        provider: "google",
      },
    ],
    ["mailboxes.signed_in", { id: box?.id, handle: "handle-1" }],
  ]);
  host.signIn.comesBack();
  await screen.findByText(/You are signed in with Google/);
  expect(screen.queryByText("Go on in your browser")).toBeNull();
});

test("signing in again needs no client id, and says no more once it is given up", async () => {
  const { asked } = opened(1);
  await screen.findByText(/the grant was revoked/);
  expect(screen.queryByLabelText("Client id")).toBeNull();
  screen.getByRole("button", { name: "Sign in again" }).click();
  const cancel = await screen.findByRole("button", { name: "Cancel" });
  await waitFor(() => expect(asked().length).toBe(2));
  cancel.click();
  await screen.findByRole("button", { name: "Sign in again" });
  expect(asked().map(([name]) => name)).toEqual([
    "mailboxes.sign_in",
    "mailboxes.signed_in",
    "mailboxes.cancel_sign_in",
  ]);
  expect(asked()[0]?.[1]).not.toHaveProperty("client_id");
  await new Promise((done) => setTimeout(done));
  expect(screen.queryByText(/Not signed in/)).toBeNull();
});

test("a provider has the name a person knows it by", () => {
  expect(nameOf("google")).toBe("Google");
  expect(nameOf("https://id.ours.example/token")).toBe("id.ours.example");
  expect(nameOf("whatever")).toBe("whatever");
});
