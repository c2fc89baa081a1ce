// The state behind the demo host: submissions that can be approved, edited, undone and sent, with
// just enough judgement to look alive. It is no engine and claims to be none.

import type {
  AgentView,
  DraftEdit,
  Health,
  MailboxView,
  ReadingView,
  StateName,
  SubmissionDetail,
  SuppressionView,
  Verb,
} from "../../bindings";
import { ALIKE, HOSTILE, LETTERS, type Letter } from "./letters";
import { attention, edited, fakeHash, held, type Sub } from "./submissions";

export const MINUTE = 60_000;
export const UNDO_MS = 10_000;

export type Scenario =
  | "ten"
  | "alarm"
  | "alike"
  | "empty"
  | "first"
  | "paused"
  | "rehearsal"
  | "many"
  | "long"
  | "large"
  | "hostile"
  | "locked"
  | "signin";

const READING: Omit<ReadingView, "health" | "user"> = {
  host: "mail.sendoff.test",
  port: 993,
  tls: "implicit",
  ca_file: null,
  mechanism: "password",
  folders: [],
  authserv_id: null,
  verify_dkim: true,
  sent_copy: "none",
  reply_tokens: "off",
  people_write: false,
};

export class World {
  subs = new Map<string, Sub>();
  agents: AgentView[] = [];
  mailboxes: MailboxView[] = [];
  suppressions: SuppressionView[] = [];
  pausedAt: string | null = null;
  /** What the record answers in the top bar; a test may break it. */
  record: Health = { state: "ok", text: "Verified 2 h ago, chained and signed" };
  notifications = true;
  quietHours: string | null = null;
  smtpPort: number | null = null;
  asks = { asks_per_second: 50, asks_burst: 1_000 };
  mutedAgents: string[] = [];
  theme = "system";
  /** Days, by the setting that holds them. */
  kept: Record<string, number | null> = {
    keep_bodies_days: null,
    keep_raw_days: null,
    keep_attachments_days: null,
  };
  locked = false;
  passphraseSet = true;
  policyVersion = 7;
  policyText = POLICY;
  delivered: { at: string; mail_from: string; rcpt_to: string[]; subject: string; text: string }[] =
    [];
  journalLength = 214;
  #now: () => number;
  #ids = 0;

  constructor(scenario: Scenario, rows: number, now: () => number) {
    this.#now = now;
    if (scenario === "first") return;
    this.mailboxes = [
      this.mailbox("hello@sendoff.test", "Sendoff", "mail.sendoff.test"),
      this.mailbox("support@sendoff.test", "Sendoff Support", "mail.sendoff.test"),
      this.mailbox("billing@sendoff.test", "Accounts", "mail.sendoff.test"),
    ];
    const [hello, support, billing] = this.mailboxes;
    if (hello && support && billing) {
      hello.reading = {
        ...READING,
        user: hello.address,
        health: { state: "ok", text: "mail is read as it arrives" },
      };
      hello.warmup = {
        used: 31,
        limit: 50,
        week: 2,
        weeks: 4,
        full_from: this.at(19 * 24 * 60),
      };
      support.reading = {
        ...READING,
        user: support.address,
        health: {
          state: "bad",
          text: "mail.sendoff.test:993 does not take this user and password (Invalid credentials); check both — many providers want an app password here",
        },
      };
      billing.health = { state: "off", text: "Nothing was sent through it yet" };
    }
    this.agents = [
      this.agent("outreach", 2, ["hello@sendoff.test"], 312),
      this.agent("support", 1, ["support@sendoff.test"], 1_204),
      this.agent("billing", 1, ["billing@sendoff.test"], 488),
      this.agent("recruiting", 2, ["people@sendoff.test"], 41),
    ];
    const opted = Array.from({ length: scenario === "many" ? rows : 0 }, (_, at) => {
      const pattern = `reader.${at + 1}@list.example`;
      return [pattern, "unsubscribe", null, 130 + Math.floor(at / 50)] as const;
    });
    this.suppressions = [...SUPPRESSED, ...opted].map(([pattern, reason, note, days], at) => ({
      id: at + 1,
      pattern,
      scope: "workspace",
      reason,
      note,
      added_by: reason === "manual" ? "operator" : "system",
      added_at: this.at(-days * 24 * 60),
      expires_at: null,
    }));
    if (scenario === "rehearsal" && hello) Object.assign(hello, INSIDE);
    if (scenario === "locked") this.locked = true;
    if (scenario === "paused") this.pausedAt = this.at(-12);
    if (scenario === "hostile") this.hold(HOSTILE);
    const [first] = LETTERS;
    if (scenario === "large" && first) this.hold({ ...first, ...LARGE });
    if (scenario !== "empty" && scenario !== "hostile")
      for (const letter of LETTERS) this.hold(letter);
    if (scenario === "alike") for (const letter of ALIKE) this.hold(letter);
    if (scenario === "ten") attention(this);
    for (let at = LETTERS.length; at < rows; at += 1) {
      const letter = LETTERS[at % LETTERS.length];
      if (letter) this.hold({ ...letter, minutesAgo: letter.minutesAgo + Math.floor(at / 70) });
    }
  }

