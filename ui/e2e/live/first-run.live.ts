// From an empty data folder to a mail that has left, through the built window and a real engine.

import { exec } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type House, openHouse } from "./house";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PICTURES = new URL("../../test-results/live/", import.meta.url).pathname;
/** From the answer of the agents' door to the row in the window. */
const SEEN_MS_MAX = 500;

let house: House;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) throw new Error(`no Chromium at ${CHROMIUM}: name one in CHROMIUM`);
  await mkdir(PICTURES, { recursive: true });
  house = await openHouse();
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  page = await browser.newPage({ viewport: { width: 1360, height: 820 }, locale: "en-GB" });
  page.setDefaultTimeout(15_000);
});

afterAll(async () => {
  await browser?.close();
  await house?.close();
});

const message = () => page.getByRole("region", { name: "Message" });
const rested = () => page.locator("[data-rested=true]").waitFor();
const picture = (name: string) =>
  page.screenshot({ path: `${PICTURES}${name}.png`, animations: "disabled" });

test("a newcomer rehearses: one line, one held mail, an edit, an approval, a delivery", async () => {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));

  await page.goto(house.window);
  await page.getByRole("button", { name: "Try it with the rehearsal mailbox" }).click();
  const line = (await page.getByLabel("the curl line", { exact: true }).textContent()) ?? "";
  expect(line).toContain(house.api);
  const { stdout } = await promisify(exec)(line);
  const answered = Date.now();
  expect(JSON.parse(stdout)).toMatchObject({ state: "held", verdict: "hold" });

  await page.getByText("The first mail is here.").waitFor();
  const seen = Date.now() - answered;
  process.stdout.write(`from the answer to the window: ${seen} ms\n`);
  expect(seen).toBeLessThan(SEEN_MS_MAX);
  await page.getByText("REHEARSAL", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Read it" }).click();
  await rested();
  await picture("held");

  await page.getByRole("tab", { name: /^Trace/ }).click();
  await picture("trace");
  await page.getByRole("tab", { name: "Source" }).click();
  await message()
    .getByText(/^Subject:|Subject: /)
    .first()
    .waitFor();
  await picture("source");

  await page.keyboard.press("r");
  await page.getByLabel("Question").fill("Who asked for this?");
  await page.keyboard.press("Enter");
  await message().getByText("Who asked for this?").waitFor();
  await rested();
  await picture("asked");

  await page.keyboard.press("e");
  await page.getByRole("textbox", { name: "Text" }).fill("Other words, by a person.");
  await page.getByLabel("What this changes").locator("ins").first().waitFor();
  await picture("edit");
  await page.keyboard.press("Control+Enter");
  await page.getByText("Version 2 saved and judged again").waitFor();
  await rested();
  await picture("edited");

  await page.keyboard.press("a");
  await page.getByRole("button", { name: "Undo" }).waitFor();
  await picture("approved");
  await page.keyboard.press("z");
  await page.getByRole("button", { name: "Undo" }).waitFor({ state: "detached" });
  await rested();
  await page.keyboard.press("a");
  await page.getByRole("button", { name: "Undo" }).waitFor();

  await page.keyboard.press("g");
  await page.keyboard.press("m");
  // After the undo window, and not before it, the relay has it: the second version, once.
  const taken = page.getByRole("row").filter({ hasText: "Other words, by a person." });
  await taken.waitFor({ timeout: 30_000 });
  expect(await taken.count()).toBe(1);
  await picture("delivered");

  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.locator("[role=option]").first().click();
  await page.getByText("What the agent was told").waitFor();
  await picture("activity");
  for (const [key, title] of [
    ["g", "Agents"],
    ["s", "Suppressions"],
    ["p", "Policy"],
    [",", "Settings"],
  ] as const) {
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.getByRole("heading", { name: title, level: 1 }).waitFor();
    await picture(title.toLowerCase());
  }
  await page.getByRole("button", { name: "Verify now" }).click();
  await page.getByText(/^\s*Intact/).waitFor();
  expect(complaints).toEqual([]);
});

