// Every view without a pointer: where Tab goes, that it shows, that it comes back, and what `?` and
// Escape do. Then every view at twice the size, and with less motion.

import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { inWindow, picture, rested, withBrowser } from "./window";

withBrowser();

/** Each view, the keys that lead there, and a verb its sheet must name. */
const VIEWS: [view: string, keys: string[], verb: string][] = [
  ["queue", ["g", "q"], "Approve"],
  ["inbox", ["g", "i"], "Take over, or hand back"],
  ["activity", ["g", "a"], "Go to Queue"],
  ["agents", ["g", "g"], "Go to Queue"],
  ["mailboxes", ["g", "m"], "Go to Queue"],
  ["suppressions", ["g", "s"], "Search suppressions"],
  ["policy", ["g", "p"], "Go to Queue"],
  ["settings", ["g", ","], "Go to Queue"],
  ["search", ["/"], "Go to Queue"],
];
/** More stops than any view has: a walk that is longer goes round and round somewhere. */
const STOPS_MAX = 250;

/** What a view has on screen once its answers are there, beside its heading. */
const DRAWN: Record<string, string> = {
  queue: "[data-rested=true]",
  inbox: "#inbox-thread article",
  activity: "[role=option]",
  search: "main.view input",
};

/** Waits until the view has drawn what it was asked for. */
async function drawn(page: Page, view: string): Promise<void> {
  await page.locator("main.view h1").first().waitFor({ state: "attached" });
  const settled = page.locator(DRAWN[view] ?? "main.view :is(button, input)").first();
  await settled.waitFor({ state: "attached" });
}

type Stop = { key: string; name: string; seen: boolean; shown: boolean; part: string };

