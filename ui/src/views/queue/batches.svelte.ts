// View state of batches: which one is open, and which of its mails are left out. What is approved
// are the ids, hashes and decisions the grid shows, and only those.

import { SvelteSet } from "svelte/reactivity";
import type { Batch, BatchRow } from "../../bindings";
import { query } from "../../data";

export class Batches {
  /** The first id of the open batch; a batch is known by who is in it, and they may leave. */
  #open = $state<string | null>(null);
  readonly left = new SvelteSet<string>();

  all = $derived.by((): Batch[] => query("queue.batches", {}).value ?? []);
  open = $derived.by((): Batch | undefined => {
    const id = this.#open;
    return id === null ? undefined : this.of(id);
  });
  /** What an approval of the open batch would let go. */
  taken = $derived.by((): BatchRow[] =>
    (this.open?.rows ?? []).filter((row) => !this.left.has(row.id)),
  );

  of(id: string | null): Batch | undefined {
    return this.all.find((batch) => batch.rows.some((row) => row.id === id));
  }

  show(id: string | null): void {
    this.#open = id;
    this.left.clear();
  }

  toggle(id: string): void {
    if (this.left.has(id)) this.left.delete(id);
    else this.left.add(id);
  }
}
