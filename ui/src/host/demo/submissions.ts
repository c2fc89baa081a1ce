// Submissions of the demo: what a letter becomes in the queue, judged, edited, and gone wrong.

import type {
  ContactEvent,
  DecisionView,
  DraftEdit,
  FindingView,
  QueueRow,
  SubmissionDetail,
} from "../../bindings";
import { recipientDiff, wordDiff } from "../../shared/diff";
import { LETTERS, type Letter, RULES } from "./letters";
import type { World } from "./world";

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

/** A letter of an agent, as the queue has it. */
export function held(world: World, letter: Letter): Sub {
  const id = world.id("sub");
  const agent = world.agents.find((each) => each.name === letter.agent) ?? world.agents[0];
  if (!agent) throw new Error("the demo world has no agent");
  const address = /<([^>]+)>/.exec(letter.from)?.[1] ?? letter.from;
  const person = (one: [string | null, string, boolean?]) => ({
    name: one[0],
    address: one[1].replace("xn--lsing-gra", "lösing"),
    punycode: one[1].includes("xn--") ? one[1] : null,
    new_contact: one[2] ?? false,
  });
  const to = letter.to.map(person);
  const cc = (letter.cc ?? []).map(person);
  const bcc = (letter.bcc ?? []).map(person);
  const hash = fakeHash(`${id} 1`);
  const asked = world.at(-letter.minutesAgo);
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
    expires_at: world.at(letter.expiresInMinutes),
    snoozed_until: null,
    hash,
    version: 1,
    risk: letter.fires.length > 1 ? 11 : letter.fires.length > 0 ? 3 : null,
    rehearsal: world.rehearses(address),
    attention: null,
  };
  const sub = new Sub(row, () => {
    const decision = decided(world, letter.sentence, "hold", letter.fires);
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
          rcpt_to: [...to, ...cc, ...bcc].map((each) => each.punycode ?? each.address),
        },
        named_only: letter.namedOnly ?? [],
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
      send_by: world.at(24 * 60),
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
        last_send: letter.dossier?.last == null ? null : world.at(-letter.dossier.last),
        suppressed: letter.dossier?.suppressed ?? null,
        zone: null,
        history: (letter.dossier?.history ?? []).map(([minutes, text, received]) =>
          passed(world, minutes, text, received),
        ),
        opt_outs: letter.dossier?.optOut ? [passed(world, ...letter.dossier.optOut, true)] : [],
        last_decision: letter.dossier?.decided ? passed(world, ...letter.dossier.decided) : null,
      })),
      conversation: letter.dossier?.conversation ?? null,
    };
    world.write(
      detail,
      agent.name,
      "asked",
      `${agent.name} asked to send “${letter.subject}”`,
      asked,
    );
    world.write(detail, "system", "judged", letter.sentence, asked);
    return detail;
  });
  world.subs.set(id, sub);
  agent.held += 1;
  return sub;
}

/** Another version of it, judged again. */
export function edited(world: World, sub: Sub, draft: DraftEdit): void {
  const before = sub.detail;
  const version = before.version + 1;
  const hash = fakeHash(`${before.id} ${version}`);
  const decision = decided(
    world,
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
    changed_at: world.at(0),
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
        rcpt_to: [...to, ...cc, ...bcc].map((each) => each.punycode ?? each.address),
      },
    },
    versions: [
      ...before.versions,
      {
        number: version,
        at: world.at(0),
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
  world.write(sub.detail, "operator", "edited", `version ${version} was written and judged again`);
}

/** Just enough judgement: the rules a letter fires, and those that pass. */
export function decided(
  world: World,
  sentence: string,
  verdict: DecisionView["verdict"],
  fires: Letter["fires"],
): DecisionView {
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
    id: world.id("dec"),
    at: world.at(0),
    moment: verdict === "allow" ? "approval" : "admission",
    verdict,
    sentence,
    policy_version: world.policyVersion,
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

/** Three that want more than a yes: uncertain, failed, snoozed. */
export function attention(world: World): void {
  const [uncertain, failed, snoozed] = LETTERS.slice(1, 4).map((letter) =>
    held(world, { ...letter, minutesAgo: letter.minutesAgo + 140 }),
  );
  if (uncertain) {
    world.move(
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
        started_at: world.at(-34),
        final_dot_at: world.at(-33.98),
        ended_at: world.at(-33.5),
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
    world.move(
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
    snoozed.row.snoozed_until = world.at(55);
    snoozed.row.subject = "Contract renewal: two open questions";
    snoozed.detail.message.subject = snoozed.row.subject;
  }
}

function passed(world: World, minutes: number, text: string, received = false): ContactEvent {
  return { at: world.at(-minutes), text, received, id: null, conversation: null };
}

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
