// View state of batches: which one is open, and which of its mails are left out. What is approved
// are the ids, hashes and decisions the grid shows, and only those.

import { SvelteSet } from "svelte/reactivity";
import type { Batch, BatchRow } from "../../bindings";
import { query } from "../../data";

export class Batches {
  /** The first id of the open batch; a batch is known by who is in it, and they may leave. */
  #open = $state<string | null>(null);
  readonly left = new SvelteSet<string>();
  #marked = $state<string | null>(null);

  all = $derived.by((): Batch[] => query("queue.batches", {}).value ?? []);
  open = $derived.by((): Batch | undefined => {
    const id = this.#open;
    return id === null ? undefined : this.of(id);
  });
  /** What an approval of the open batch would let go. */
  taken = $derived.by((): BatchRow[] =>
    (this.open?.rows ?? []).filter((row) => !this.left.has(row.id)),
  );

  /** The row that keys are about. */
  marked = $derived.by((): BatchRow | undefined => {
    const rows = this.open?.rows ?? [];
    return rows.find((row) => row.id === this.#marked) ?? rows[0];
  });

  of(id: string | null): Batch | undefined {
    return this.all.find((batch) => batch.rows.some((row) => row.id === id));
  }

  /** Opens the batch of a mail, marked on it. What was left out of it before stays out. */
  show(id: string | null): void {
    this.#open = id;
    if (id === null) return;
    this.#marked = id;
    const rows = this.open?.rows ?? [];
    for (const out of this.left) if (!rows.some((row) => row.id === out)) this.left.delete(out);
  }

  step(by: 1 | -1): void {
    const rows = this.open?.rows ?? [];
    const at = rows.findIndex((row) => row.id === this.marked?.id);
    this.#marked = rows[at + by]?.id ?? this.#marked;
  }

  toggle(id: string): void {
    if (this.left.has(id)) this.left.delete(id);
    else this.left.add(id);
  }
}
