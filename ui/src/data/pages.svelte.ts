// A long list, paged by cursor: only the pages in sight are kept fresh, the chain grows as the
// window nears its end, and a page whose successor moved drops what came after it.

import { untrack } from "svelte";
import type { Page } from "../bindings";
import type { Args, Command, Result } from "../bindings/commands";
import type { Cache, Entry } from "./cache.svelte";

/** Rows asked for at a time. */
export const PAGE_ROWS = 100;
/** Rows loaded beyond what is in sight. */
export const AHEAD_ROWS = 60;

export type Paged = {
  [C in Command]: Result<C> extends Page<infer _> ? C : never;
}[Command];
type Row<C extends Paged> = Result<C> extends Page<infer R> ? R : never;

export class Pages<C extends Paged> {
  #cache: Cache;
  #command: C;
  #args: Args<C>;
  #cursors = $state.raw<(string | undefined)[]>([undefined]);
  #first = $state(0);
  #last = $state(0);

  #list = $derived.by(() => {
    const rows: Row<C>[] = [];
    const starts: number[] = [];
    const seen = new Set<unknown>();
    for (const cursor of this.#cursors) {
      starts.push(rows.length);
      const page = this.#entry(cursor).peek as Page<Row<C>> | undefined;
      for (const row of page?.rows ?? []) {
        const { id } = row as { id: unknown };
        // A row on the border may be in two pages for the blink between two fetches.
        if (seen.has(id)) continue;
        seen.add(id);
        rows.push(row);
      }
    }
    return { rows, starts };
  });

  constructor(cache: Cache, command: C, args: Args<C>) {
    this.#cache = cache;
    this.#command = command;
    this.#args = args;
  }

  /** Everything loaded so far, in order. */
  get rows(): Row<C>[] {
    return this.#list.rows;
  }

  /** How many there are in all, as far as is known. */
  get total(): number {
    const known = this.#cursors.map((cursor) => this.#entry(cursor).peek?.total ?? null);
    const total = known.findLast((count) => count !== null) ?? 0;
    return this.ended ? this.rows.length : Math.max(total, this.rows.length);
  }

  /** True once the last page has come. */
  get ended(): boolean {
    return this.#lastPage()?.next === null;
  }

  /** False until the first page has come. */
  get loaded(): boolean {
    return this.#entry(undefined).peek !== undefined;
  }

  get problem() {
    return this.#entry(undefined).problem;
  }

  /** Says which rows are in sight. */
  look(first: number, last: number): void {
    this.#first = first;
    this.#last = last;
  }

  /** To be run in an effect: keeps the pages in sight fresh and the chain long enough. */
  follow(): void {
    const { starts, rows } = this.#list;
    const cursors = this.#cursors;
    for (const [index, cursor] of cursors.entries()) {
      const from = starts[index] ?? 0;
      const to = starts[index + 1] ?? rows.length;
      const inSight = from <= this.#last + 1 && to >= this.#first;
      const isLast = index === cursors.length - 1;
      if (!inSight && !isLast) continue;
      const page = this.#entry(cursor).value as Page<Row<C>> | undefined;
      if (!page) continue;
      const next = page.next ?? undefined;
      if (!isLast && cursors[index + 1] !== next) {
        const kept = cursors.slice(0, index + 1);
        untrack(() => {
          this.#cursors = next === undefined ? kept : [...kept, next];
        });
        return;
      }
      if (isLast && next !== undefined && rows.length < this.#last + AHEAD_ROWS) {
        untrack(() => {
          this.#cursors = [...cursors, next];
        });
        return;
      }
    }
  }

  #lastPage(): Page<unknown> | undefined {
    return this.#entry(this.#cursors.at(-1)).peek as Page<unknown> | undefined;
  }

  #entry(after: string | undefined): Entry<Result<C>> {
    return untrack(() =>
      this.#cache.query(this.#command, { ...this.#args, after, limit: PAGE_ROWS } as Args<C>),
    );
  }
}
