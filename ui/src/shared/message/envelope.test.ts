// Who a mail goes to, as a person reads it: every address in both writings, nothing hidden in one,
// and the envelope wherever it is not what the headers say.

import { cleanup, render, screen } from "@testing-library/svelte";
import { afterEach, expect, test } from "vitest";
import type { MessageView, Recipient, SubmissionDetail } from "../../bindings";
import { demoHost } from "../../host/demo/host";
import Envelope from "./Envelope.svelte";

afterEach(cleanup);

const person = (address: string, more: Partial<Recipient> = {}): Recipient => ({
  name: null,
  address,
  punycode: null,
  new_contact: false,
  ...more,
});

/** A mail of the demo with another message, and the words of its head. */
async function head(message: Partial<MessageView>): Promise<string> {
  const host = demoHost({ scenario: "ten" });
  const { rows } = await host.rpc("queue.list", { tab: "needs_you", limit: 1 });
  const [row] = rows;
  if (!row) throw new Error("the demo holds nothing");
  const detail: SubmissionDetail = await host.rpc("submission.show", { id: row.id });
  const bare = { cc: [], bcc: [], reply_to: [], named_only: [], attachments: [] };
  const changed = { ...detail.message, ...bare, ...message };
  const { container } = render(Envelope, { detail: { ...detail, message: changed } });
  return container.textContent?.replace(/\s+/g, " ") ?? "";
}

test("an address in punycode is shown in both writings, and is not taken for another", async () => {
  const text = await head({
    to: [person("ewa@lösing.example", { punycode: "ewa@xn--lsing-gra.example" })],
    envelope: { mail_from: "hello@sendoff.test", rcpt_to: ["ewa@xn--lsing-gra.example"] },
    from: "Lena Brandt <hello@sendoff.test>",
  });
  expect(text).toContain("ewa@lösing.example");
  expect(text).toContain("ewa@xn--lsing-gra.example");
  expect(text).not.toContain("Envelope");
});

test("letters nobody sees are written out in every address and name", async () => {
  const text = await head({
    from: "Le\u200dna <hel\u200blo@sendoff.test>",
    to: [person("pay\u200bments@bank.example", { name: "Pay\u202eLap" })],
    bcc: [person("b\u00adoss@home.example")],
    reply_to: ["Dana <d\u2060ana@evil.example>"],
    envelope: {
      mail_from: "hel\u200blo@sendoff.test",
      rcpt_to: ["pay\u200bments@bank.example", "b\u00adoss@home.example"],
    },
  });
  for (const shown of [
    "Le‹U+200D›na",
    "pay‹U+200B›ments@bank.example",
    "Pay‹U+202E›Lap",
    "b‹U+00AD›oss@home.example",
    "d‹U+2060›ana@evil.example",
  ]) {
    expect(text).toContain(shown);
  }
  for (const unseen of ["\u200b", "\u200d", "\u202e", "\u00ad", "\u2060"]) {
    expect(text).not.toContain(unseen);
  }
});

test("the envelope is shown where it is not what the headers say, both ways", async () => {
  const same = await head({
    from: "Lena <hello@sendoff.test>",
    to: [person("dana@acme.example")],
    envelope: { mail_from: "hello@sendoff.test", rcpt_to: ["dana@acme.example"] },
  });
  expect(same).not.toContain("Envelope");
  cleanup();
  await head({
    from: "Lena <hello@sendoff.test>",
    to: [person("dana@acme.example")],
    named_only: ["ceo@acme.example"],
    envelope: {
      mail_from: "reply+1@sendoff.test",
      rcpt_to: ["dana@acme.example", "other@evil.example"],
    },
  });
  expect(screen.getByText("Envelope").nextElementSibling?.textContent).toBe(
    "from reply+1@sendoff.test; also to other@evil.example; not to ceo@acme.example, though the message names them",
  );
});