  /** True if what this address sends leaves nothing. */
  rehearses(address: string): boolean {
    return this.mailboxes.some((box) => box.kind === "rehearsal" && box.address === address);
  }

  at(minutes: number): string {
    return new Date(this.#now() + minutes * MINUTE).toISOString();
  }

  id(prefix: string): string {
    this.#ids += 1;
    return `${prefix}_${this.#ids.toString(36).padStart(8, "0")}`;
  }

  agent(name: string, level: number, addresses: string[], sent = 0): AgentView {
    return {
      id: this.id("agt"),
      name,
      level,
      level_name: LEVELS[level] ?? "observe",
      mailboxes: addresses.map((address) => ({ id: `mbx_${address}`, address, level: null })),
      paused_at: null,
      stopped: null,
      revoked_at: null,
      expires_at: null,
      created_at: this.at(-60 * 24 * 90),
      held: 0,
      sent,
      receipts: {
        approved: Math.round(sent * 0.86),
        edited: Math.round(sent * 0.09),
        rejected: Math.round(sent * 0.05),
        bounced: Math.round(sent * 0.01),
        bounced_soft: Math.round(sent * 0.01),
        complained: 0,
        declined: Math.round(sent * 0.03),
      },
      suggestion: null,
      writes_to: "anyone",
    };
  }

  mailbox(address: string, name: string, host: string): MailboxView {
    return {
      id: this.id("mbx"),
      address,
      display_name: name,
      kind: "smtp",
      host,
      port: 465,
      tls: "implicit",
      user: address,
      paused_at: null,
      health: { state: "ok", text: "last sent 4 min ago" },
      usage: [
        { window: "minute", used: 1, limit: 10 },
        { window: "hour", used: 12, limit: 100 },
        { window: "day", used: 61, limit: 80 },
        { window: "30 days", used: 1_204, limit: 5_000 },
      ],
    };
  }

  hold(letter: Letter): Sub {
    return held(this, letter);
  }

  edit(sub: Sub, draft: DraftEdit): void {
    edited(this, sub, draft);
  }

  move(sub: Sub, state: StateName, text: string, verbs: Verb[], kind: string): void {
    const { detail, row } = sub;
    const agent = this.agents.find((each) => each.id === detail.agent.id);
    if (agent && row.state === "held" && state !== "held") agent.held -= 1;
    if (agent && row.state !== "held" && state === "held") agent.held += 1;
    if (agent && state === "sent") agent.sent += 1;
    row.state = state;
    sub.detail = { ...detail, state, state_text: text, verbs, changed_at: this.at(0) };
    this.write(sub.detail, kind === "sent" ? "system" : "operator", kind, text);
  }

  /** One entry more in the record. */
  write(
    detail: SubmissionDetail,
    actor: string,
    kind: string,
    sentence: string,
    at = this.at(0),
  ): void {
    this.journalLength += 1;
    detail.journal = [
      ...detail.journal,
      {
        seq: this.journalLength,
        at,
        actor,
        kind,
        hash: fakeHash(`${this.journalLength}`),
        sentence,
      },
    ];
  }
}

const LINE = "The quick brown fox jumps over the lazy dog, and over every other dog there is.\n";
const LARGE = { subject: "Five megabytes", text: LINE.repeat(64_000), marks: [] };

/** What makes a mailbox one of the rehearsal. */
export const INSIDE = {
  kind: "rehearsal",
  host: null,
  port: null,
  tls: null,
  user: null,
  health: { state: "ok", text: "in this program, no wire" },
} as const satisfies Partial<MailboxView>;

export const LEVELS = ["observe", "ask always", "ask for strangers", "ask on exception"];

const SUPPRESSED: [string, string, string | null, number][] = [
  ["former.customer@lumen.example", "unsubscribe", "“please take me off your list”", 12],
  ["@competitor.example", "manual", "agreed with sales", 40],
  ["legal@quarry.example", "legal", "letter of 2 September", 81],
  ["old.address@harbour.example", "hard_bounce", "550 5.1.1", 3],
  ["abuse@mailhaus.example", "role_account", null, 120],
  ["angry@kiosk.example", "complaint", null, 25],
];

const POLICY = `# What every mail is held against. Published as a whole, versioned, never silently changed.

[autonomy]
default_level = 1

[rate_limit.mailbox]
minute = 10
hour = 100
day = 500
"30 days" = 5000

[cooldown]
anyone = "10m"
same_agent = "4h"

[duplicate]
window = "24h"

[queue_full]
limit = 200
`;
