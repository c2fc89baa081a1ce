// Signing a mailbox in with its provider, in light and dark: waiting, given up, refused, done, signed
// out, and back to a password.

import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { inWindow, picture, withBrowser } from "./window";

withBrowser();

type Demo = { signIn: { comesBack: () => void } };

const LOOK = { demo: "signin", view: "mailboxes" };

/** The person comes back from the provider's page. */
const comesBack = (page: Page) =>
  page.evaluate(() =>
    (globalThis as unknown as { sendoffDemo: Demo }).sendoffDemo.signIn.comesBack(),
  );

const row = (page: Page, address: string) =>
  page.getByRole("listitem").filter({ hasText: address });

async function openSignIn(page: Page, address: string): Promise<void> {
  await row(page, address).getByRole("button", { name: "Sign in…" }).click();
  await page.getByRole("heading", { name: `Sign in as ${address}` }).waitFor();
}

describe.each(["light", "dark"] as const)("%s", (scheme) => {
  const look = { ...LOOK, scheme };
  const shot = (page: Page, name: string) => picture(page, `signin-${name}-${scheme}`);

  test("a person signs in with the browser and the mailbox says so", async () => {
    await inWindow(look, async (page) => {
      await page.getByText("Signed out of Microsoft").waitFor();
      await shot(page, "list");
      await openSignIn(page, "lena@gmail.example");
      const go = page.getByRole("button", { name: "Sign in with the browser" });
      expect(await go.isDisabled()).toBe(true);
      await page.getByLabel("Client id").fill("1234.apps.example");
      await shot(page, "form");
      await go.click();
      await page.getByText("Go on in your browser").waitFor();
      await page.getByText("Waiting until you have signed in").waitFor();
      await shot(page, "waiting");
      await comesBack(page);
      await page.getByText("You are signed in with Google").waitFor();
      await shot(page, "done");
      await page.getByRole("button", { name: "Back" }).click();
      await row(page, "lena@gmail.example").getByText("Signed in with Google").waitFor();
    });
  });

  test("a refusal is said in words and the form is there again", async () => {
    await inWindow(look, async (page) => {
      await openSignIn(page, "lena@gmail.example");
      await page.getByLabel("Client id").fill("refused");
      await page.getByLabel("Client id").press("Enter");
      await page.getByText("Go on in your browser").waitFor();
      await comesBack(page);
      await page.getByText("your administrator does not allow this client").waitFor();
      await shot(page, "refused");
      expect(await page.getByLabel("Client id").inputValue()).toBe("refused");
    });
  });

  test("a code is shown for another device, and waiting can be given up", async () => {
    await inWindow(look, async (page) => {
      await row(page, "lena@contoso.example")
        .getByRole("button", { name: "Sign in again" })
        .click();
      await page.getByText("Mail from this mailbox waits").waitFor();
      await page.getByLabel("Sign in on another device").check();
      await shot(page, "signed-out");
      await page.getByRole("button", { name: "Sign in again" }).click();
      await page.getByText("K7QF-2XMD").waitFor();
      await shot(page, "code");
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Sign in again" }).waitFor();
      // Given up by the person: nothing went wrong.
      expect(await page.getByText("Not signed in").count()).toBe(0);
      expect(await page.getByText("K7QF-2XMD").count()).toBe(0);
    });
  });

  test("who signs out goes back to a password", async () => {
    await inWindow(look, async (page) => {
      await openSignIn(page, "team@contoso.example");
      await page.getByRole("button", { name: "Sign out, use a password…" }).click();
      await page.getByRole("button", { name: "Sign out", exact: true }).click();
      await page.getByText("no password is kept").waitFor();
      await shot(page, "sign-out");
      await page.getByLabel("Password, or app password").fill("an app password");
      await page.getByRole("button", { name: "Sign out", exact: true }).click();
      const team = row(page, "team@contoso.example");
      await team.waitFor();
      expect(await team.getByText("Signed in with").count()).toBe(0);
    });
  });
});

test("another provider is named with its addresses and its servers", async () => {
  await inWindow(LOOK, async (page) => {
    await openSignIn(page, "lena@gmail.example");
    await page.getByLabel("Provider", { exact: true }).selectOption("other");
    await page.getByLabel("Client id").fill("ours");
    await page.getByLabel("Address where one signs in").fill("https://id.ours.example/auth");
    const go = page.getByRole("button", { name: "Sign in with the browser" });
    expect(await go.isDisabled()).toBe(true);
    await page.getByLabel("Address where tokens are given out").fill("https://id.ours.example/t");
    expect(await page.getByLabel("Mail servers that take its tokens").inputValue()).toBe(
      "smtp.gmail.com imap.gmail.com",
    );
    expect(await go.isDisabled()).toBe(false);
    await picture(page, "signin-other-light");
  });
});
