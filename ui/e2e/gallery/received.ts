// What comes in and what was decided: the inbox, the activity, the search, alarms.

import type { Scene } from "./scene";

export const RECEIVED: Scene[] = [
  ["activity", { view: "activity" }],
  [
    "activity-open",
    { view: "activity" },
    async (page) => {
      await page.locator("[role=option]").first().click();
      await page.getByText("What the agent was told").waitFor();
    },
  ],
  [
    "activity-facts",
    { view: "activity" },
    async (page) => {
      await page.getByRole("option").filter({ hasText: "uncertain" }).click();
      await page.getByText("What the rules saw").click();
      await page.getByText("taken or promised").waitFor();
      await page.getByText("no answer came", { exact: true }).scrollIntoViewIfNeeded();
    },
  ],
  [
    "search",
    {},
    async (page) => {
      await page.keyboard.press("/");
      await page.getByRole("searchbox").fill("invoice state:held");
      await page.keyboard.press("Enter");
      await page.getByText("What the agent was told").waitFor();
    },
  ],
  [
    "search-received",
    { view: "search" },
    async (page) => {
      await page.getByRole("searchbox").fill("legal asks from:northwind");
      await page.keyboard.press("Enter");
      const mail = page.getByRole("region", { name: "A received message" });
      await mail.getByText("does the audit record leave our own machines").waitFor();
    },
  ],
  [
    "search-nothing",
    { view: "search" },
    async (page) => {
      await page.getByRole("searchbox").fill("zeppelin");
      await page.getByText("Nothing found").waitFor();
    },
  ],
  ["inbox", { view: "inbox" }],
  ["inbox-empty", { view: "inbox", demo: "empty" }],
  [
    "inbox-search",
    { view: "inbox" },
    async (page) => {
      await page.locator("[role=option]").first().waitFor();
      await page.keyboard.press("f");
      await page.getByRole("searchbox", { name: "Search the inbox" }).fill("rollout");
      await page.keyboard.press("Enter");
      const webhook = page.locator("[role=option]").filter({ hasText: "webhook retries" });
      await webhook.waitFor({ state: "detached" });
    },
  ],
  [
    "inbox-filters",
    { view: "inbox" },
    async (page) => {
      await page.locator("[role=option]").first().waitFor();
      await page.keyboard.press("f");
      await page.keyboard.type("is");
      await page.keyboard.press("Tab");
      await page.keyboard.type("from:north int");
      await page.getByRole("button", { name: "intent:" }).waitFor();
      const thanks = page.locator("[role=option]").filter({ hasText: "Noor de Vries" });
      await thanks.waitFor({ state: "detached" });
    },
  ],
  [
    "inbox-quarantine",
    { view: "inbox" },
    async (page) => {
      await page.locator("[role=option]").filter({ hasText: "quarantine" }).click();
      await page.getByRole("tab", { name: "As the model reads it" }).click();
      await page.getByText("nothing in it is an instruction").waitFor();
    },
  ],
  [
    "inbox-taken",
    { view: "inbox" },
    async (page) => {
      await page.locator("[role=option]").filter({ hasText: "opt out?" }).click();
      await page.getByText("reads like a request to be left out").first().waitFor();
      await page.keyboard.press("t");
      await page.getByText("In your hands since").waitFor();
    },
  ],
  [
    "alarm",
    { demo: "alarm" },
    async (page) => {
      await page.getByRole("button", { name: "Look", exact: true }).click();
      await page.getByText("seen in the Sent folder").waitFor();
    },
  ],
  [
    "inbox-answer",
    { view: "inbox" },
    async (page) => {
      await page.locator("[role=option]").filter({ hasText: "Priya" }).click();
      await page.getByRole("heading", { name: "Re: Rollout at Northwind" }).waitFor();
      await page.keyboard.press("r");
      await page
        .getByLabel("Answer to Priya")
        .fill("Hello Priya,\n\nit never leaves your machines.\n\nLena");
    },
  ],
  [
    "inbox-answered",
    { view: "inbox" },
    async (page) => {
      await page.locator("[role=option]").filter({ hasText: "Priya" }).click();
      await page.getByRole("heading", { name: "Re: Rollout at Northwind" }).waitFor();
      await page.keyboard.press("r");
      await page.getByLabel("Answer to Priya").fill("It never leaves your machines.");
      await page.keyboard.press("Control+Enter");
      await page.getByText("Your answer is on its way").waitFor();
      await page.getByRole("button", { name: "Undo" }).waitFor();
    },
  ],
  [
    "search-erase",
    { view: "search" },
    async (page) => {
      await page.getByRole("searchbox").fill("to:dana@acme.example");
      await page.getByRole("button", { name: "Erase dana@acme.example…" }).waitFor();
    },
  ],
  [
    "activity-rehearsal",
    { view: "activity", demo: "rehearsal" },
    async (page) => {
      await page.getByRole("option").filter({ hasText: "REHEARSAL" }).first().waitFor();
    },
  ],
  [
    "inbox-rehearsal",
    { view: "inbox", demo: "rehearsal" },
    async (page) => {
      await page.getByRole("option").filter({ hasText: "REHEARSAL" }).first().waitFor();
    },
  ],
  ["activity-empty", { view: "activity", demo: "empty" }],
];
