// View state of Activity: which decision is open, and what is left out. It keeps its place while
// other views are looked at.

import type { ActivityArgs, ActivityRow, StateName, Verdict } from "../../bindings";
import { lists } from "../../data";
import { indexNear, rowId } from "../../shared/near";
import { outliving } from "../../shared/outliving.svelte";

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

export class ActivityState {
  filter = $state("all");
  verdict = $state<Verdict | "">("");
  rule = $state("");
  agent = $state("");
  mailbox = $state("");
  contact = $state("");
  chosen = $state<string | null>(null);
  charts = $state(true);
  /** How far down the list was, for coming back from another view. */
  scroll = 0;
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
  list = $derived(this.#lists.of(this.args));
  narrowed = $derived(
    Boolean(this.verdict || this.rule || this.agent || this.mailbox || this.contact),
  );

  show(filter: string): void {
    this.filter = filter;
    this.chosen = null;
    this.scroll = 0;
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
