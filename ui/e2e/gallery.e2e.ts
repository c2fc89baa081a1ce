// Every view in light and dark, full and empty, as pictures to be looked at, and each of them held
// to the accessibility rules.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { inWindow, type Look, picture, rested, withBrowser } from "./window";

withBrowser();

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

type Axe = {
  run: (
    options: object,
  ) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
};

type Demo = {
  changed: (...tags: string[]) => void;
  world: { subs: Map<string, { detail: { id: string; verbs: string[] } }> };
};

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(() =>
    // The mail's own HTML is a stranger's; what is around it is ours.
    (globalThis as unknown as { axe: Axe }).axe.run({
      iframes: false,
      resultTypes: ["violations"],
    }),
  );
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 160)} — ${node.failureSummary}`),
  );
}

/** The form for a new mailbox, its test begun. */
async function newMailbox(page: Page, password: string): Promise<void> {
  await page.getByRole("button", { name: "Add mailbox" }).click();
  await page.getByLabel("Address").fill("me@example.com");
  await page.getByLabel("Server").fill("mail.example.com");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Test", exact: true }).click();
}

const SCENES: [name: string, look: Look, prepare?: (page: Page) => Promise<void>][] = [
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
  [
    "suppressions-import",
    { view: "suppressions" },
    async (page) => {
      const list = "address,reason,note\nsomeone@lumen.example,unsubscribe,asked\nno address,,\n";
      await page
        .getByLabel("A list to import")
        .setInputFiles({ name: "opt-outs.csv", mimeType: "text/csv", buffer: Buffer.from(list) });
      await page.getByText("2 of 2 rows, 1 suppressed, 1 could not be read.").waitFor();
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
      await page.getByText("sendoff verify --export").waitFor();
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
  [
    "search-erase",
    { view: "search" },
    async (page) => {
      await page.getByRole("searchbox").fill("to:dana@acme.example");
      await page.getByRole("button", { name: "Erase dana@acme.example…" }).waitFor();
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
  ["activity-empty", { view: "activity", demo: "empty" }],
  [
    "agents",
    { view: "agents" },
    async (page) => {
      await page.getByText("188 / 200").waitFor();
    },
  ],
  ["agents-empty", { view: "agents", demo: "empty" }],
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

describe.each(["light", "dark"] as const)("in %s", (scheme) => {
  test.each(SCENES)("%s reads well to people and to machines", async (name, look, prepare) => {
    await // Without entrances: colours are at once what they will be.
    await inWindow({ ...look, scheme, reducedMotion: true }, async (page) => {
      await prepare?.(page);
      await picture(page, `${name}-${scheme}`);
      expect(await violations(page)).toEqual([]);
    });
  });
});

test("at the smallest window, and at twice the size of everything, nothing is cut off", async () => {
  for (const [name, width, height] of [
    ["smallest", 900, 600],
    ["zoomed", 640, 410],
    ["zoomed-smallest", 450, 300],
  ] as const) {
    await inWindow({ width, height }, async (page) => {
      await page.getByRole("option").first().waitFor();
      await picture(page, name);
      if (width < 720) {
        await page.getByRole("option").first().click();
      }
      await rested(page);
      await picture(page, `${name}-reading`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(width);
      expect(await page.getByRole("button", { name: "Approve" }).isVisible()).toBe(true);
    });
  }
});

test("with less motion asked for, nothing moves", async () => {
  await inWindow({ reducedMotion: true }, async (page) => {
    await rested(page);
    await page.keyboard.press("a");
    await page.getByRole("button", { name: "Undo" }).waitFor();
    const moving = await page.evaluate(
      () =>
        document
          .getAnimations()
          .filter((each) => Number(each.effect?.getComputedTiming().duration) > 1).length,
    );
    expect(moving).toBe(0);
  });
});
