import { defineConfig } from "vitest/config";

// The built window over a real engine: `sendoff devhost`, from a debug build with that feature.
export default defineConfig({
  test: {
    include: ["e2e/live/**/*.live.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
