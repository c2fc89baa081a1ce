// Trouble that is no mail, and what stands beside a mail: as pictures, and without the pointer.

import { expect, test } from "vitest";
import { inWindow, picture, rested, withBrowser } from "./window";

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

test.each(["light", "dark"] as const)(
  "the pane beside a mail has the whole of what passed (%s)",
  async (scheme) => {
    await inWindow({ scheme }, async (page) => {
      await rested(page);
      const pane = page.getByRole("complementary", { name: "Context" });
      await pane.getByRole("region", { name: "Conversation" }).waitFor();
      await pane.getByText("quoted", { exact: true }).waitFor();
      await picture(page, `context-${scheme}`);
      await page.keyboard.press("j");
      await pane.getByText(/^Last written to/).waitFor();
      await page.getByRole("option").filter({ hasText: "second notice" }).click();
      await pane.getByText(/not to me any more/).waitFor();
      await picture(page, `context-opt-out-${scheme}`);
      expect(await pane.getByText("asked to be left out").count()).toBe(1);
    });
  },
);
