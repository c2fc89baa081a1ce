// View state of Activity: which decision is open, which states are shown.

import type { ActivityRow, StateName } from "../../bindings";
import { type Pages, pages } from "../../data";

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
  chosen = $state<string | null>(null);
  #lists = new Map<string, Pages<"activity.list">>(
    FILTERS.map(({ id, states }) => [
      id,
      pages("activity.list", states.length > 0 ? { states } : {}),
    ]),
  );
  list = $derived(this.#lists.get(this.filter) as Pages<"activity.list">);

  show(filter: string): void {
    this.filter = filter;
    this.chosen = null;
  }

  step(by: 1 | -1): void {
    const rows: ActivityRow[] = this.list.rows;
    const at = rows.findIndex((row) => row.id === this.chosen);
    const row = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (row) this.chosen = row.id;
  }
}
