// Drives the unmodified `nodemailer` from npm: one JSON line in, one message, one JSON line out.
// SENDOFF_SMTP names the door, as `host` and `port` would.
import { createInterface } from "node:readline";
import nodemailer from "nodemailer";

const [host, usual] = process.env.SENDOFF_SMTP.split(":");

function transport({ user = "hello@example.test", timeout_ms = 30_000, tls = false, port = usual }) {
  return nodemailer.createTransport({
    host,
    port: Number(port),
    auth: { user, pass: process.env.SENDOFF_TOKEN },
    socketTimeout: timeout_ms,
    ...(tls && { requireTLS: true, tls: { rejectUnauthorized: false } }),
  });
}

function mail({ from, to, subject, text, html, headers = {}, files = [] }) {
  const attachments = files.map(({ name, type, base64 }) => ({
    filename: name,
    contentType: type,
    content: Buffer.from(base64, "base64"),
  }));
  const { "Message-ID": messageId, ...others } = headers;
  return { from, to, subject, text, html, attachments, messageId, headers: others };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { letter, ...how } = JSON.parse(line);
  let said;
  try {
    const { response } = await transport(how).sendMail(mail(letter));
    const id = response.match(/sub_[0-9a-f]+/)?.[0];
    said = { ok: true, id, status: Number(response.slice(0, 3)), message: response };
  } catch (error) {
    said = { ok: false, status: error.responseCode ?? 0, name: error.code, message: error.response ?? error.message };
  }
  console.log(JSON.stringify(said));
}
