// One mail in all the ways there are to look at it, sent and received, and what is found in it.

import type { Page } from "playwright-core";
import { rested } from "../window";
import type { Scene } from "./scene";

/** Opens a mail of the queue, and one of the ways to look at it. */
async function look(page: Page, subject: string, way: RegExp): Promise<void> {
  await page.getByRole("option").filter({ hasText: subject }).click();
  await page.getByRole("heading", { name: subject }).waitFor();
  await page.getByRole("tab", { name: way }).click();
  await rested(page);
}

/** Opens a received mail, and one of the ways to look at it. */
async function read(page: Page, from: string, way: RegExp): Promise<void> {
  await page.getByRole("option").filter({ hasText: from }).click();
  await page.getByRole("tab", { name: way }).click();
}

export const LOOKS: Scene[] = [
  [
    "queue-marked",
    {},
    async (page) => {
      await look(page, "Payment reminder", /^Rendered/);
      await page.frameLocator("iframe").locator("mark").getByText("here").waitFor();
    },
  ],
  ["queue-text", {}, (page) => look(page, "Payment reminder", /^Text/)],
  [
    "queue-source",
    {},
    async (page) => {
      await look(page, "Rollout at Northwind", /^Source/);
      await page.getByText("Content-Transfer-Encoding").waitFor();
    },
  ],
  ["queue-links", {}, (page) => look(page, "Payment reminder", /^Links/)],
  [
    "queue-attachment",
    {},
    async (page) => {
      await page.getByRole("option").filter({ hasText: "The comparison" }).click();
      await page.getByRole("button", { name: /comparison\.csv/ }).click();
      await page.getByRole("dialog", { name: "comparison.csv" }).getByText("two weeks").waitFor();
    },
  ],
  [
    "queue-edit",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("e");
      const text = page.getByRole("textbox", { name: "Text" });
      await text.fill((await text.inputValue()).replace("Thursday", "Friday morning"));
      await page.getByRole("textbox", { name: "Cc", exact: true }).fill("jonas@sendoff.test");
      await page.getByLabel("What this changes").locator("ins").first().waitFor();
    },
  ],
  [
    "queue-changes",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("e");
      const text = page.getByRole("textbox", { name: "Text" });
      await text.fill((await text.inputValue()).replace("Thursday", "Friday morning"));
      await page.keyboard.press("Control+Enter");
      await page.getByText("Version 2 saved and judged again").waitFor();
      await page.getByRole("tab", { name: /^Changes/ }).click();
    },
  ],
  [
    "queue-uncertain",
    {},
    async (page) => {
      await page.getByRole("tab", { name: /^Attention/ }).click();
      await page.getByRole("option").filter({ hasText: "uncertain" }).click();
      await page.getByRole("button", { name: "It arrived" }).waitFor();
      await rested(page);
    },
  ],
  [
    "queue-snoozed",
    {},
    async (page) => {
      await page.getByRole("tab", { name: /^Snoozed/ }).click();
      await page.getByRole("option").filter({ hasText: "Contract renewal" }).waitFor();
      await rested(page);
    },
  ],
  ["inbox-rendered", { view: "inbox" }, (page) => read(page, "Priya", /^Rendered/)],
  ["inbox-marked", { view: "inbox" }, (page) => read(page, "Support Team", /^Rendered/)],
  [
    "inbox-source",
    { view: "inbox" },
    async (page) => {
      await read(page, "Priya", /^Source/);
      await page.getByText("From: Priya Nair").waitFor();
    },
  ],
  [
    "inbox-headers",
    { view: "inbox" },
    async (page) => {
      await read(page, "Support Team", /^Headers/);
      await page.getByText("Authentication-Results").waitFor();
    },
  ],
  ["inbox-links", { view: "inbox" }, (page) => read(page, "Noor", /^Links/)],
  [
    "inbox-files",
    { view: "inbox" },
    async (page) => {
      await read(page, "Noor", /^Files/);
      await page.getByText("in truth application/zip").waitFor();
    },
  ],
  [
    "inbox-decide",
    { view: "inbox" },
    async (page) => {
      await page.getByRole("tab", { name: /^Decide/ }).click();
      await page.getByRole("option").filter({ hasText: "opt out?" }).click();
      await page.getByRole("button", { name: "Yes, write to them no more" }).waitFor();
    },
  ],
  [
    "activity-transcript",
    { view: "activity" },
    async (page) => {
      await page.getByRole("option").filter({ hasText: "uncertain" }).click();
      await page.getByText("no answer came", { exact: true }).scrollIntoViewIfNeeded();
    },
  ],
  [
    "activity-nothing",
    { view: "activity" },
    async (page) => {
      await page.getByLabel("Verdict").selectOption({ label: "blocked" });
      await page.getByText("Nothing like that").waitFor();
    },
  ],
];
