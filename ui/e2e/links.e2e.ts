// What an address from outside may do to the window: select a mail there is, and nothing else.

import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { inWindow, rested, withBrowser } from "./window";

withBrowser();

/** Points the open window somewhere, as a link does. */
const point = (page: Page, hash: string) =>
  page.evaluate((to) => {
    location.hash = to;
  }, hash);

const chosen = (page: Page) => page.locator("[role=option][aria-selected=true]").first();

describe("an address from outside", () => {
  test("that names no mail here says so: what is shown instead is not taken for it", async () => {
    await inWindow({}, async (page) => {
      await rested(page);
      await point(page, "#/queue/sub_00000000000000000000000000000001");
      const message = page.getByRole("region", { name: "Message" });
      await message.getByText("What was pointed at is not in this record.").waitFor();
      // Once something is chosen, it is no longer said.
      await page.keyboard.press("j");
      await rested(page);
      expect(await message.getByText("What was pointed at").count()).toBe(0);
    });
  });

  test.each([
    "#/queue/<img src=x onerror=globalThis.pwned=1>",
    "#/queue/sub_1?approve=1",
    "#/queue/../../settings",
    "#/queue/sub_1/approve",
    "#javascript:globalThis.pwned=1",
    "#/constructor",
    "#/__proto__",
  ])("that is none of ours changes nothing: %s", async (hash) => {
    await inWindow({}, async (page) => {
      await rested(page);
      const before = await chosen(page).textContent();
      await point(page, hash);
      await rested(page);
      expect(await chosen(page).textContent()).toBe(before);
      expect(await page.evaluate(() => "pwned" in globalThis)).toBe(false);
      await page.getByRole("heading", { level: 2 }).first().waitFor();
    });
  });
});
