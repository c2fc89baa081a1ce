// What is asked before something is done: every dialog that has no other scene.

import { rested } from "../window";
import type { Scene } from "./scene";

export const QUESTIONS: Scene[] = [
  [
    "queue-reject",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("d");
      await page.getByLabel(/^Reason for/).fill("The price is not agreed yet");
    },
  ],
  [
    "queue-snooze",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("s");
      await page.getByRole("dialog", { name: "Out of sight until" }).waitFor();
    },
  ],
  [
    "queue-many",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("J");
      await rested(page);
      await page.getByText("2 selected, all read").waitFor();
      await page.keyboard.press("a");
      await page.getByRole("dialog", { name: "Approve these 2?" }).waitFor();
    },
  ],
  [
    "queue-resend",
    {},
    async (page) => {
      await page.getByRole("tab", { name: /^Attention/ }).click();
      await page.getByRole("option").filter({ hasText: "uncertain" }).click();
      await rested(page);
      await page.getByRole("button", { name: "Send again…" }).click();
      await page.getByRole("dialog", { name: "Send it again?" }).waitFor();
    },
  ],
  [
    "keys",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
    },
  ],
  [
    "palette",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("Control+k");
      await page.getByLabel("Name of a view or verb").fill("ap");
    },
  ],
  [
    "unlock",
    { demo: "locked" },
    async (page) => {
      await page.getByRole("button", { name: "Unlock…" }).click();
      await page.getByLabel("Passphrase of the vault").fill("wrong");
      await page.keyboard.press("Enter");
      await page.getByText("Still locked: ").waitFor();
    },
  ],
  [
    "agents-raise",
    { view: "agents" },
    async (page) => {
      await page
        .getByRole("group", { name: "Level of support" })
        .locator("label")
        .filter({ hasText: "3" })
        .click();
      await page.getByRole("dialog", { name: "Let support decide more?" }).waitFor();
    },
  ],
  [
    "agents-revoke",
    { view: "agents" },
    async (page) => {
      await page.getByRole("button", { name: "Revoke" }).first().click();
      await page.getByRole("dialog", { name: /^Revoke/ }).waitFor();
    },
  ],
  [
    "agents-grant",
    { view: "agents" },
    async (page) => {
      await page.getByRole("button", { name: "Grant mailbox" }).first().click();
      await page.getByRole("group", { name: "Level there" }).waitFor();
    },
  ],
  [
    "suppressions-lift",
    { view: "suppressions" },
    async (page) => {
      await page.getByRole("option").first().click();
      await page.getByRole("button", { name: "Lift…" }).click();
      await page.getByLabel(/^Why it may be lifted/).fill("She asked for it in writing");
    },
  ],
  [
    "policy-older",
    { view: "policy" },
    async (page) => {
      await page.getByRole("button", { name: "take as draft" }).last().click();
      await page.getByText("None in this draft.").waitFor();
    },
  ],
  [
    "settings-passphrase",
    { view: "settings" },
    async (page) => {
      await page.getByRole("button", { name: "Change…" }).click();
      await page.getByRole("dialog", { name: /passphrase/ }).waitFor();
    },
  ],
];
