// One line about some mail, open for a change: what is sent of what nobody touched, and what is said
// where the end is no time.

import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test } from "vitest";
import type { PolicyLine } from "../../bindings";
import Line from "./Line.svelte";
import type { LineChange } from "./policy.svelte";

afterEach(cleanup);

const LINE: PolicyLine = {
  words: "outreach to acme.com: may write without asking.",
  agent: "outreach",
  to: ["acme.com"],
  until: "2027-03-14T09:00:41Z",
  reason: "asked for\nby Lena ",
};

/** The line, open; `changes` is what it was to be changed to. */
async function open() {
  const changes: LineChange[] = [];
  const change = async (to: LineChange) => {
    changes.push(to);
    return true;
  };
  render(Line, { line: LINE, busy: false, change, takeOut: () => {} });
  screen.getByRole("button", { name: /^Change/ }).click();
  const until = await screen.findByLabelText<HTMLInputElement>("Until");
  const type = (label: string, text: string) => {
    const field = screen.getByLabelText<HTMLInputElement>(label);
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const save = () => {
    // As the browser does once it finds nothing wrong: not every engine knows such a field.
    until.form?.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true }));
  };
  return { changes, until, type, save };
}

test("what nobody touched is sent as it came", async () => {
  const { changes, type, save } = await open();
  type("Recipients", "acme.com, other.example");
  save();
  await waitFor(() =>
    expect(changes).toEqual([
      {
        agent: LINE.agent,
        to: ["acme.com", "other.example"],
        until: LINE.until,
        reason: LINE.reason,
      },
    ]),
  );
});

test("what was touched is sent as it was typed", async () => {
  const { changes, type, save } = await open();
  type("Until", "2027-05-01T10:30");
  type("Why", " for the fair ");
  type("Agent", "");
  save();
  const until = new Date("2027-05-01T10:30").toISOString();
  await waitFor(() =>
    expect(changes).toEqual([{ agent: null, to: LINE.to, until, reason: "for the fair" }]),
  );
});

test("an end that is no time is told beside its field, and nothing is changed", async () => {
  const { changes, until, type, save } = await open();
  expect(until.max).toBe("9999-12-31T23:59");
  // An engine that knows no such field lets anything be typed.
  until.type = "text";
  type("Until", "20270-03-14T09:00");
  save();
  expect((await screen.findByRole("alert")).textContent).toBe("That is no date and time.");
  expect(until.getAttribute("aria-invalid")).toBe("true");
  expect(changes).toEqual([]);
  type("Until", "2027-03-14T09:00");
  save();
  await waitFor(() => expect(changes).toHaveLength(1));
});
