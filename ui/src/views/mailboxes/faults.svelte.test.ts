// The rehearsal's switches as a component, over the demo host.

import { render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";
import { heard } from "../../host/demo/heard";
import { type Host, Refusal } from "../../host/host";
import { useDesk } from "../../test-desk";
import Faults from "./Faults.svelte";

let host: Host;
const desk = useDesk();

beforeEach(() => {
  host = desk.opened("first");
});

const slow = () => screen.findByRole<HTMLInputElement>("switch", { name: /Take its time/ });

test("everybody who answers is named, and a fault is switched on and off", async () => {
  render(Faults);
  await screen.findByText("injection@rehearsal.test");
  (await slow()).click();
  await waitFor(async () => {
    const world = await host.rpc("rehearsal.show", {});
    expect(world.faults.filter((one) => one.on).map((one) => one.fault)).toEqual(["slow_accept"]);
  });
  await waitFor(async () => expect((await slow()).checked).toBe(true));
  (await slow()).click();
  await waitFor(async () => {
    const world = await host.rpc("rehearsal.show", {});
    expect(world.faults.some((one) => one.on)).toBe(false);
  });
});

test("a switch that could not be turned says so", async () => {
  heard(host, {
    "rehearsal.switch": () => {
      throw new Refusal({ code: "internal", detail: "the disk is full" });
    },
  });
  render(Faults);
  (await slow()).click();
  await screen.findByText(/Not switched: the disk is full/i);
});
