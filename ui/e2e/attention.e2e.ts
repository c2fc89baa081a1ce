// Trouble that is no mail, as pictures, and settled.

import { test } from "vitest";
import { inWindow, picture, withBrowser } from "./window";

withBrowser();

type Demo = {
  changed: (...tags: string[]) => void;
  world: { record: { state: string; text: string } };
};

test.each(["light", "dark"] as const)(
  "a broken record and mail around the gate wait under Attention (%s)",
  async (scheme) => {
    await inWindow({ demo: "alarm", scheme }, async (page) => {
      await page.evaluate(() => {
        const demo = (globalThis as unknown as { sendoffDemo: Demo }).sendoffDemo;
        demo.world.record = {
          state: "bad",
          text: "The record does not hold, found 4 min ago: from entry 311 on: the entry is not the one that was signed",
        };
        demo.changed("health", "queue");
      });
      await page.getByRole("tab", { name: /^Attention/ }).click();
      await page.getByRole("button", { name: "Verify now" }).waitFor();
      await picture(page, `attention-${scheme}`);
      await page.getByRole("button", { name: "Verify now" }).focus();
      await page.keyboard.press("Enter");
      await page.getByText(/^The record holds:/).waitFor();
      await page.getByRole("button", { name: "I know about it" }).click();
      await page.getByText("Sent around the gate").waitFor({ state: "detached" });
    });
  },
);
