// What a received message keeps on other people's servers, drafts, and long conversations.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { inWindow, picture, withBrowser } from "./window";

withBrowser();

type Demo = { rpc: (name: string, args: object) => Promise<unknown> };

/** From now on every command that is asked is written down. */
async function listening(page: Page): Promise<void> {
  await page.evaluate(() => {
    const of = globalThis as unknown as { sendoffDemo: Demo; asked: string[] };
    const answer = of.sendoffDemo.rpc.bind(of.sendoffDemo);
    of.asked = [];
    of.sendoffDemo.rpc = (name, args) => {
      of.asked.push(name);
      return answer(name, args);
    };
  });
}
const asked = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);

async function openPriya(page: Page): Promise<void> {
  await page.locator("[role=option]").filter({ hasText: "Priya" }).click();
  await page.getByRole("heading", { name: "Re: Rollout at Northwind" }).waitFor();
}

test("pictures elsewhere are named, and asked for once, after a click and not before", async () => {
  await inWindow({ view: "inbox" }, async (page) => {
    const left: string[] = [];
    await page.route(/northwind\.example/, (route) => {
      left.push(route.request().url());
      return route.abort();
    });
    await listening(page);
    await openPriya(page);
    await page.getByText("2 pictures not loaded.").waitFor();
    for (const host of ["cdn.northwind.example", "open.northwind.example"]) {
      await page.getByText(host, { exact: true }).waitFor();
    }
    await picture(page, "inbox-pictures");
    expect(await asked(page)).not.toContain("inbox.pictures");
    await page.getByRole("button", { name: "Load pictures" }).click();
    await page.getByText("1 picture loaded.").waitFor();
    await page.getByText("What came back is not a PNG").waitFor();
    await picture(page, "inbox-pictures-loaded");
    expect((await asked(page)).filter((name) => name === "inbox.pictures")).toHaveLength(1);
    // One did not come: it can be asked for once more.
    await page.getByRole("button", { name: "Try again" }).waitFor();
    // The window itself asks nobody: they come as data through the engine.
    expect(left).toEqual([]);
    const frame = await page.locator("iframe").getAttribute("srcdoc");
    expect(frame).toContain("data:image/png;base64,");
    expect(frame).not.toMatch(/src="https?:/);
  });
});

test("an answer begun waits under a mark, also in the next window, until it is sent", async () => {
  await inWindow({ view: "inbox" }, async (page) => {
    await openPriya(page);
    await page.keyboard.press("r");
    await page.getByLabel("Answer to Priya").fill("Hello Priya,\n\nit never leaves");
    await page.keyboard.press("Escape");
    await page.locator("[role=option]").filter({ hasText: "Dana" }).click();
    const row = page.locator("[role=option]").filter({ hasText: "Priya" });
    await row.getByText("draft").waitFor();
    await page.reload();
    await row.getByText("draft").waitFor();
    await openPriya(page);
    await page.getByText("Hello Priya, it never leaves").waitFor();
    await picture(page, "inbox-draft");
    await page.keyboard.press("r");
    const field = page.getByLabel("Answer to Priya");
    expect(await field.inputValue()).toBe("Hello Priya,\n\nit never leaves");
    await page.keyboard.press("Control+Enter");
    await page.getByText("Your answer is on its way").waitFor();
    await row.getByText("draft").waitFor({ state: "detached" });
  });
});

test("a long conversation opens on its newest messages, and further back is a key away", async () => {
  await inWindow({ view: "inbox", demo: "long" }, async (page) => {
    await openPriya(page);
    const messages = page.locator("#inbox-thread article");
    await page.getByRole("button", { name: "Show earlier messages" }).waitFor();
    expect(await messages.count()).toBe(40);
    await page.getByRole("button", { name: "Show earlier messages" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(
      () => document.querySelectorAll("#inbox-thread article").length === 120,
    );
    await page.getByRole("button", { name: "Show earlier messages" }).click();
    await page.waitForFunction(
      () => document.querySelectorAll("#inbox-thread article").length === 122,
    );
    expect(await page.getByRole("button", { name: "Show earlier messages" }).count()).toBe(0);
  });
});

test("a muted agent stays muted, and the others do not become it", async () => {
  await inWindow({ view: "settings" }, async (page) => {
    const told = page.getByRole("group", { name: "Agents you are told about" });
    const boxes = told.getByRole("checkbox");
    const all = await boxes.count();
    expect(all).toBeGreaterThan(1);
    await boxes.nth(1).uncheck();
    await page.keyboard.press("g");
    await page.keyboard.press("q");
    await page.keyboard.press("g");
    await page.keyboard.press(",");
    await told.waitFor();
    const checked = await boxes.evaluateAll((nodes) =>
      nodes.map((node) => (node as HTMLInputElement).checked),
    );
    expect(checked).toEqual(checked.map((_, at) => at !== 1));
  });
});

test("a list that is saved says where it goes", async () => {
  await inWindow({ view: "suppressions" }, async (page) => {
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: /^Export/ }).click();
    await page.getByText("suppressions.csv goes to your downloads folder.").waitFor();
    await picture(page, "toast");
    expect((await saved).suggestedFilename()).toBe("suppressions.csv");
  });
});
