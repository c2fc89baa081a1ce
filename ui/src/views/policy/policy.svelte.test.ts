// A replay as a component, over the demo host: its bar says how far it has come.

import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test } from "vitest";
import { connect } from "../../data";
import { demoHost } from "../../host/demo/host";
import { PolicyState } from "./policy.svelte";
import Replay from "./Replay.svelte";

let disconnect: () => void;

afterEach(() => {
  cleanup();
  disconnect();
});

test("a replay shows a bar that goes forward by what is judged, and then its flips", async () => {
  const host = demoHost({ scenario: "ten" });
  const rpc = host.rpc.bind(host);
  let finish = () => {};
  const judged = new Promise<void>((done) => {
    finish = done;
  });
  let run = "";
  let told: { done: number; total: number } | null = null;
  const asked: string[] = [];
  host.rpc = (async (name: string, args: never) => {
    if (name === "policy.replay") {
      run = (args as { run: string }).run;
      await judged;
    }
    if (name === "policy.replay_progress") {
      asked.push((args as { run: string }).run);
      return told;
    }
    return rpc(name as "frame", args);
  }) as typeof host.rpc;
  disconnect = connect(host);

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
