import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

/** Compressed size of everything the window loads. */
const GZIP_OCTETS_MAX = 400_000;

test("the production bundle is small and knows nothing of the demo", async () => {
  const outDir = new URL("../dist/", import.meta.url).pathname;
  let size = 0;
  for (const file of await readdir(outDir, { recursive: true })) {
    if (!/\.(js|css|html)$/.test(file)) continue;
    const text = await readFile(`${outDir}${file}`, "utf8");
    size += gzipSync(text).length;
    expect(text).not.toMatch(/Dana Whitfield|sendoff\.test|demo world/);
  }
  process.stdout.write(`bundle: ${(size / 1_000).toFixed(1)} kB gzip\n`);
  expect(size).toBeLessThan(GZIP_OCTETS_MAX);
});
