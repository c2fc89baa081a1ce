// Opens the window in Chromium, as a person would find it.

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, inject } from "vitest";

export type Look = {
  /** What the demo host shows: `ten`, `empty`, `first`, `paused`, `many`, `hostile`. */
  demo?: string;
  rows?: number;
  view?: string;
  scheme?: "light" | "dark";
  width?: number;
  height?: number;
  reducedMotion?: boolean;
};

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
/** A step of a test that takes longer has failed. */
const STEP_MS_MAX = 10_000;
const PICTURES = new URL("../test-results/gallery/", import.meta.url).pathname;

let browser: Browser;

/** One browser for all tests of a file. */
export function withBrowser(): void {
  beforeAll(async () => {
    if (!existsSync(CHROMIUM)) {
      throw new Error(`no Chromium at ${CHROMIUM}: install it, or name it in CHROMIUM`);
    }
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
    await mkdir(PICTURES, { recursive: true });
  });
  afterAll(() => browser.close());
}

/** Runs `body` in a fresh window; anything the page complains of fails the test. */
export async function inWindow(
  look: Look,
  body: (page: Page) => Promise<void>,
  before?: (page: Page) => Promise<unknown>,
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1360, height: look.height ?? 820 },
    colorScheme: look.scheme ?? "light",
    reducedMotion: look.reducedMotion ? "reduce" : "no-preference",
    locale: "en-GB",
  });
  const complaints: string[] = [];
  context.setDefaultTimeout(STEP_MS_MAX);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  try {
    await before?.(page);
    const search = new URLSearchParams({ demo: look.demo ?? "ten", rows: String(look.rows ?? 0) });
    await page.goto(`${inject("address")}?${search}#/${look.view ?? "queue"}`);
    await page.getByRole("navigation", { name: "Views" }).waitFor();
    await body(page);
    if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join("; ")}`);
  } finally {
    await context.close();
  }
}

/** Waits until the message on screen has rested and verbs act on it. */
export async function rested(page: Page): Promise<void> {
  await page.locator("[data-rested=true]").waitFor();
}

export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${PICTURES}${name}.png`, animations: "disabled" });
}
