import { render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { clock } from "../data";
import { undoStack } from "../shared/undo.svelte";
import { useDesk } from "../test-desk";
import UndoBar from "./UndoBar.svelte";

const desk = useDesk();

test("what the bar has no room for is told by its title, why it failed too", async () => {
  desk.opened();
  const text = `Approved: ${"a long subject ".repeat(20)}`.trim();
  const why = "the relay has had it for a while";
  const until = clock.read() + 10_000;
  const undo = () => Promise.reject(new Error(why));
  undoStack.offer({ id: "long", text, leaves: null, until, windowMs: 10_000, undo });
  render(UndoBar);
  await screen.findByTitle(text);
  screen.getByRole("button", { name: /^Undo/ }).click();
  await screen.findByTitle(why);
  screen.getByRole("button", { name: "Close" }).click();
  undoStack.drop("long");
  await waitFor(() => expect(screen.queryByTitle(text)).toBeNull());
});
