// The desktop application as host. The only file that knows Tauri.

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Args, Command, Result } from "../bindings/commands";
import { type Change, type Host, Refusal, type Saved } from "./host";

export const insideTauri = (): boolean => "__TAURI_INTERNALS__" in globalThis;

export function tauriHost(): Host {
  return {
    async rpc<C extends Command>(name: C, args: Args<C>): Promise<Result<C>> {
      try {
        return await invoke<Result<C>>("rpc", { name, args });
      } catch (thrown) {
        throw Refusal.from(thrown);
      }
    },
    listen(changed, reset) {
      // Changes committed before the listener is in place would be missed: reset once it is.
      const stop = listen<Change>("changed", (event) => changed(event.payload));
      void stop.then(reset);
      return () => void stop.then((off) => off());
    },
    saved(hear) {
      const stop = listen<Saved>("saved", (event) => hear(event.payload));
      return () => void stop.then((off) => off());
    },
  };
}
