import { describe, expect, test } from "vitest";
import { inWindow, picture, rested, withBrowser } from "./window";

withBrowser();

describe("mail that tries everything", () => {
  test("runs nothing, loads nothing, leads nowhere", async () => {
    await inWindow({ demo: "hostile" }, async (page) => {
      const asked: string[] = [];
      // Routed requests are the ones that would leave; what the policy of the document stops is not.
      await page.route(/evil\.example/, (route) => {
        asked.push(route.request().url());
        return route.abort();
      });
      await page.reload();
      await rested(page);
      await page.locator("iframe").click({ position: { x: 60, y: 60 } });
      await page.keyboard.press("j");
      await picture(page, "hostile");
      expect(asked).toEqual([]);
      expect(await page.evaluate(() => "pwned" in globalThis)).toBe(false);
      expect(page.frames().map((frame) => frame.url())).not.toContainEqual(
        expect.stringContaining("evil.example"),
      );
    });
  });

  test("shows the characters that turn a name around", async () => {
    await inWindow({ demo: "hostile" }, async (page) => {
      await rested(page);
      const text = await page.getByRole("region", { name: "Message" }).textContent();
      expect(text).toContain("Invoice ‹U+202E›gnp.exe");
      expect(text).toContain("pay‹U+200B›ments@bank.example");
      // Nor does anything beside the message say them as they are.
      for (const tab of ["Text", "Trace"]) {
        await page.getByRole("tab", { name: tab }).click();
        expect(await page.evaluate(() => document.body.innerText)).not.toMatch(/[\u202e\u200b]/);
      }
    });
  });

  test("gives the keyboard back after a click into it", async () => {
    await inWindow({}, async (page) => {
      await rested(page);
      await page.getByRole("option").filter({ hasText: "Rollout at Northwind" }).click();
      await rested(page);
      await page.locator("iframe").click();
      await page.waitForFunction(() => document.activeElement?.tagName !== "IFRAME");
      await page.keyboard.press("j");
      await page
        .getByRole("region", { name: "Message" })
        .getByRole("heading", { name: "second notice" })
        .waitFor();
    });
  });
});
