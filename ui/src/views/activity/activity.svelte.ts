// View state of Activity: which decision is open, and what is left out. It keeps its place while
// other views are looked at.

import type { ActivityArgs, ActivityRow, StateName, Verdict } from "../../bindings";
import { lists } from "../../data";
import { indexNear, rowId } from "../../shared/near";
import { outliving } from "../../shared/outliving.svelte";
import { isText } from "../../shared/remember";
import { keepStand, keptStand, Standing } from "../../shared/stand";

export const FILTERS: { id: string; title: string; states: StateName[] }[] = [
  { id: "all", title: "Everything", states: [] },
  { id: "held", title: "Held", states: ["held"] },
  { id: "leaving", title: "Leaving", states: ["deferred", "queued", "sending"] },
  { id: "sent", title: "Sent", states: ["sent", "bounced"] },
  {
    id: "not",
    title: "Not sent",
    states: ["observed", "blocked", "rejected", "expired", "cancelled", "failed", "uncertain"],
  },
];

export const VERDICTS: { value: Verdict; title: string }[] = [
  { value: "allow", title: "allowed" },
  { value: "defer", title: "waits" },
  { value: "hold", title: "held" },
  { value: "block", title: "blocked" },
];

export class ActivityState extends Standing {
  filter = $state("all");
  verdict = $state<Verdict | "">("");
  rule = $state("");
  agent = $state("");
  mailbox = $state("");
  contact = $state("");
  chosen = $state<string | null>(null);
  charts = $state(true);
  #lists = lists("activity.list");
  /** Where the chosen row was last. */
  #at = 0;

  args = $derived.by((): ActivityArgs => {
    const states = FILTERS.find(({ id }) => id === this.filter)?.states ?? [];
    return {
      ...(states.length > 0 ? { states } : {}),
      ...(this.verdict ? { verdict: this.verdict } : {}),
      ...(this.rule ? { rule: this.rule } : {}),
      ...(this.agent ? { agent: this.agent } : {}),
      ...(this.mailbox ? { mailbox: this.mailbox } : {}),
      ...(this.contact ? { contact: this.contact } : {}),
    };
  });
  /** Which list it is, in words. */
  key = $derived(JSON.stringify(this.args));
  list = $derived(this.#lists.of(this.args));
  get words(): string {
    return this.contact;
  }
  narrowed = $derived(
    Boolean(this.verdict || this.rule || this.agent || this.mailbox || this.contact),
  );

  constructor() {
    super();
    const kept = keptStand("activity");
    const text = (value: unknown) => (isText(value) ? value : "");
    if (FILTERS.some(({ id }) => id === kept.filter)) this.filter = text(kept.filter);
    this.verdict = VERDICTS.find(({ value }) => value === kept.verdict)?.value ?? "";
    this.rule = text(kept.rule);
    this.agent = text(kept.agent);
    this.mailbox = text(kept.mailbox);
    if (isText(kept.chosen)) this.chosen = kept.chosen;
    if (kept.charts === false) this.charts = false;
    this.found(kept.depth);
  }

  /** To be run in an effect: the next start finds its place again. */
  remember(): void {
    const { filter, verdict, rule, agent, mailbox, chosen, charts } = this;
    const narrowed = { filter, verdict, rule, agent, mailbox };
    keepStand("activity", { ...narrowed, chosen, charts, depth: this.lasting });
  }

  /** To be run in an effect: a filter by what is no more is none. */
  know(
    agents: readonly { id: string }[] | undefined,
    mailboxes: readonly { id: string }[] | undefined,
  ): void {
    if (agents && !agents.some(({ id }) => id === this.agent)) this.agent = "";
    if (mailboxes && !mailboxes.some(({ id }) => id === this.mailbox)) this.mailbox = "";
  }

  show(filter: string): void {
    this.filter = filter;
    this.chosen = null;
    this.toTop();
  }

  /** Shows what somebody pointed at: one mail, or all that an agent asked. */
  point(item: string): void {
    if (!item.startsWith("agent-")) {
      this.chosen = item;
      return;
    }
    this.clear();
    this.show("all");
    this.agent = item.slice("agent-".length);
  }

  /** It is not there: nothing is open. */
  leave(id: string): void {
    if (this.chosen === id) this.chosen = null;
  }

  clear(): void {
    this.verdict = "";
    this.rule = "";
    this.agent = "";
    this.mailbox = "";
    this.contact = "";
  }

  step(by: 1 | -1): void {
    const rows: ActivityRow[] = this.list.rows;
    const at = this.chosen === null ? -1 : indexNear(rows, rowId, this.chosen, this.#at);
    const row = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (!row) return;
    this.chosen = row.id;
    this.#at = Math.max(0, at + by);
  }
}

let kept: ActivityState | undefined;

export function activityState(): ActivityState {
  kept ??= outliving(() => new ActivityState());
  return kept;
}

/** For tests: the next activity starts anew. */
export function forgetActivity(): void {
  kept = undefined;
}
