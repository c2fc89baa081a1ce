// A table of the policy that another view points at, over the demo host.

import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test } from "vitest";
import { connect } from "../../data";
import { demoHost } from "../../host/demo/host";
import { place } from "../../shared/place.svelte";
import Policy from "./Policy.svelte";

let disconnect: () => void;
afterEach(() => {
  cleanup();
  disconnect();
});

test("a table that is pointed at opens, has the focus, and no other does", async () => {
  disconnect = connect(demoHost());
  place.point("policy", "review");
  render(Policy);
  const title = await screen.findByText("Review");
  const table = title.closest("details");
  await waitFor(() => expect(table?.open).toBe(true));
  expect(document.activeElement).toBe(title.closest("summary"));
  expect([...document.querySelectorAll("details[open]")]).toEqual([table]);
  expect(place.pointed).toBeNull();
});
