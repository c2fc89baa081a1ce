import { defineConfig } from "vitest/config";

// The window in a real browser, over the demo host. Needs Chromium; says so if there is none.
export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"],
    globalSetup: ["e2e/setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