/** What has the focus now; none where it is the page itself. */
function stop(page: Page): Promise<Stop | null> {
  return page.evaluate(() => {
    const at = document.activeElement;
    if (!(at instanceof HTMLElement) || at === document.body) return null;
    const box = at.getBoundingClientRect();
    const labelled = (at.getAttribute("aria-labelledby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent ?? "")
      .join(" ");
    const labels = [...((at as HTMLInputElement).labels ?? [])].map((label) => label.textContent);
    const name = [at.getAttribute("aria-label"), labelled, ...labels, at.title, at.textContent]
      .map((text) => text?.trim() ?? "")
      .find((text) => text !== "");
    const style = getComputedStyle(at);
    // A check box may show its focus on what stands for it.
    const around = at.closest("label, [role=radiogroup]");
    const lit = (of: CSSStyleDeclaration) =>
      (of.outlineStyle !== "none" && Number.parseFloat(of.outlineWidth) > 0) ||
      of.boxShadow !== "none";
    const all = [...document.querySelectorAll("*")];
    return {
      key: String(all.indexOf(at)),
      name: `${at.tagName.toLowerCase()} ${name ?? ""}`.slice(0, 80),
      seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
      shown:
        lit(style) || at.tagName === "IFRAME" || (around !== null && lit(getComputedStyle(around))),
      part: ["dialog", "main", "nav", "header"].find((part) => at.closest(part)) ?? "",
    };
  });
}

/** Tab from the top of the page until it comes round. */
async function walk(page: Page): Promise<Stop[]> {
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  const stops: Stop[] = [];
  for (let each = 0; each < STOPS_MAX; each += 1) {
    await page.keyboard.press("Tab");
    const now = await stop(page);
    if (now === null || stops.some(({ key }) => key === now.key)) return stops;
    stops.push(now);
  }
  throw new Error(`Tab is still going after ${STOPS_MAX} stops`);
}

async function leaveField(page: Page): Promise<void> {
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
}

describe("with the keyboard alone", () => {
  test.each(VIEWS)("Tab goes through the %s and shows where it is", async (view, keys) => {
    await inWindow({}, async (page) => {
      await rested(page);
      for (const key of keys) await page.keyboard.press(key);
      await page.waitForFunction((view) => location.hash.startsWith(`#/${view}`), view);
      await drawn(page, view);
      const stops = await walk(page);
      const bad = stops.filter((one) => !one.seen || !one.shown || /^\w+ $/.test(one.name));
      expect(bad).toEqual([]);
      // Top bar, rail, view: each entered once and not left for another before its end.
      const parts = stops.map((one) => one.part).filter((part, at, all) => part !== all[at - 1]);
      expect(new Set(parts).size).toBe(parts.length);
      expect(parts).toContain("main");
    });
  });

  test.each(VIEWS)(
    "? in the %s lists its keys, and Escape gives the focus back",
    async (view, keys, verb) => {
      await inWindow({}, async (page) => {
        await rested(page);
        for (const key of keys) await page.keyboard.press(key);
        await page.waitForFunction((view) => location.hash.startsWith(`#/${view}`), view);
        await leaveField(page);
        await page.keyboard.press("Tab");
        const before = await stop(page);
        await page.keyboard.press("?");
        const sheet = page.getByRole("dialog", { name: "Keys" });
        await sheet.waitFor();
        await sheet.getByText(verb, { exact: true }).waitFor();
        await page.keyboard.press("Escape");
        await sheet.waitFor({ state: "detached" });
        expect(await stop(page)).toEqual(before);
      });
    },
  );

  test.each([
    ["queue", "Reject", "Reject this mail"],
    ["queue", "Snooze", "Out of sight until"],
    ["agents", "New agent", "New agent"],
    ["agents", "Revoke", /^Revoke /],
    ["agents", "May write to…", /may write to/i],
    ["suppressions", "Lift…", /lift|write to/i],
    ["settings", "Change…", /passphrase/],
  ] as const)(
    "in the %s, `%s` opens a dialog that keeps the focus and gives it back",
    async (view, opener, title) => {
      await inWindow({ view }, async (page) => {
        if (view === "queue") await rested(page);
        if (view === "suppressions") await page.getByRole("option").first().click();
        const button = page.getByRole("button", { name: new RegExp(`^${opener}`) }).first();
        await button.focus();
        const before = await stop(page);
        await page.keyboard.press("Enter");
        const dialog = page.getByRole("dialog", { name: title });
        await dialog.waitFor();
        for (let each = 0; each < 12; each += 1) {
          await page.keyboard.press("Tab");
          const now = await stop(page);
          // The page itself stands for the browser's own controls.
          expect(now === null || now.part === "dialog", now?.name).toBe(true);
        }
        await page.keyboard.press("Escape");
        await dialog.waitFor({ state: "detached" });
        expect((await stop(page))?.name).toBe(before?.name);
      });
    },
  );
});

test.each(VIEWS)("the %s fits at twice the size", async (view) => {
  await inWindow({ view, width: 680, height: 410 }, async (page) => {
    await drawn(page, view);
    await picture(page, `zoomed-${view}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(680);
    // Nothing in the view is wider than it and cannot be scrolled to.
    const cut = await page.evaluate(() => {
      const main = document.querySelector("main.view");
      const all = [...(main?.querySelectorAll("button, input, select, textarea, h1, h2") ?? [])];
      return all
        .filter((each) => {
          const box = each.getBoundingClientRect();
          if (box.width === 0 || (box.left >= 0 && box.right <= innerWidth + 1)) return false;
          for (let up = each.parentElement; up; up = up.parentElement) {
            if (
              up.scrollWidth > up.clientWidth &&
              /auto|scroll/.test(getComputedStyle(up).overflowX)
            )
              return false;
          }
          return true;
        })
        .map((each) => each.outerHTML.slice(0, 120));
    });
    expect(cut).toEqual([]);
  });
});

test.each(VIEWS)("with less motion asked for, nothing moves in the %s", async (view) => {
  await inWindow({ view, reducedMotion: true }, async (page) => {
    await drawn(page, view);
    const moving = await page.evaluate(
      () =>
        document
          .getAnimations()
          .filter((each) => Number(each.effect?.getComputedTiming().duration) > 1).length,
    );
    expect(moving).toBe(0);
  });
});
