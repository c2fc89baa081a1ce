// Closed and opened again, every list is where it was: the row on top, what is chosen, what is left
// out.

import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { inWindow, picture, rested, withBrowser } from "./window";

withBrowser();

const MANY = { demo: "many", rows: 3_000 };
/** Longer than the window takes to write down where it is. */
const WRITTEN_MS = 400;

/** The row on top and how far it is scrolled past, the chosen row, and what the filters say. */
const standing = (page: Page) =>
  page.evaluate(() => {
    const list = document.querySelector("[role=listbox]");
    if (!list) return null;
    const top = list.getBoundingClientRect().top;
    const rows = [...list.querySelectorAll("[role=option]")];
    const first = rows
      .filter((row) => row.getBoundingClientRect().bottom > top + 1)
      .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)[0];
    return {
      first: first?.textContent,
      at: first?.getAttribute("aria-posinset"),
      past: first ? Math.round(top - first.getBoundingClientRect().top) : null,
      chosen: list.querySelector("[aria-selected=true]")?.getAttribute("aria-posinset"),
      tab: document.querySelector("main [role=tab][aria-selected=true]")?.textContent,
      filters: [...document.querySelectorAll("main select, main input")].map(
        (field) => (field as HTMLInputElement).value,
      ),
    };
  });

/** Scrolls so far, and waits for the rows there. */
async function scroll(page: Page, px: number) {
  const list = page.getByRole("listbox").last();
  await list.evaluate((node, to) => {
    node.scrollTop = to;
  }, px);
  await page.waitForFunction((to) => {
    const list = document.querySelector("[role=listbox]");
    const rows = [...(list?.querySelectorAll("[role=option]") ?? [])];
    return rows.some((row) => Math.abs(new DOMMatrix(getComputedStyle(row).transform).f - to) < 90);
  }, px);
}

/** Picks the fourth row in sight. */
async function chooseInSight(page: Page) {
  const top = await page.getByRole("listbox").last().boundingBox();
  if (!top) throw new Error("there is no list");
  await page.mouse.click(top.x + 60, top.y + 3.5 * 76);
  await page.locator("[role=option][aria-selected=true]").waitFor();
}

async function again(page: Page, view: string) {
  await page.waitForTimeout(WRITTEN_MS);
  // Nothing in the address: as the application opens its window.
  await page.goto(page.url().replace(/#.*/, "#"));
  await page.reload();
  await page.locator(`nav [aria-current=page][href="#/${view}"]`).waitFor();
  await page.locator("[role=option]").first().waitFor();
}

describe("opened again", () => {
  test.each([
    ["queue", 76 * 1_480 + 30],
    ["inbox", 76 * 320 + 11],
    ["activity", 40 * 1_200 + 15],
    ["suppressions", 40 * 2_100 + 7],
  ])("the %s is as far down as it was", async (view, px) => {
    await inWindow({ ...MANY, view }, async (page) => {
      await page.locator("[role=option]").first().waitFor();
      await page.locator(`nav a[href="#/${view}"]`).click();
      await scroll(page, px);
      await chooseInSight(page);
      const left = await standing(page);
      expect(Number(left?.at)).toBeGreaterThan(30);
      await again(page, view);
      await expect.poll(() => standing(page), { timeout: 8_000 }).toEqual(left);
      await picture(page, `again-${view}`);
    });
  });

  test("what is left out of the activity still is", async () => {
    await inWindow({ ...MANY, view: "activity" }, async (page) => {
      await page.locator("nav a[href='#/activity']").click();
      await page.getByRole("tab", { name: "Held" }).click();
      await page.getByLabel("Agent").selectOption({ label: "support" });
      await page.getByLabel("Verdict").selectOption({ label: "held" });
      await page.locator("[role=option]").first().waitFor();
      await scroll(page, 40 * 90 + 5);
      const left = await standing(page);
      expect(left?.tab).toBe("Held");
      await again(page, "activity");
      await expect.poll(() => standing(page), { timeout: 8_000 }).toEqual(left);
    });
  });

  test("where the row is gone its number stands for it, and what was chosen is chosen anew", async () => {
    await inWindow({ ...MANY, view: "queue" }, async (page) => {
      await page.locator("nav a[href='#/queue']").click();
      await page.locator("[role=option]").first().waitFor();
      await scroll(page, 76 * 700);
      await page.waitForTimeout(WRITTEN_MS);
      await page.evaluate(() => {
        const name = "sendoff.stand.2.queue";
        const kept = JSON.parse(localStorage.getItem(name) ?? "{}");
        const depth = { ...kept.depth, row: "sub_gone" };
        // After what the window itself writes as it goes.
        addEventListener("pagehide", () =>
          localStorage.setItem(name, JSON.stringify({ ...kept, chosen: "sub_gone", depth })),
        );
      });
      await again(page, "queue");
      await expect
        .poll(() => standing(page), { timeout: 8_000 })
        .toMatchObject({ at: "701", past: 0, chosen: "702" });
      await rested(page);
    });
  });
});
