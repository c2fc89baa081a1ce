// The state behind the demo host: submissions that can be approved, edited, undone and sent, with
// just enough judgement to look alive. It is no engine and claims to be none.

import type {
  AgentView,
  ContactEvent,
  DecisionView,
  DraftEdit,
  FindingView,
  Health,
  MailboxView,
  QueueRow,
  ReadingView,
  StateName,
  SubmissionDetail,
  SuppressionView,
  Verb,
} from "../../bindings";
import { recipientDiff, wordDiff } from "../../shared/diff";
import { ALIKE, HOSTILE, LETTERS, type Letter, RULES } from "./letters";

export const MINUTE = 60_000;
export const UNDO_MS = 10_000;

export type Scenario =
  | "ten"
  | "alarm"
  | "alike"
  | "empty"
  | "first"
  | "paused"
  | "many"
  | "long"
  | "hostile"
  | "locked"
  | "signin";

/** One submission. Its detail is made when somebody looks: there may be 100,000 of them. */
export class Sub {
  row: QueueRow;
  tab: "needs_you" | "snoozed" | "attention" = "needs_you";
  #detail: SubmissionDetail | undefined;
  #make: () => SubmissionDetail;

  constructor(row: QueueRow, make: () => SubmissionDetail) {
    this.row = row;
    this.#make = make;
  }

  get detail(): SubmissionDetail {
    this.#detail ??= this.#make();
    return this.#detail;
  }

  set detail(detail: SubmissionDetail) {
    this.#detail = detail;
  }

