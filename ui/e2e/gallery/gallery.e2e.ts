// Every view in light and dark, full and empty, as pictures to be looked at, and each of them held
// to the accessibility rules.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { inWindow, picture, rested, withBrowser } from "../window";
import { LOOKS } from "./looks";
import { QUESTIONS } from "./questions";
import { QUEUE } from "./queue";
import { RECEIVED } from "./received";
import { STANDING } from "./standing";

withBrowser();

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

type Axe = {
  run: (
    options: object,
  ) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
};

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(() =>
    // The mail's own HTML is a stranger's; what is around it is ours.
    (globalThis as unknown as { axe: Axe }).axe.run({
      iframes: false,
      resultTypes: ["violations"],
    }),
  );
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 160)} — ${node.failureSummary}`),
  );
}

const SCENES = [...QUEUE, ...LOOKS, ...RECEIVED, ...STANDING, ...QUESTIONS];

describe.each(["light", "dark"] as const)("in %s", (scheme) => {
  test.each(SCENES)("%s reads well to people and to machines", async (name, look, prepare) => {
    await // Without entrances: colours are at once what they will be.
    await inWindow({ ...look, scheme, reducedMotion: true }, async (page) => {
      await prepare?.(page);
      await picture(page, `${name}-${scheme}`);
      expect(await violations(page)).toEqual([]);
    });
  });
});

test("at the smallest window, and at twice the size of everything, nothing is cut off", async () => {
  for (const [name, width, height] of [
    ["smallest", 900, 600],
    ["zoomed", 640, 410],
    ["zoomed-smallest", 450, 300],
  ] as const) {
    await inWindow({ width, height }, async (page) => {
      await page.getByRole("option").first().waitFor();
      await picture(page, name);
      if (width < 720) {
        await page.getByRole("option").first().click();
      }
      await rested(page);
      await picture(page, `${name}-reading`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(width);
      expect(await page.getByRole("button", { name: "Approve" }).isVisible()).toBe(true);
    });
  }
});

test("with less motion asked for, nothing moves", async () => {
  await inWindow({ reducedMotion: true }, async (page) => {
    await rested(page);
    await page.keyboard.press("a");
    await page.getByRole("button", { name: "Undo" }).waitFor();
    const moving = await page.evaluate(
      () =>
        document
          .getAnimations()
          .filter((each) => Number(each.effect?.getComputedTiming().duration) > 1).length,
    );
    expect(moving).toBe(0);
  });
});
