// What the inbox calls things, and when an answer is late.

import type { ConversationRow, Intent } from "../../bindings";
import { span } from "../../shared/format";

const MINUTE = 60_000;

export type Tone = "allow" | "defer" | "hold" | "block" | "none";

// What a person wants, in words, and how it is coloured. The colour is never alone.
// biome-ignore format: a table
export const INTENTS: Record<Intent, { title: string; tone: Tone }> = {
  interested: { title: "interested", tone: "allow" },
  meeting: { title: "wants to meet", tone: "allow" },
  question: { title: "question", tone: "defer" },
  not_now: { title: "not now", tone: "none" },
  not_interested: { title: "not interested", tone: "none" },
  unsubscribe: { title: "wants out", tone: "block" },
  wrong_person: { title: "wrong person", tone: "none" },
  referral: { title: "names someone", tone: "allow" },
  objection: { title: "objection", tone: "hold" },
  support: { title: "support", tone: "defer" },
  billing: { title: "billing", tone: "hold" },
  legal: { title: "legal", tone: "block" },
  security: { title: "security", tone: "block" },
  out_of_office: { title: "out of office", tone: "none" },
  thanks: { title: "thanks", tone: "none" },
  unclear: { title: "unclear", tone: "hold" },
};

/** How long there is left to answer, or how late it is; nothing where nobody waits. */
export function due(row: ConversationRow, now: number): { text: string; late: boolean } | null {
  const minutes = row.next?.sla_minutes;
  if (minutes == null || row.last_at === null) return null;
  const left = Date.parse(row.last_at) + minutes * MINUTE - now;
  return left >= 0
    ? { text: `answer in ${span(left)}`, late: false }
    : { text: `${span(-left)} late`, late: true };
}
