// Drives the unmodified `postmark` client from npm: one JSON line in, one call, one JSON line out.
import { createInterface } from "node:readline";
import { ServerClient } from "postmark";

const requestHost = new URL(process.env.SENDOFF_URL).host;
const options = { requestHost, useHttps: false };
const client = new ServerClient(process.env.SENDOFF_TOKEN, options);

const calls = {
  send: ({ letter, timeout_ms }) => {
    client.setClientOptions({ ...options, timeout: timeout_ms ? timeout_ms / 1000 : 60 });
    return client.sendEmail(message(letter));
  },
  batch: async ({ letters }) => ({ data: await client.sendEmailBatch(letters.map(message)) }),
  server: () => client.getServer(),
};

function message({ from, to, cc, subject, text, html, files = [] }) {
  return {
    From: from,
    To: to,
    Cc: cc,
    Subject: subject,
    TextBody: text,
    HtmlBody: html,
    Attachments: files.map(({ name, type, base64 }) => ({
      Name: name,
      Content: base64,
      ContentType: type,
      ContentID: null,
    })),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line);
  let said;
  try {
    const answer = await calls[call](args);
    said = { ok: true, id: answer.MessageID, message: answer.Message, answer };
  } catch (error) {
    const { code, statusCode, message, name, recipients } = error;
    said = { ok: false, status: statusCode, name, code, message, recipients };
  }
  console.log(JSON.stringify(said));
}
