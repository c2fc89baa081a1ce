// What a test of a view sits at: a demo host connected, keys that reach the verbs, and everything
// taken apart after each test.

import { cleanup } from "@testing-library/svelte";
import { afterEach, beforeEach, vi } from "vitest";
import type { Command } from "./bindings/commands";
import { connect } from "./data";
import { type Hearing, heard } from "./host/demo/heard";
import { type DemoHost, type DemoOptions, demoHost } from "./host/demo/host";
import { keymap } from "./shared/keys";

/** To be called once in a file; `forget` lets views go that outlive what draws them. */
export function useDesk(...forget: (() => void)[]) {
  let disconnect = () => {};
  let asked: [Command, unknown][] = [];
  const press = (event: KeyboardEvent) => {
    if (keymap.handle(event)) event.preventDefault();
  };
  beforeEach(() => {
    vi.stubGlobal("scrollTo", () => {});
    addEventListener("keydown", press);
  });
  afterEach(() => {
    removeEventListener("keydown", press);
    cleanup();
    disconnect();
    disconnect = () => {};
    for (const each of forget) each();
  });

  /** Connects a host that a test made itself. */
  function connected(host: DemoHost): DemoHost {
    disconnect();
    const rpc = host.rpc.bind(host);
    const calls: typeof asked = [];
    asked = calls;
    host.rpc = (name, args) => {
      calls.push([name, args]);
      return rpc(name, args);
    };
    disconnect = connect(host);
    return host;
  }
  return {
    connected,
    /** Connects the demo of that name; `hearing` answers some of what it is asked. */
    opened(scenario: DemoOptions["scenario"] = "ten", hearing: Hearing = {}): DemoHost {
      const host = demoHost({ scenario });
      heard(host, hearing);
      return connected(host);
    },
    /** With what a command was asked, each time. */
    asks: (command: Command) => asked.filter(([name]) => name === command).map(([, args]) => args),
    /** Presses a key where no field has the focus. */
    type: (key: string) =>
      document.body.dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
      ),
  };
}
