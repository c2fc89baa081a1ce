// What the window looks like, and what it still does, when something is wrong behind it.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { inWindow, picture, rested, withBrowser } from "./window";

withBrowser();

type Answers = (name: string, answer: unknown) => unknown;
type Demo = {
  rpc: (name: string, args: object) => Promise<unknown>;
  changed: (...tags: string[]) => void;
};

type Boxes = {
  world: {
    mailboxes: { host: string; health: object; reading?: { health: object } }[];
  };
};

/** From now on every command is refused so. */
async function refuseAll(page: Page, code: string, detail: string): Promise<void> {
  await page.evaluate(
    ([code, detail]) => {
      const demo = (globalThis as unknown as { sendoffDemo: Demo }).sendoffDemo;
      demo.rpc = () => Promise.reject({ code, detail });
    },
    [code, detail],
  );
}

/** From now on what changes something is refused so, and what only looks is answered. */
async function refuseActs(page: Page, code: string, detail: string): Promise<void> {
  await page.evaluate(
    ([code, detail]) => {
      const demo = (globalThis as unknown as { sendoffDemo: Demo }).sendoffDemo;
      const answer = demo.rpc.bind(demo);
      const looks = /^(frame|search|.*\.(list|show|source|check|traffic|facts|batches|counts))$/;
      demo.rpc = (name, args) =>
        looks.test(name) ? answer(name, args) : Promise.reject({ code, detail });
    },
    [code, detail],
  );
}

async function changed(page: Page, ...tags: string[]): Promise<void> {
  await page.evaluate((tags) => {
    (globalThis as unknown as { sendoffDemo: Demo }).sendoffDemo.changed(...tags);
  }, tags);
}

const subject = (page: Page) =>
  page.locator("section[aria-label=Message] h2").first().textContent();

test("when the engine stops, what was last known stays and is called so", async () => {
  await inWindow({}, async (page) => {
    await rested(page);
    const before = await subject(page);
    await refuseAll(page, "unreachable", "Sendoff did not answer: the connection was refused");
    await changed(page, "queue", "pause");
    await page.getByText("What you see is the last known state").waitFor();
    await picture(page, "state-engine-stopped");
    expect(await subject(page)).toBe(before);
  });
});

test("when the database cannot be written, an approval stays where it is and says so", async () => {
  await inWindow({}, async (page) => {
    await rested(page);
    const before = await subject(page);
    await refuseActs(page, "store_unavailable", "the record cannot be written: the disk is full");
    await page.keyboard.press("a");
    await page.getByText("Could not approve it: the record cannot be written").waitFor();
    await picture(page, "state-read-only");
    expect(await subject(page)).toBe(before);
    expect(await page.getByRole("button", { name: "Undo" }).count()).toBe(0);
  });
});

test("when the window starts before the engine answers, it says what to do", async () => {
  await inWindow(
    {},
    async (page) => {
      await page.getByText("Sendoff did not answer").first().waitFor();
      await picture(page, "state-nothing-answers");
    },
    (page) =>
      page.addInitScript(() => {
        let demo: Demo | undefined;
        Object.defineProperty(globalThis, "sendoffDemo", {
          get: () => demo,
          set: (host: Demo) => {
            host.rpc = () =>
              Promise.reject({
                code: "unreachable",
                detail: "Sendoff did not answer: start it again, then reload this window",
              });
            demo = host;
          },
        });
      }),
  );
});

