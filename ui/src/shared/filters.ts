// The filters of every search field, in the words the terminal takes too, and what may follow the
// word that is being typed.

import type { Intent, StateName } from "../bindings";

type Filter = { name: string; says: string; values?: readonly string[] };

const STATES: Record<StateName, true> = {
  held: true,
  sent: true,
  queued: true,
  deferred: true,
  rejected: true,
  failed: true,
  blocked: true,
  bounced: true,
  cancelled: true,
  expired: true,
  observed: true,
  sending: true,
  uncertain: true,
};
const INTENTS: Record<Intent, true> = {
  question: true,
  interested: true,
  meeting: true,
  unsubscribe: true,
  not_now: true,
  not_interested: true,
  wrong_person: true,
  referral: true,
  objection: true,
  support: true,
  billing: true,
  legal: true,
  security: true,
  out_of_office: true,
  thanks: true,
  unclear: true,
};

// biome-ignore format: a table
export const FILTERS: readonly Filter[] = [
  { name: "from", says: "part of a sender" },
  { name: "to", says: "part of a recipient" },
  { name: "account", says: "part of the mailbox it left or came to" },
  { name: "agent", says: "part of its name" },
  { name: "state", says: "held, sent, rejected, failed…", values: Object.keys(STATES) },
  { name: "rule", says: "the rule that decided" },
  { name: "intent", says: "what received mail wants: question, unsubscribe…", values: Object.keys(INTENTS) },
  { name: "is", says: "received and not read yet", values: ["unread"] },
  { name: "has", says: "with a file", values: ["attachment"] },
  { name: "before", says: "a day, as 2026-11-22" },
  { name: "after", says: "a day, as 2026-11-01" },
];

export type Offer = { text: string; says: string };

/** Values of filters that only the place knows: its mailboxes, its agents. */
export type Known = Partial<Record<string, readonly string[]>>;

/** The word at the end, as far as it is typed. */
const last = (typed: string) => /\S*$/.exec(typed)?.[0] ?? "";

/** What may stand where the last word is: filters that begin with it, or values of its filter. */
export function offers(typed: string, only?: readonly string[], known: Known = {}): Offer[] {
  const word = last(typed).toLowerCase();
  const filters = FILTERS.filter(({ name }) => only === undefined || only.includes(name));
  const [, name, begun] = /^([a-z]+):(.*)$/.exec(word) ?? [];
  if (name === undefined || begun === undefined) {
    return filters
      .filter((filter) => filter.name.startsWith(word))
      .map(({ name, says, values }) => {
        const [value, ...others] = values ?? [];
        return { text: others.length === 0 && value ? `${name}:${value}` : `${name}:`, says };
      });
  }
  const filter = filters.find((each) => each.name === name);
  const values = filter ? (known[name] ?? filter.values ?? []) : [];
  return values
    .filter((value) => value.startsWith(begun) && value !== begun)
    .map((value) => ({ text: `${name}:${value}`, says: filter?.says ?? "" }));
}

/** Whose days `before:` and `after:` name: those of the machine's time zone, by its IANA name. */
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What is typed, with an offer where its last word was. */
export function take(typed: string, offer: Offer): string {
  const before = typed.slice(0, typed.length - last(typed).length);
  return `${before}${offer.text}${offer.text.endsWith(":") ? "" : " "}`;
}

/** A day, as far as it is typed. */
const PART_OF_A_DAY = /^\d{0,4}(?:-\d{0,2}(?:-\d?)?)?$/;

/** False while the last word is a filter whose value is on its way: it would only be refused. */
export function isWhole(typed: string): boolean {
  const [, name, begun] = /^([a-z]+):(.*)$/.exec(last(typed)) ?? [];
  if (name === undefined || begun === undefined) return true;
  const { values } = FILTERS.find((each) => each.name === name) ?? {};
  if (values) return !values.some((value) => value.startsWith(begun) && value !== begun);
  return !((name === "before" || name === "after") && PART_OF_A_DAY.test(begun));
}
