// Serves the demo window, built by `npm run e2e`, on a free port of this machine.

import { existsSync } from "node:fs";
import { preview } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    address: string;
  }
}

export default async function setup(project: TestProject) {
  if (!existsSync("dist-demo/index.html")) {
    throw new Error("there is no demo window to test: `npm run e2e` builds it first");
  }
  const server = await preview({
    mode: "demo",
    build: { outDir: "dist-demo" },
    preview: { host: "127.0.0.1", port: 0, strictPort: false },
    logLevel: "warn",
  });
  const [address] = server.resolvedUrls?.local ?? [];
  if (!address) throw new Error("the demo window is not being served");
  project.provide("address", address);
  return () => server.close();
}
