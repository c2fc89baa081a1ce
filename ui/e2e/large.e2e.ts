// A mail of five megabytes and a conversation of five hundred messages stop nobody.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { inWindow, picture, rested, withBrowser } from "./window";

withBrowser();

/** What laying out such a text in one piece takes many times over. */
const SHOWN_MS_MAX = 1_000;
const KEY_MS_MAX = 50;

/** From what is pressed until it is drawn. */
const timed = (page: Page, press: string, key?: string) =>
  page.evaluate(
    async ([press, key]) => {
      const before = performance.now();
      if (key) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      else document.querySelector<HTMLElement>(press ?? "")?.click();
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - before;
    },
    [press, key] as const,
  );

test("five megabytes of text are shown at once, to the last line", async () => {
  await inWindow({ demo: "large" }, async (page) => {
    await page.getByRole("option", { name: /Five megabytes/ }).click();
    await rested(page);
    await page.getByRole("tab", { name: "Rendered" }).click();
    const text = await timed(page, "[data-tab=text]");
    const panel = page.locator("#message-panel");
    const shown = await panel.locator("pre").evaluate((pre) => {
      const text = pre.textContent ?? "";
      return [text.length, text.slice(0, 20), pre.scrollHeight > 100_000];
    });
    process.stdout.write(`5 MB of text shown in ${text.toFixed(0)} ms\n`);
    expect(shown).toEqual([
      64_000 * 79 + 64_000 - Math.ceil(64_000 / 200),
      "The quick brown fox ",
      true,
    ]);
    expect(text).toBeLessThanOrEqual(SHOWN_MS_MAX);
    await panel.evaluate((node) => {
      node.scrollTop = node.scrollHeight / 2;
    });
    await picture(page, "large-text");
  });
});

test("in a conversation of five hundred messages keys answer as fast as in any", async () => {
  await inWindow({ demo: "large", view: "inbox" }, async (page) => {
    const earlier = page.getByRole("button", { name: "Show earlier messages" });
    for (let pages = 1; pages < 20 && (await earlier.isVisible()); pages += 1) {
      const before = await page.locator("#inbox-thread article").count();
      await earlier.click();
      await expect
        .poll(() => page.locator("#inbox-thread article").count())
        .toBeGreaterThan(before);
    }
    expect(await page.locator("#inbox-thread article").count()).toBeGreaterThanOrEqual(500);
    const context = page.getByRole("button", { name: "What was made of it" });
    const shown = async () => (await context.getAttribute("aria-pressed")) === "true";
    const times: number[] = [];
    let was = await shown();
    for (let round = 0; round < 12; round += 1) {
      times.push(await timed(page, "", "i"));
      expect(await shown(), `after key ${round + 1}`).toBe(!was);
      was = !was;
    }
    times.sort((a, b) => a - b);
    process.stdout.write(
      `key to frame beside 500 messages: median ${times[6]?.toFixed(1)} ms, worst ${times.at(-1)?.toFixed(1)} ms\n`,
    );
    expect(times[6]).toBeLessThanOrEqual(KEY_MS_MAX);
    await picture(page, "large-conversation");
  });
});
