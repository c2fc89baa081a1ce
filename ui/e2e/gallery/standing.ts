// What stands: agents, mailboxes, lists, the policy, settings.

import type { Page } from "playwright-core";
import { rested } from "../window";
import type { Scene } from "./scene";

/** The form for a new mailbox, its test begun. */
async function newMailbox(page: Page, password: string): Promise<void> {
  await page.getByRole("button", { name: "Add mailbox" }).click();
  await page.getByLabel("Address").fill("me@example.com");
  await page.getByLabel("Server").fill("mail.example.com");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Test", exact: true }).click();
}

export const STANDING: Scene[] = [
  [
    "suppressions-import",
    { view: "suppressions" },
    async (page) => {
      const list = "address,reason,note\nsomeone@lumen.example,unsubscribe,asked\nno address,,\n";
      await page
        .getByLabel("A list to import")
        .setInputFiles({ name: "opt-outs.csv", mimeType: "text/csv", buffer: Buffer.from(list) });
      await page.getByText("2 rows gone through, 1 suppressed, 1 could not be read.").waitFor();
    },
  ],
  [
    "settings-key",
    { view: "settings" },
    async (page) => {
      const how = page.getByText("How to check the record elsewhere");
      await how.click();
      await how.scrollIntoViewIfNeeded();
      await page.getByText("sendoff verify --export FOLDER").waitFor();
    },
  ],
  [
    "settings-backup",
    { view: "settings" },
    async (page) => {
      await page.getByRole("button", { name: "Back up…" }).click();
      await page.getByLabel("Folder to make").waitFor();
    },
  ],
  [
    "settings-backup-under-way",
    { view: "settings" },
    async (page) => {
      await page.getByRole("button", { name: "Back up…" }).click();
      await page.getByRole("button", { name: "Back up", exact: true }).click();
      await page.getByRole("progressbar").waitFor();
      await page.getByText(" %").waitFor();
    },
  ],
  [
    "settings-exported",
    { view: "settings" },
    async (page) => {
      await page.getByRole("button", { name: "Export…" }).click();
      await page.getByRole("button", { name: "Export", exact: true }).click();
      await page.getByText("sendoff verify --export /").waitFor();
    },
  ],
  [
    "settings-backup-refused",
    { view: "settings" },
    async (page) => {
      await page.getByRole("button", { name: "Back up…" }).click();
      await page.getByLabel("Folder to make").fill("/media/backup/sendoff");
      await page.keyboard.press("Enter");
      await page.getByText("choose another folder").waitFor();
    },
  ],
  [
    "policy-form",
    { view: "policy" },
    async (page) => {
      await page.getByText("Quiet hours", { exact: true }).click();
      await page.getByText("Rate limits", { exact: true }).click();
      await page.getByLabel("hour", { exact: true }).fill("80");
      await page.getByLabel("hour", { exact: true }).press("Tab");
      await page.getByRole("button", { name: "Publish…" }).waitFor();
    },
  ],
  [
    "policy-replay",
    { view: "policy" },
    async (page) => {
      await page.getByText("Quiet hours", { exact: true }).click();
      await page.getByRole("checkbox", { name: "on", exact: true }).check();
      await page.locator("button:not([disabled])", { hasText: "Publish…" }).click();
      await page.getByText("31 would be another").waitFor();
    },
  ],
  [
    "agents-recipients",
    { view: "agents" },
    async (page) => {
      await page.getByRole("button", { name: "May write to…" }).first().click();
      await page.getByLabel("An address, or @domain").fill("@acme.example");
      await page.getByRole("button", { name: "Allow for 30 days" }).click();
      await page.getByRole("cell", { name: "@acme.example" }).waitFor();
    },
  ],
  [
    "consents",
    { view: "suppressions" },
    async (page) => {
      await page.getByRole("tab", { name: "Agreed to marketing" }).click();
      await page.getByText("double opt-in").waitFor();
    },
  ],
  [
    "consents-empty",
    { view: "suppressions", demo: "empty" },
    async (page) => {
      await page.getByRole("tab", { name: "Agreed to marketing" }).click();
      await page.getByText("Nobody has agreed yet").waitFor();
    },
  ],
  [
    "in-your-hands",
    { view: "suppressions" },
    async (page) => {
      await page.getByRole("tab", { name: "In your hands" }).click();
      await page.getByRole("button", { name: "Hand back…" }).waitFor();
    },
  ],
  [
    "mailboxes-reading",
    { view: "mailboxes" },
    async (page) => {
      await page.getByRole("button", { name: "Incoming…" }).nth(1).click();
      await page.getByLabel("Password").fill("wrong");
      await page.getByRole("button", { name: "Test", exact: true }).click();
      await page.getByText("It does not work yet").waitFor();
    },
  ],
  [
    "policy-lines",
    {},
    async (page) => {
      await rested(page);
      for (const [key, verb] of [
        ["h", "Always hold"],
        ["w", "Let it write for 30 days"],
      ] as const) {
        await page.keyboard.press(key);
        await page.getByRole("button", { name: verb, exact: true, disabled: false }).click();
        await page.locator("dialog").waitFor({ state: "detached" });
        await page.keyboard.press("j");
        await rested(page);
      }
      await page.keyboard.press("g");
      await page.keyboard.press("p");
      await page.getByRole("heading", { name: "For some mail only" }).waitFor();
      await page
        .getByRole("button", { name: /^Take out/ })
        .first()
        .waitFor();
    },
  ],
  [
    "policy-line-change",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("w");
      const letting = page.getByRole("button", { name: "Let it write for 30 days", exact: true });
      await letting.click();
      await page.locator("dialog").waitFor({ state: "detached" });
      await page.keyboard.press("g");
      await page.keyboard.press("p");
      await page.getByRole("button", { name: /^Change/ }).click();
      await page.getByLabel("Recipients").fill("acme.com\nother.example");
      await page.getByLabel("Until").waitFor();
    },
  ],
  [
    "mailboxes-reading-works",
    { view: "mailboxes" },
    async (page) => {
      await page.getByRole("button", { name: "Incoming…" }).first().click();
      await page.getByLabel("Password").fill("right");
      await page.getByRole("button", { name: "Test", exact: true }).click();
      await page.getByText("It works.").waitFor();
      await page.getByText("If that is your provider").waitFor();
    },
  ],
  [
    "mailboxes-test-running",
    { view: "mailboxes" },
    async (page) => {
      await newMailbox(page, "slow");
      await page.getByText("It says: mail.example.com").waitFor();
      await page.getByLabel("under way").waitFor();
    },
  ],
  [
    "mailboxes-test-fails",
    { view: "mailboxes" },
    async (page) => {
      await newMailbox(page, "wrong");
      await page.getByText("It does not work yet").waitFor();
    },
  ],
  [
    "settings-retention",
    { view: "settings" },
    async (page) => {
      await page.getByRole("checkbox", { name: /^Texts of mail/ }).check();
      await page.getByText("312 messages are older than 90 days").waitFor();
    },
  ],
  [
    "agents",
    { view: "agents" },
    async (page) => {
      await page.getByText("188 / 200").waitFor();
    },
  ],
  ["agents-empty", { view: "agents", demo: "first" }],
  [
    "agents-new",
    { view: "agents" },
    async (page) => {
      await page.getByRole("button", { name: "New agent" }).click();
    },
  ],
  [
    "agents-token",
    { view: "agents" },
    async (page) => {
      await page.getByRole("button", { name: "New agent" }).click();
      await page.getByLabel("Name").fill("newsletter");
      await page.getByRole("button", { name: "Create and show token" }).click();
      await page.getByText("only time it is shown").waitFor();
    },
  ],
  ["mailboxes", { view: "mailboxes" }],
  [
    "mailboxes-add",
    { view: "mailboxes" },
    async (page) => {
      await page.getByRole("button", { name: "Add mailbox" }).click();
      await page.getByRole("button", { name: "Gmail" }).click();
      await page.getByLabel("Address").fill("hello@northwind.example");
      await page.getByLabel("Password").fill("wrong");
      await page.getByRole("button", { name: "Test", exact: true }).click();
      await page.getByText("It does not work yet").waitFor();
    },
  ],
  [
    "suppressions",
    { view: "suppressions" },
    async (page) => {
      await page.getByRole("option").first().click();
    },
  ],
  [
    "policy",
    { view: "policy" },
    async (page) => {
      await page.getByLabel("Policy document, TOML").fill("[autonomy]\ndefault_level = 9\n");
      await page.getByText("is not an autonomy level").waitFor();
    },
  ],
  [
    "settings",
    { view: "settings" },
    async (page) => {
      await page.getByRole("button", { name: "Verify now" }).click();
      await page.getByText("Intact").waitFor();
    },
  ],
];
