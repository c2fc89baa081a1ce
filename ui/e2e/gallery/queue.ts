// The queue, its dialogs, and the first run.

import { expect } from "vitest";
import { rested } from "../window";
import type { Scene } from "./scene";

type Demo = {
  changed: (...tags: string[]) => void;
  world: { subs: Map<string, { detail: { id: string; verbs: string[] } }> };
};

export const QUEUE: Scene[] = [
  ["queue", {}, rested],
  ["queue-empty", { demo: "empty" }],
  [
    "queue-html",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      await rested(page);
    },
  ],
  [
    "queue-warnings",
    {},
    async (page) => {
      await page.getByRole("option").filter({ hasText: "second notice" }).click();
      await rested(page);
    },
  ],
  [
    "queue-trace",
    {},
    async (page) => {
      await rested(page);
      await page.getByRole("tab", { name: /^Trace/ }).click();
    },
  ],
  ["queue-rehearsal", { demo: "rehearsal" }, rested],
  ["queue-paused", { demo: "paused" }, rested],
  ["first-run", { demo: "first" }],
  [
    "rehearsal",
    { demo: "first" },
    async (page) => {
      await page.getByRole("button", { name: "Try it with the rehearsal mailbox" }).click();
      await page.getByText("REHEARSAL", { exact: true }).waitFor();
    },
  ],
  [
    "rehearsal-faults",
    { demo: "first" },
    async (page) => {
      await page.getByRole("button", { name: "Try it with the rehearsal mailbox" }).click();
      await page.getByRole("cell", { name: "question@rehearsal.test" }).waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press("m");
      const slow = page.getByRole("switch", { name: "Take its time" });
      await slow.check();
      await page.getByRole("switch", { name: "Take its time", checked: true }).waitFor();
    },
  ],
  [
    "queue-alike",
    { demo: "alike" },
    async (page) => {
      await rested(page);
      await page.getByRole("button", { name: "7 alike" }).click();
      await page.getByRole("button", { name: "Approve these 7" }).waitFor();
      await rested(page);
    },
  ],
  [
    "queue-ask",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("r");
      await page.getByLabel("Question").fill("Did she ask for the price list too?");
      await page.keyboard.press("Enter");
      await page.getByText("Did she ask for the price list too?").waitFor();
    },
  ],
  [
    "queue-take-over",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("t");
      await page.getByText("Take over whom?").waitFor();
    },
  ],
  [
    "queue-release",
    {},
    async (page) => {
      await rested(page);
      await page.evaluate(() => {
        const { world, changed } = (globalThis as unknown as { sendoffDemo: Demo }).sendoffDemo;
        const [first] = world.subs.values();
        if (first) first.detail.verbs = ["release", "reject"];
        changed("queue", `submission:${first?.detail.id}`);
      });
      await page.getByRole("button", { name: "Let it go…" }).waitFor();
      await page.keyboard.press("l");
      await page.getByLabel("Why this one may leave").fill("Dana asked for it on the phone today");
    },
  ],
  [
    "queue-let-write",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("w");
      await page.getByText("4 would be another").waitFor();
    },
  ],
  [
    "queue-always-hold",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("h");
      await page.getByLabel("From").selectOption("any");
      await page.getByText(/^Any agent to/).waitFor();
      await page.getByText("4 would be another").waitFor();
      await page.getByText("As the policy has it").click();
    },
  ],
  [
    "queue-line-added",
    {},
    async (page) => {
      await rested(page);
      await page.keyboard.press("h");
      await page.getByRole("button", { name: "Always hold", exact: true, disabled: false }).click();
      await page.getByText("This mail still waits for you.").waitFor();
      await page.getByRole("button", { name: "Undo" }).waitFor();
    },
  ],
  [
    "erase",
    {},
    async (page) => {
      await rested(page);
      await page.getByRole("button", { name: "Erase this contact…" }).first().click();
      await page.getByText("is written anew").waitFor();
    },
  ],
  [
    "erased",
    {},
    async (page) => {
      await rested(page);
      await page.getByRole("button", { name: "Erase this contact…" }).first().click();
      const whom = await page.locator("dialog .whom").textContent();
      const erase = page.getByRole("button", { name: "Erase for good" });
      await page.getByLabel("Type the address").fill("somebody@else.example");
      expect(await erase.isDisabled()).toBe(true);
      await page.getByLabel("Type the address").fill(whom ?? "");
      await erase.click();
      await page.getByText("Erased: ").waitFor();
      await page.locator("dialog").waitFor({ state: "detached" });
    },
  ],
];