test("when a connection is down, the top bar says which and why", async () => {
  await inWindow({ width: 1280 }, async (page) => {
    await page.evaluate(() => {
      const demo = (globalThis as unknown as { sendoffDemo: Demo }).sendoffDemo;
      const answer = demo.rpc.bind(demo);
      const bad: Answers = (name, found) =>
        name === "frame"
          ? {
              ...(found as object),
              health: {
                smtp: { state: "bad", text: "mail.sendoff.test does not answer since 14:02" },
                imap: { state: "bad", text: "hello@sendoff.test: the network is down" },
                api: { state: "ok", text: "http://127.0.0.1:7411" },
                record: { state: "warn", text: "not verified for 8 days" },
              },
            }
          : found;
      demo.rpc = async (name, args) => bad(name, await answer(name, args));
    });
    await changed(page, "health");
    await page.getByText("does not answer since 14:02").waitFor();
    await picture(page, "state-connection-down");
    const [health, keys] = await Promise.all([
      page.getByRole("list", { name: "Connections" }).boundingBox(),
      page.getByRole("button", { name: "Show every key" }).boundingBox(),
    ]);
    if (!health || !keys) throw new Error("the top bar is not there");
    expect(health.x + health.width).toBeLessThanOrEqual(keys.x);
  });
});

test("without a network, every mailbox says what it waits for, and the queue is worked on", async () => {
  await inWindow({ view: "mailboxes" }, async (page) => {
    await page.evaluate(() => {
      const { world, changed } = (globalThis as unknown as { sendoffDemo: Demo & Boxes })
        .sendoffDemo;
      for (const box of world.mailboxes) {
        const text = `could not connect to ${box.host}: the network cannot be reached`;
        box.health = { state: "bad", text };
        if (box.reading) box.reading.health = { state: "bad", text };
      }
      changed("mailboxes", "health");
    });
    await page.getByText("the network cannot be reached").first().waitFor();
    await picture(page, "state-offline");
    await page.keyboard.press("g");
    await page.keyboard.press("q");
    await rested(page);
    await page.keyboard.press("a");
    await page.getByRole("button", { name: "Undo" }).waitFor();
  });
});

test("when the credentials are locked, everything waits and one passphrase opens them", async () => {
  await inWindow({ demo: "locked" }, async (page) => {
    await page.getByText("locked", { exact: false }).first().waitFor();
    await picture(page, "state-locked");
  });
});

test("what is too long, too wide or right to left stays inside its place", async () => {
  await inWindow({ demo: "hostile" }, async (page) => {
    await rested(page);
    await picture(page, "state-hostile");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(1360);
  });
});

const desk = (page: Page) =>
  page.evaluate(() => {
    const { backgroundColor } = getComputedStyle(document.body);
    const probe = document.createElement("canvas").getContext("2d");
    if (!probe) throw new Error("nothing to draw on");
    probe.fillStyle = backgroundColor;
    probe.fillRect(0, 0, 1, 1);
    return probe.getImageData(0, 0, 1, 1).data[0] ?? 0;
  });

test("a theme is chosen by name, whatever the desktop is, and kept", async () => {
  await inWindow({ scheme: "light", view: "settings" }, async (page) => {
    expect(await desk(page)).toBeGreaterThan(200);
    await page.keyboard.press("Control+k");
    await page.getByLabel("Name of a view or verb").fill("colours dark");
    await page.keyboard.press("Enter");
    await page.locator(":root[data-theme=dark]").waitFor({ state: "attached" });
    expect(await desk(page)).toBeLessThan(60);
    expect(await page.getByLabel("Colours").inputValue()).toBe("dark");
    await picture(page, "state-theme-dark-on-light");
    await page.getByLabel("Colours").selectOption("system");
    await page.locator(":root:not([data-theme])").waitFor({ state: "attached" });
    expect(await desk(page)).toBeGreaterThan(200);
  });
});

test("the offer to undo covers none of the verbs", async () => {
  await inWindow({}, async (page) => {
    await rested(page);
    await page.keyboard.press("a");
    const bar = await page.getByRole("button", { name: "Undo" }).locator("xpath=..").boundingBox();
    await rested(page);
    const verbs = await page.getByRole("button", { name: "Approve", exact: true }).boundingBox();
    await picture(page, "state-undo");
    if (!bar || !verbs) throw new Error("no bar or no verbs");
    expect(bar.y + bar.height).toBeLessThanOrEqual(verbs.y);
  });
});
