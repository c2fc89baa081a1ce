import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { inWindow, picture, rested, withBrowser } from "./window";

withBrowser();

const heading = (page: Page) =>
  page.getByRole("region", { name: "Message" }).getByRole("heading", { level: 2 }).first();
const rows = (page: Page) => page.getByRole("option");
const subject = async (page: Page) => (await heading(page).textContent())?.trim() ?? "";

describe("the queue, from the keyboard alone", () => {
  test("a approves what is on screen, goes on to the next, and z takes it back", async () => {
    await inWindow({}, async (page) => {
      await rested(page);
      const first = await subject(page);
      await page.keyboard.press("a");
      await page.getByText(`Approved: ${first}`).waitFor();
      await page.waitForFunction(
        (was) =>
          document.querySelector("[aria-label=Message] header h2")?.textContent?.trim() !== was,
        first,
      );
      const bar = page.getByRole("button", { name: "Undo" });
      expect(await bar.isVisible()).toBe(true);
      await picture(page, "undo-bar");
      await page.keyboard.press("z");
      await bar.waitFor({ state: "detached" });
      await page
        .getByRole("region", { name: "Message" })
        .getByRole("heading", { name: first })
        .waitFor();
      expect(await rows(page).first().textContent()).toContain(first);
    });
  });

  test("h makes mail like this always asked about, and z takes the line back", async () => {
    await inWindow({}, async (page) => {
      await rested(page);
      const first = await subject(page);
      await page.keyboard.press("h");
      const dialog = page.getByRole("dialog", { name: "Always hold mail like this?" });
      await dialog.getByText("4 would be another").waitFor();
      await dialog.getByText(/: always asks\.$/).waitFor();
      // Escape changes nothing.
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      expect(await page.getByRole("button", { name: "Undo" }).count()).toBe(0);

      await page.keyboard.press("h");
      await page
        .getByRole("button", { name: "Always hold", exact: true, disabled: false })
        .waitFor();
      const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
      for (let each = 0; each < 10 && (await focused()) !== "Always hold"; each += 1) {
        await page.keyboard.press("Tab");
      }
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      await page.getByText("This mail still waits for you.").waitFor();
      expect(await subject(page)).toBe(first);
      const undo = page.getByRole("button", { name: "Undo" });
      await undo.waitFor();
      await page.keyboard.press("z");
      await undo.waitFor({ state: "detached" });
      await page.getByText("The policy is as it was.").waitFor();
    });
  });

  test("a held key approves nothing, and a key before the mail has rested approves nothing", async () => {
    await inWindow({}, async (page) => {
      await rested(page);
      const before = await subject(page);
      // One after the other without a pause: the new mail has not been on screen at all.
      await page.evaluate(() => {
        for (const key of ["j", "a"]) {
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        }
      });
      await rested(page);
      const shown = await subject(page);
      expect(shown).not.toBe(before);
      await page.evaluate(() => {
        const held = { key: "a", repeat: true, bubbles: true, cancelable: true };
        document.body.dispatchEvent(new KeyboardEvent("keydown", held));
      });
      await page.keyboard.press("k");
      await page.keyboard.press("j");
      await rested(page);
      expect(await subject(page)).toBe(shown);
      expect(await page.getByRole("button", { name: "Undo" }).count()).toBe(0);
    });
  });

  test("the whole queue is worked off without a pointer", async () => {
    await inWindow({}, async (page) => {
      const seen: string[] = [];
      for (let left = 10; left > 0; left -= 1) {
        await rested(page);
        const now = await subject(page);
        seen.push(now);
        await page.keyboard.press(left % 3 === 0 ? "d" : "a");
        if (left % 3 === 0) {
          await page.getByRole("dialog", { name: "Reject this mail" }).waitFor();
          await page.keyboard.type("not in this tone");
          await page.keyboard.press("Enter");
        }
        if (left > 1) {
          await page.waitForFunction(
            (was) =>
              document.querySelector("[aria-label=Message] header h2")?.textContent?.trim() !== was,
            now,
          );
        }
      }
      expect(new Set(seen).size).toBe(10);
      await page.getByText("Nothing waits for you").filter({ visible: true }).waitFor();
      await picture(page, "worked-off");
    });
  });

  test("letters typed into the reason decide nothing", async () => {
    await inWindow({}, async (page) => {
      await rested(page);
      const before = await subject(page);
      await page.keyboard.press("d");
      await page.getByRole("dialog").waitFor();
      await page.keyboard.type("aaaa dddd zzz ?");
      await picture(page, "reject");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      expect(await subject(page)).toBe(before);
      expect(await page.getByRole("button", { name: "Undo" }).count()).toBe(0);
    });
  });

  test("an edit shows its words and recipients, is saved, and is judged again", async () => {
    await inWindow({}, async (page) => {
      await rested(page);
      await page.keyboard.press("e");
      const text = page.getByRole("textbox", { name: "Text" });
      await text.waitFor();
      const before = await text.inputValue();
      await text.fill(
        before
          .replace("Thursday", "Friday morning")
          .replace("most are live", "nine of ten are live"),
      );
      await page.getByRole("textbox", { name: "Cc", exact: true }).fill("jonas@sendoff.test");
      const changes = page.getByLabel("What this changes");
      expect(await changes.locator("ins").allTextContents()).toContainEqual(
        expect.stringContaining("Friday"),
      );
      expect(await changes.textContent()).toContain("+ jonas@sendoff.test");
      await picture(page, "edit-light");
      await page.keyboard.press("Control+Enter");
      await page.getByText("Version 2 saved and judged again").waitFor();
      const main = page.getByRole("region", { name: "Message" });
      expect(await main.textContent()).toContain("jonas@sendoff.test");
      await page.getByRole("tab", { name: /^Changes/ }).click();
      expect(await main.locator("del").first().textContent()).toBe("most");
      await picture(page, "edited");
    });
  });

  test("a mail that changed underneath is not approved, and it says what changed", async () => {
    await inWindow({}, async (page) => {
      await rested(page);
      const before = await subject(page);
      await page.evaluate(() => {
        const { world } = (globalThis as unknown as { sendoffDemo: Demo }).sendoffDemo;
        const sub = [...world.subs.values()][0];
        // Behind the window's back: no change is announced.
        if (sub) world.edit(sub, { ...sub.detail.draft, subject: "Other words" });
      });
      await page.keyboard.press("a");
      await page.getByText("Not done. Version 2 was written by you").waitFor();
      expect(before).not.toBe("Other words");
      await page
        .getByRole("region", { name: "Message" })
        .getByRole("heading", { name: "Other words" })
        .waitFor();
      expect(await page.getByRole("button", { name: "Undo" }).count()).toBe(0);
      await picture(page, "changed-underneath");
    });
  });

  test("many are approved only as far as they were read", async () => {
    await inWindow({}, async (page) => {
      await rested(page);
      await page.keyboard.press("J");
      await rested(page);
      await page.keyboard.press("J");
      await rested(page);
      await page.evaluate(() => {
        const { world, changed } = (globalThis as unknown as { sendoffDemo: Demo }).sendoffDemo;
        const sub = [...world.subs.values()][0];
        if (sub) world.edit(sub, { ...sub.detail.draft, subject: "Other words" });
        changed("queue");
      });
      await page.getByText("1 selected but not read yet").waitFor();
      await page.keyboard.press("a");
      const dialog = page.getByRole("dialog", { name: "Approve these 2?" });
      await dialog.waitFor();
      await picture(page, "approve-many");
      await dialog.getByRole("button", { name: /^Approve these/ }).click();
      await page.getByText("and 1 more").waitFor();
    });
  });

  test("snooze, context, keys and palette answer to their keys", async () => {
    await inWindow({}, async (page) => {
      await rested(page);
      const before = await subject(page);
      await page.keyboard.press("s");
      await page.getByRole("dialog", { name: "Out of sight until" }).waitFor();
      await picture(page, "snooze");
      await page.keyboard.press("1");
      await page.waitForFunction(
        (was) =>
          document.querySelector("[aria-label=Message] header h2")?.textContent?.trim() !== was,
        before,
      );
      await page.getByRole("tab", { name: /^Snoozed/ }).click();
      await rows(page).filter({ hasText: before }).waitFor();
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
      await picture(page, "keys");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await page.keyboard.type("agents");
      await picture(page, "palette");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Agents" }).waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press("q");
      await page.getByRole("tab", { name: /^Needs you/ }).waitFor();
    });
  });

  test("after a look at another view the queue goes on hearing of changes", async () => {
    await inWindow({}, async (page) => {
      await rested(page);
      const last = rows(page).filter({ hasText: "first conversation" });
      await last.waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press("i");
      await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor({ state: "attached" });
      await page.keyboard.press("g");
      await page.keyboard.press("q");
      await last.waitFor();
      await page.evaluate(() => {
        const { world, changed } = (globalThis as unknown as { sendoffDemo: Demo }).sendoffDemo;
        for (const [id, { detail }] of world.subs) {
          if (detail.draft.subject?.includes("first conversation")) world.subs.delete(id);
        }
        changed("queue");
      });
      await last.waitFor({ state: "detached" });
    });
  });

  test("what is uncertain is settled by a person, and sending again is asked about", async () => {
    await inWindow({}, async (page) => {
      await page.getByRole("tab", { name: /^Attention/ }).click();
      await rows(page).filter({ hasText: "uncertain" }).click();
      await rested(page);
      await page.getByRole("button", { name: "Send again…" }).click();
      await page.getByRole("dialog", { name: "Send it again?" }).waitFor();
      await page.keyboard.press("Escape");
      await picture(page, "attention");
      await page.getByRole("button", { name: "It arrived" }).click();
      await rows(page).filter({ hasText: "uncertain" }).waitFor({ state: "detached" });
    });
  });
});

type Demo = {
  changed: (...tags: string[]) => void;
  world: {
    subs: Map<string, { detail: { draft: { subject?: string } } }>;
    edit: (sub: object, draft: object) => void;
  };
};
