// Drives the unmodified `resend` client from npm: one JSON line in, one call, one JSON line out.
// RESEND_BASE_URL points it to the door, as its users would.
import { createInterface } from "node:readline";
import { Resend } from "resend";

const resend = new Resend(process.env.SENDOFF_TOKEN);

const calls = {
  send: ({ letter, key, timeout_ms }) => resend.emails.send(email(letter), options(key, timeout_ms)),
  batch: ({ letters, mode }) => resend.batch.send(letters.map(email), { batchValidation: mode }),
  show: ({ id }) => resend.emails.get(id),
  cancel: ({ id }) => resend.emails.cancel(id),
  list: ({ limit }) => resend.emails.list({ limit }),
  received: ({ limit }) => resend.emails.receiving.list({ limit }),
  reschedule: ({ id, at }) => resend.emails.update({ id, scheduledAt: at }),
};

function email({ from, to, cc, subject, text, html, files = [], send_at }) {
  const attachments = files.map(({ name, base64 }) => ({
    filename: name,
    content: Buffer.from(base64, "base64"),
  }));
  return { from, to, cc, subject, text, html, attachments, scheduledAt: send_at, replyTo: [] };
}

function options(key, timeout_ms) {
  return {
    ...(key && { idempotencyKey: key }),
    ...(timeout_ms && { signal: AbortSignal.timeout(timeout_ms) }),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line);
  const { data, error, headers } = await calls[call](args);
  const said = error
    ? { ok: false, status: error.statusCode, name: error.name, message: error.message }
    : { ok: true, id: data.id };
  console.log(JSON.stringify({ ...said, headers, answer: data ?? error }));
}
