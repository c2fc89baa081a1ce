// Where well-known providers take mail and keep it, and what they call the password they want.

import type { ImapForm, SmtpForm } from "../../bindings";

export type Preset = {
  name: string;
  host: string;
  port: number;
  tls: SmtpForm["tls"];
  mechanism: SmtpForm["mechanism"];
  /** What to type as user, where it is not the address. */
  user?: string;
  hint: string;
};

// biome-ignore format: a table
export const PRESETS: readonly Preset[] = [
  { name: "Gmail", host: "smtp.gmail.com", port: 465, tls: "implicit", mechanism: "password", hint: "Needs two-step verification and an app password, 16 letters." },
  { name: "Outlook", host: "smtp.office365.com", port: 587, tls: "starttls", mechanism: "xoauth2", hint: "Takes an OAuth access token; a password only where the tenant still allows SMTP AUTH." },
  { name: "Fastmail", host: "smtp.fastmail.com", port: 465, tls: "implicit", mechanism: "password", hint: "Needs an app password with access to SMTP." },
  { name: "Postmark", host: "smtp.postmarkapp.com", port: 587, tls: "starttls", mechanism: "password", hint: "User and password are both the server API token." },
  { name: "Resend", host: "smtp.resend.com", port: 465, tls: "implicit", mechanism: "password", user: "resend", hint: "The password is an API key." },
  { name: "SES", host: "email-smtp.us-east-1.amazonaws.com", port: 587, tls: "starttls", mechanism: "password", hint: "Put your region into the host. User and password are SMTP credentials, not access keys." },
  { name: "Mailgun", host: "smtp.mailgun.org", port: 587, tls: "starttls", mechanism: "password", hint: "In the EU region the host is smtp.eu.mailgun.org." },
];

/** Where a provider keeps mail. */
export type ReadingPreset = {
  name: string;
  /** How its server for sending is known. */
  sends: string;
  host: string;
  port: number;
  mechanism: ImapForm["mechanism"];
  sent_copy: ImapForm["sent_copy"];
  hint: string;
};

// biome-ignore format: a table
const READING: readonly ReadingPreset[] = [
  { name: "Gmail", sends: "smtp.gmail.com", host: "imap.gmail.com", port: 993, mechanism: "password", sent_copy: "provider", hint: "The same app password as for sending." },
  { name: "Outlook", sends: "smtp.office365.com", host: "outlook.office365.com", port: 993, mechanism: "xoauth2", sent_copy: "provider", hint: "Takes an OAuth access token with IMAP.AccessAsUser.All." },
  { name: "Fastmail", sends: "smtp.fastmail.com", host: "imap.fastmail.com", port: 993, mechanism: "password", sent_copy: "none", hint: "The app password needs access to IMAP." },
];

/** What is usual where mail leaves through `host`; nothing for those that only send. */
export function readingOf(host: string | null): ReadingPreset | undefined {
  return READING.find((each) => each.sends === host);
}
