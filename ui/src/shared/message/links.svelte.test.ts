// The links of a message as a component: where one goes is copied as it is, not as it is shown.

import { cleanup, render, screen } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import Links from "./Links.svelte";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

// A letter nobody sees stands in the address; on screen it is written out.
const TARGET = "https://bank.example/\u200bpay?to=7";

function open(writeText: (text: string) => Promise<void>) {
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
  render(Links, { links: [{ text: "bank.example", target: TARGET }] });
  const button = screen.getByRole("button", { name: "Copy where it goes" });
  button.click();
  return button;
}

test("where a link goes is copied to the letter", async () => {
  const copied: string[] = [];
  const button = open(async (text) => void copied.push(text));
  await vi.waitFor(() => expect(button.textContent).toContain("Copied"));
  expect(copied).toEqual([TARGET]);
  expect(screen.queryByText(TARGET), "it is shown with what nobody sees").toBeNull();
});

test("where copying is refused, it says what to do instead", async () => {
  const button = open(() => Promise.reject(new Error("not allowed")));
  await vi.waitFor(() => expect(button.textContent).toContain("Select it instead"));
});