test("the vault, the pause and the dial answer to their controls", async () => {
  await page.goto(house.window);
  await page.getByRole("button", { name: "Pause all" }).click();
  await page.getByText("Everything is paused.").waitFor();
  await picture("paused");
  await page.getByRole("button", { name: "Resume sending" }).click();
  await page.getByText("Everything is paused.").waitFor({ state: "detached" });

  await page.keyboard.press("g");
  await page.keyboard.press("g");
  await page.getByRole("button", { name: "New agent" }).click();
  await page.getByLabel("Name").fill("newsletter");
  await page.getByRole("button", { name: "Create and show token" }).click();
  const token = await page.getByLabel("the token", { exact: true }).textContent();
  expect(token).toMatch(/^so_live_/);
  await page.getByRole("button", { name: "I have it" }).click();
  await page.getByRole("heading", { name: "newsletter" }).waitFor();

  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await page.getByLabel("Address or @domain").fill("someone@example.com");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("option").filter({ hasText: "someone@example.com" }).click();
  await page.getByRole("button", { name: "Lift…" }).click();
  await page.getByRole("button", { name: "Lift", exact: true }).click();
  await page.getByText("Nobody is suppressed").waitFor();

  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await page.getByRole("button", { name: "Add mailbox" }).click();
  await page.getByLabel("Address").fill("me@example.com");
  await page.getByLabel("Server").fill("127.0.0.1");
  await page.getByLabel("Port").fill("1");
  await page.getByLabel("Password").fill("secret");
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByText("It does not work yet").waitFor();
  await picture("mailbox-test");

  // The second half of its set-up: kept all the same, it says in words why it is not read.
  await page.getByRole("button", { name: "Add it anyway" }).click();
  await page.getByRole("heading", { name: "Read the mail of me@example.com" }).waitFor();
  await page.getByLabel("Server", { exact: true }).fill("127.0.0.1");
  await page.getByLabel("Port").fill("1");
  await page.getByLabel("Password").fill("secret");
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByText("Nothing answers at 127.0.0.1:1", { exact: false }).waitFor();
  await picture("reading-test");
  await page.getByRole("button", { name: "Keep it anyway" }).click();
  await page.getByText("Not read: nothing answers at 127.0.0.1:1").waitFor();
  await page.getByText("Warming up").waitFor();
  await picture("mailboxes");
});

test("the policy's form, the agent's list and the consents answer to their controls", async () => {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(house.window);
  await page.getByRole("navigation", { name: "Views" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.getByText("Quiet hours", { exact: true }).click();
  await page.getByRole("checkbox", { name: "on", exact: true }).check();
  await page.locator("button:not([disabled])", { hasText: "Publish…" }).click();
  await page.getByText(/decisions?.* would/).waitFor();
  await picture("replay");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByRole("heading", { name: "Policy v2" }).waitFor();
  await page
    .getByLabel("Policy document, TOML")
    .evaluate((node) => (node as HTMLTextAreaElement).value.includes("[rules.quiet_hours]"))
    .then((there) => expect(there).toBe(true));

  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("g");
  await page.getByRole("button", { name: "May write to…" }).first().click();
  await page.getByLabel("An address, or @domain").fill("@acme.example");
  await page.getByRole("button", { name: "Allow for 30 days" }).click();
  await page.getByRole("cell", { name: "@acme.example" }).waitFor();
  await picture("recipients");
  await page.keyboard.press("Escape");

  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await page.getByRole("tab", { name: "Agreed to marketing" }).click();
  await page.getByText("Nobody has agreed yet").waitFor();
  await page.getByLabel("Address", { exact: true }).fill("ewa@lumen.example");
  await page.getByLabel("How they agreed").fill("sign-up form");
  await page.getByRole("button", { name: "Record" }).click();
  await page.getByRole("cell", { name: "ewa@lumen.example" }).waitFor();
  await page.getByRole("button", { name: "End…" }).click();
  await page.getByRole("button", { name: "End it" }).click();
  await page.getByText("Nobody has agreed yet").waitFor();
  await picture("consents");
  expect(complaints).toEqual([]);
});
