/// <reference types="vitest/config" />
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vite";

const devhost = process.env.SENDOFF_DEVHOST;
const proxy: Record<string, string> = devhost ? { "/rpc": devhost, "/changes": devhost } : {};

// Two builds of one window: `production` (for the desktop application and the development host)
// and `demo` (its own fixtures in memory, for design work and the browser tests).
export default defineConfig(({ mode }) => ({
  plugins: [svelte(), svelteTesting()],
  define: { __DEMO__: JSON.stringify(mode !== "production") },
  // Relative addresses: the same files are served from a custom scheme and from a port.
  base: "./",
  build: {
    target: ["chrome120", "safari18"],
    outDir: mode === "demo" ? "dist-demo" : "dist",
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // With the development host running elsewhere: `SENDOFF_DEVHOST=http://127.0.0.1:7412 npm run dev`,
  // then open the page with the `?secret=` it printed.
  server: { proxy, host: "127.0.0.1", port: 5173, strictPort: true },
  preview: { proxy, host: "127.0.0.1", strictPort: true },
  test: {
    include: ["src/**/*.test.ts"],
    environment: "jsdom",
    setupFiles: ["src/test-setup.ts"],
    // What hangs ends; what is slow on a busy machine is not failed.
    testTimeout: 30_000,
  },
}));
