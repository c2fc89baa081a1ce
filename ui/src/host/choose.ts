// Which host this window talks to: the application around it, the demo if it was built in and
// asked for, else the development host it was loaded from.

import type { Host } from "./host";
import { httpHost } from "./http";
import { insideTauri, tauriHost } from "./tauri";

export async function chooseHost(address: URL): Promise<Host> {
  if (insideTauri()) return tauriHost();
  if (__DEMO__ && (address.searchParams.has("demo") || !address.searchParams.has("secret"))) {
    const { demoHost, optionsFrom } = await import("./demo/host");
    const host = demoHost(optionsFrom(address.searchParams));
    // For tests that change things behind the window's back.
    Object.assign(globalThis, { sendoffDemo: host });
    return host;
  }
  return httpHost(address.searchParams.get("secret") ?? "");
}