  get changedAt(): string {
    return this.#detail?.changed_at ?? this.row.asked_at;
  }
}

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
  rehearsal = false;
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
    this.suppressions = SUPPRESSED.map(([pattern, reason, note, days], at) => ({
      id: at + 1,
      pattern,
      scope: "workspace",
      reason,
      note,
      added_by: reason === "manual" ? "operator" : "system",
      added_at: this.at(-days * 24 * 60),
      expires_at: null,
    }));
    if (scenario === "locked") this.locked = true;
    if (scenario === "paused") this.pausedAt = this.at(-12);
    if (scenario === "hostile") this.hold(HOSTILE);
    if (scenario !== "empty" && scenario !== "hostile")
      for (const letter of LETTERS) this.hold(letter);
    if (scenario === "alike") for (const letter of ALIKE) this.hold(letter);
    if (scenario === "ten") this.#attention();
    for (let at = LETTERS.length; at < rows; at += 1) {
      const letter = LETTERS[at % LETTERS.length];
      if (letter) this.hold({ ...letter, minutesAgo: letter.minutesAgo + Math.floor(at / 70) });
    }
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
    const id = this.id("sub");
    const agent = this.agents.find((each) => each.name === letter.agent) ?? this.agents[0];
    if (!agent) throw new Error("the demo world has no agent");
    const address = /<([^>]+)>/.exec(letter.from)?.[1] ?? letter.from;
    const person = (one: [string | null, string, boolean?]) => ({
      name: one[0],
      address: one[1],
      punycode: one[1].includes("xn--") ? one[1].replace("xn--lsing-gra", "lösing") : null,
      new_contact: one[2] ?? false,
    });
    const to = letter.to.map(person);
    const cc = (letter.cc ?? []).map(person);
    const bcc = (letter.bcc ?? []).map(person);
    const hash = fakeHash(`${id} 1`);
    const asked = this.at(-letter.minutesAgo);
    const first = letter.to[0];
    const shown = first ? (first[0] ? `${first[0]}, ${first[1].split("@")[1]}` : first[1]) : "";
    const more = letter.to.length + cc.length + bcc.length - 1;
    const row: QueueRow = {
      id,
      agent: { id: agent.id, name: agent.name },
      mailbox: address,
      to: more > 0 ? `${shown} +${more}` : shown,
      subject: letter.subject,
      why: letter.why,
      state: "held",
      asked_at: asked,
      expires_at: this.at(letter.expiresInMinutes),
      snoozed_until: null,
      hash,
      version: 1,
      risk: letter.fires.length > 1 ? 11 : letter.fires.length > 0 ? 3 : null,
      rehearsal: this.rehearsal,
      attention: null,
    };
    const sub = new Sub(row, () => {
      const decision = this.decide(letter.sentence, "hold", letter.fires);
      const detail: SubmissionDetail = {
        gone: null,
        id,
        state: "held",
        state_text: "waits for you",
        agent: { id: agent.id, name: agent.name, level: agent.level },
        mailbox: {
          id: `mbx_${address}`,
          address,
          display_name: letter.from.split(" <")[0] ?? null,
        },
        why: letter.sentence,
        hash,
        version: 1,
        decision,
        message: {
          from: letter.from,
          to,
          cc,
          bcc,
          reply_to: [],
          subject: letter.subject,
          text: letter.text,
          html: letter.html ?? null,
          attachments: (letter.attachments ?? []).map((each, index) => ({ index, ...each })),
          message_id: `<${id}@sendoff.test>`,
          envelope: {
            mail_from: address,
            rcpt_to: [...to, ...cc, ...bcc].map((each) => each.address),
          },
          links: letter.links ?? [],
          marks: letter.marks ?? [],
          subject_marks: [],
          warnings: letter.warnings ?? [],
        },
        draft: {
          to: to.map(formatAddress),
          cc: cc.map(formatAddress),
          bcc: bcc.map(formatAddress),
          reply_to: [],
          subject: letter.subject,
          text: letter.text,
          html: letter.html ?? null,
          keep_attachments: (letter.attachments ?? []).map((_, index) => index),
        },
        reason: letter.reason ?? null,
        tags: [],
        asked_at: asked,
        changed_at: asked,
        expires_at: row.expires_at,
        snoozed_until: null,
        rehearsal: row.rehearsal,
        due: null,
        undo_until: null,
        send_at: null,
        send_by: this.at(24 * 60),
        versions: [
          {
            number: 1,
            at: asked,
            by: agent.name,
            hash,
            subject: letter.subject,
            changes: [],
            recipient_changes: [],
          },
        ],
        decisions: [decision],
        attempts: [],
        recipients: [...to, ...cc, ...bcc].map((each) => ({
          address: each.address,
          role: to.includes(each) ? "to" : cc.includes(each) ? "cc" : "bcc",
          state: "open",
          reply: null,
        })),
        review: null,
        journal: [],
        notes: [],
        verbs: ["approve", "edit", "reject", "ask", "snooze", "cancel"],
        contact: to.slice(0, 2).map((each) => ({
          address: each.address,
          domain: each.address.split("@")[1] ?? "",
          established: letter.dossier?.established ?? null,
          last_send: letter.dossier?.last == null ? null : this.at(-letter.dossier.last),
          suppressed: letter.dossier?.suppressed ?? null,
          zone: null,
          history: (letter.dossier?.history ?? []).map(([minutes, text, received]) =>
            this.#passed(minutes, text, received),
          ),
          opt_outs: letter.dossier?.optOut ? [this.#passed(...letter.dossier.optOut, true)] : [],
          last_decision: letter.dossier?.decided ? this.#passed(...letter.dossier.decided) : null,
        })),
        conversation: letter.dossier?.conversation ?? null,
      };
      this.#write(
        detail,
        agent.name,
        "asked",
        `${agent.name} asked to send “${letter.subject}”`,
        asked,
      );
      this.#write(detail, "system", "judged", letter.sentence, asked);
      return detail;
    });
    this.subs.set(id, sub);
    agent.held += 1;
    return sub;
  }

  #passed(minutes: number, text: string, received = false): ContactEvent {
    return { at: this.at(-minutes), text, received, id: null, conversation: null };
  }

  decide(sentence: string, verdict: DecisionView["verdict"], fires: Letter["fires"]): DecisionView {
    const findings = RULES.map(([rule, title, pass]): FindingView => {
      const fired = fires.find((each) => each.rule === rule);
      return {
        rule,
        title,
        outcome: fired?.outcome ?? "pass",
        recipient: null,
        scope: rule === "rate_limit" ? "mailbox" : null,
        window: rule === "rate_limit" ? "hour" : null,
        observed: rule === "rate_limit" ? 12 : rule === "queue_full" ? 9 : null,
        limit: rule === "rate_limit" ? 100 : rule === "queue_full" ? 200 : null,
        matched: fired?.matched ?? null,
        not_before: null,
        answered: verdict === "allow" && fired?.outcome === "hold",
        sentence: fired?.sentence ?? pass,
      };
    });
    return {
      id: this.id("dec"),
      at: this.at(0),
      moment: verdict === "allow" ? "approval" : "admission",
      verdict,
      sentence,
      policy_version: this.policyVersion,
      findings,
      next: {
        class: verdict === "allow" ? "done" : "needs_person",
        message:
          verdict === "allow"
            ? "It leaves by itself."
            : "Waiting for a person; do not send it again.",
        not_before: null,
      },
    };
  }

  move(sub: Sub, state: StateName, text: string, verbs: Verb[], kind: string): void {
    const { detail, row } = sub;
    const agent = this.agents.find((each) => each.id === detail.agent.id);
    if (agent && row.state === "held" && state !== "held") agent.held -= 1;
    if (agent && row.state !== "held" && state === "held") agent.held += 1;
    if (agent && state === "sent") agent.sent += 1;
    row.state = state;
    sub.detail = { ...detail, state, state_text: text, verbs, changed_at: this.at(0) };
    this.#write(sub.detail, kind === "sent" ? "system" : "operator", kind, text);
  }

  edit(sub: Sub, draft: DraftEdit): void {
    const before = sub.detail;
    const version = before.version + 1;
    const hash = fakeHash(`${before.id} ${version}`);
    const decision = this.decide(
      before.decision.sentence,
      "hold",
      before.decision.findings
        .filter((finding) => finding.outcome === "hold")
        .map(({ rule, outcome, sentence }) => ({ rule, outcome, sentence })),
    );
    const recipients = (list: string[]) =>
      list.map((text) => {
        const address = /<([^>]+)>/.exec(text)?.[1] ?? text;
        const known = [...before.message.to, ...before.message.cc, ...before.message.bcc].find(
          (each) => each.address === address,
        );
        const name = /^(.*?)\s*</.exec(text)?.[1] || null;
        return known ?? { name, address, punycode: null, new_contact: true };
      });
    const to = recipients(draft.to);
    const cc = recipients(draft.cc);
    const bcc = recipients(draft.bcc);
    sub.row = { ...sub.row, hash, version, subject: draft.subject };
    sub.detail = {
      ...before,
      hash,
      version,
      decision,
      decisions: [...before.decisions, decision],
      draft,
      changed_at: this.at(0),
      message: {
        ...before.message,
        to,
        cc,
        bcc,
        reply_to: draft.reply_to,
        subject: draft.subject,
        text: draft.text,
        html: draft.html,
        attachments: before.message.attachments.filter((each) =>
          draft.keep_attachments.includes(each.index),
        ),
        envelope: {
          ...before.message.envelope,
          rcpt_to: [...to, ...cc, ...bcc].map((each) => each.address),
        },
      },
      versions: [
        ...before.versions,
        {
          number: version,
          at: this.at(0),
          by: "you",
          hash,
          subject: draft.subject,
          changes: wordDiff(before.draft.text ?? "", draft.text ?? ""),
          recipient_changes: recipientDiff(before.draft, draft).map(
            (change) => `${change.kind} ${change.field}: ${change.address}`,
          ),
        },
      ],
    };
    this.#write(
      sub.detail,
      "operator",
      "edited",
      `version ${version} was written and judged again`,
    );
  }

  #attention(): void {
    const [uncertain, failed, snoozed] = LETTERS.slice(1, 4).map((letter) =>
      this.hold({ ...letter, minutesAgo: letter.minutesAgo + 140 }),
    );
    if (uncertain) {
      this.move(
        uncertain,
        "uncertain",
        "the connection broke after the last dot: the relay may have it",
        ["settle"],
        "uncertain",
      );
      uncertain.tab = "attention";
      uncertain.row.attention = "The connection broke after the last dot. The relay may have it.";
      uncertain.row.subject = "Re: Seats for the spring term";
      uncertain.detail.message.subject = uncertain.row.subject;
      uncertain.detail.attempts = [
        {
          number: 1,
          started_at: this.at(-34),
          final_dot_at: this.at(-33.98),
          ended_at: this.at(-33.5),
          text: "connected to mail.sendoff.test:465, the message was sent to its last dot, and no answer came within 30 s",
          dialogue: [
            { step: "connect, TLS, EHLO", reply: null, ok: true },
            { step: "AUTH", reply: null, ok: true },
            { step: "MAIL FROM", reply: null, ok: true },
            { step: `RCPT TO:<${uncertain.row.to}>`, reply: "250 2.1.5 Ok", ok: true },
            { step: "DATA", reply: null, ok: true },
            { step: "message and last dot", reply: "no answer came", ok: false },
          ],
        },
      ];
    }
    if (failed) {
      this.move(
        failed,
        "failed",
        "the relay refused it for good: 550 5.1.1 no such user",
        [],
        "failed",
      );
      failed.tab = "attention";
      failed.row.attention = "The relay refused it for good: 550 5.1.1 no such user.";
      failed.row.subject = "Re: Your order 4411";
      failed.detail.message.subject = failed.row.subject;
    }
    if (snoozed) {
      snoozed.tab = "snoozed";
      snoozed.row.snoozed_until = this.at(55);
      snoozed.row.subject = "Contract renewal: two open questions";
      snoozed.detail.message.subject = snoozed.row.subject;
    }
  }

  #write(
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

export const LEVELS = ["observe", "ask always", "ask for strangers", "ask on exception"];

function formatAddress(person: { name: string | null; address: string }): string {
  return person.name ? `${person.name} <${person.address}>` : person.address;
}

/** Looks like a hash and is as stable as one; it protects nothing. */
export function fakeHash(seed: string): string {
  let state = 0x811c9dc5;
  let hex = "";
  for (let round = 0; round < 8; round += 1) {
    for (const char of `${seed}${round}`) {
      state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    }
    hex += state.toString(16).padStart(8, "0");
  }
  return hex;
}

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
