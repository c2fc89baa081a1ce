// The smallest window: everything that is known of a mail can be had there, and nothing is cut off.

import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { inWindow, picture, rested, withBrowser } from "./window";

withBrowser();

const SMALLEST = { width: 900, height: 600 } as const;
/** As the smallest window is at twice the size of everything. */
const ZOOMED = { width: 450, height: 300 } as const;

/** How far the contents of an element reach beyond it, in CSS pixels. */
const hidden = (of: Locator) => of.evaluate((node) => node.scrollWidth - node.clientWidth);

test("the pane beside a mail takes the list's place and gives it back", async () => {
  await inWindow(SMALLEST, async (page) => {
    await rested(page);
    const pane = page.getByRole("complementary", { name: "Context" });
    expect(await pane.isVisible()).toBe(false);
    await page.keyboard.press("i");
    await pane.getByRole("region", { name: "Conversation" }).waitFor();
    await picture(page, "smallest-context");
    expect(await page.getByRole("option").first().isVisible()).toBe(false);
    // The next mail, and what is known of who gets it.
    const before = await pane.textContent();
    await page.keyboard.press("j");
    await page.waitForFunction(
      (was) => document.querySelector("aside[aria-label=Context]")?.textContent !== was,
      before,
    );
    await page.getByRole("button", { name: "Context" }).click();
    await pane.waitFor({ state: "detached" });
    await page.getByRole("option").nth(1).waitFor();
  });
});

test("a mail that cannot be read leaves the list where it can be left", async () => {
  await inWindow(SMALLEST, async (page) => {
    await rested(page);
    await page.keyboard.press("i");
    await page.getByRole("complementary", { name: "Context" }).waitFor();
    await page.evaluate(() => {
      type Demo = { rpc: (name: string, args: object) => Promise<unknown> };
      const demo = (globalThis as unknown as { sendoffDemo: Demo }).sendoffDemo;
      const answer = demo.rpc.bind(demo);
      demo.rpc = (name, args) =>
        name === "submission.show"
          ? Promise.reject({ code: "internal", detail: "the record of it is damaged" })
          : answer(name, args);
    });
    // The next was fetched already.
    for (const _ of [1, 2]) await page.keyboard.press("j");
    await page.getByText("The record of it is damaged.").waitFor();
    await picture(page, "smallest-unread");
    await page.getByRole("option").first().click();
    await rested(page);
  });
});

test("at twice the size, the pane stands below the mail that is read", async () => {
  await inWindow(ZOOMED, async (page) => {
    await page.getByRole("option").first().click();
    await rested(page);
    await page.keyboard.press("i");
    const pane = page.getByRole("complementary", { name: "Context" });
    await pane.waitFor();
    await picture(page, "zoomed-context");
    expect(await page.getByRole("region", { name: "Message" }).isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    await page.getByRole("option").first().waitFor();
  });
});

test("what a received mail wants is corrected by a key, and taking it over leaves every verb in sight", async () => {
  await inWindow({ ...SMALLEST, view: "inbox" }, async (page) => {
    await page.locator("#inbox-thread article").first().waitFor();
    await page.keyboard.press("c");
    await page.locator("select#intent:focus").waitFor();
    await picture(page, "smallest-inbox-context");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Take over" }).click();
    await page.getByRole("button", { name: "Hand back to agents" }).waitFor();
    await picture(page, "smallest-taken-over");
    expect(await hidden(page.getByRole("region", { name: "Conversation" }))).toBe(0);
    await page.getByRole("button", { name: "What was made of it" }).click();
    await page.locator("select#intent").waitFor({ state: "detached" });
  });
});

test("the connections, the counts and the grid of mails alike are whole", async () => {
  await inWindow(SMALLEST, async (page) => {
    await rested(page);
    expect(await hidden(page.getByRole("list", { name: "Connections" }))).toBe(0);
    await page.getByRole("tab", { name: "Attention 2" }).waitFor();
    expect(await hidden(page.getByRole("tablist").first())).toBe(0);
  });
  await inWindow({ ...SMALLEST, demo: "alike" }, async (page) => {
    await rested(page);
    await page.getByRole("button", { name: "7 alike" }).click();
    await page.getByRole("button", { name: "Approve these 7" }).waitFor();
    await picture(page, "smallest-alike");
    expect(await hidden(page.locator(".grid"))).toBe(0);
  });
});
