// Parts of Policy over the demo host: the bar of a replay says how far it has come; a line about some
// mail is changed where it stands.

import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { PolicyView } from "../../bindings";
import { useDesk } from "../../test-desk";
import Line from "./Line.svelte";
import { PolicyState } from "./policy.svelte";
import Replay from "./Replay.svelte";

const desk = useDesk();

test("a replay shows a bar that goes forward by what is judged, and then its flips", async () => {
  let finish = () => {};
  const judged = new Promise<void>((done) => {
    finish = done;
  });
  let run = "";
  let told: { done: number; total: number } | null = null;
  const asked: string[] = [];
  desk.opened("ten", {
    "policy.replay": async (args, go) => {
      run = args.run ?? "";
      await judged;
      return go();
    },
    "policy.replay_progress": (args) => {
      asked.push(args.run);
      return told;
    },
  });

  const view = new PolicyState();
  view.draft = "[rules.risk_message]\npoints = 5\n";
  render(Replay, { view });
  const looking = view.look();
  const bar = await screen.findByRole("progressbar", { name: /Judging what was recorded/ });
  // Nobody has said yet how much there is.
  expect(bar.hasAttribute("value")).toBe(false);
  told = { done: 25_600, total: 100_000 };
  await screen.findByText("25,600 of 100,000");
  expect([bar.getAttribute("value"), bar.getAttribute("max")]).toEqual(["25600", "100000"]);
  // An answer that was on its way for long does not put it back.
  told = { done: 256, total: 100_000 };
  const before = asked.length;
  await waitFor(() => expect(asked.length).toBeGreaterThan(before));
  expect(bar.getAttribute("value")).toBe("25600");
  told = { done: 51_200, total: 100_000 };
  await screen.findByText("51,200 of 100,000");
  expect(new Set(asked)).toEqual(new Set([run]));

  finish();
  await looking;
  await screen.findByText("Of 1204 decisions 31 would be another.");
  expect(screen.queryByRole("progressbar")).toBeNull();
  const after = asked.length;
  await new Promise((done) => setTimeout(done, 400));
  expect(asked.length).toBe(after);
});

test("whom a line is about is changed where it stands, and what it says of rules stays", async () => {
  desk.opened();
  const rules = "[overrides.rules.autonomy]\nenabled = false\n";
  const until = "exception_until = 2027-01-31T18:00:00.000Z\n";
  const line = `[[overrides]]\nagent = "scout"\nto = ["acme.com"]\n${until}`;
  const published = { text: `# ours\n${line}${rules}` } as PolicyView;
  const view = new PolicyState();
  await view.begin(published);
  const shown = view.form?.lines[0];
  if (!shown) throw new Error("the form has no line");
  render(Line, {
    line: shown,
    busy: false,
    change: (to) => view.change(0, to, published),
    takeOut: () => {},
  });

  await fireEvent.click(screen.getByRole("button", { name: /^Change/ }));
  const field = (name: string) => screen.getByLabelText<HTMLInputElement>(name);
  expect([field("Recipients").value, field("Agent").value]).toEqual(["acme.com", "scout"]);
  await fireEvent.input(field("Recipients"), { target: { value: "acme.com, other.example" } });
  await fireEvent.input(field("Agent"), { target: { value: " " } });
  await fireEvent.input(field("Why"), { target: { value: "spring" } });
  await fireEvent.click(screen.getByRole("button", { name: "Write into the draft" }));

  await waitFor(() => expect(screen.queryByLabelText("Recipients")).toBeNull());
  const to = 'to = ["acme.com","other.example"]\n';
  expect(view.draft).toBe(`# ours\n[[overrides]]\n${to}${until}reason = "spring"\n${rules}`);
});
