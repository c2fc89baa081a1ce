// A long list, paged by cursor: only the pages in sight are kept fresh, the chain grows as the
// window nears its end, and a page whose successor moved drops what came after it.
//
// A list holds every page it has loaded: one that went missing in the middle would move all that
// comes after it.

import { untrack } from "svelte";
import type { Page } from "../bindings";
import type { Args, Command, Result } from "../bindings/commands";
import type { Cache, Entry, Holder } from "./cache.svelte";

/** Rows asked for at a time. */
export const PAGE_ROWS = 100;
/** Rows loaded beyond what is in sight. */
export const AHEAD_ROWS = 60;

export type Paged = {
  [C in Command]: Result<C> extends Page<infer _> ? C : never;
}[Command];
type Row<C extends Paged> = Result<C> extends Page<infer R> ? R : never;

/** A page of the chain: where it begins, and the answer. */
type Link<C extends Paged> = { after: string | undefined; entry: Entry<Result<C>> };
/** What the pages come to. */
type Built<R> = {
  pages: (Page<R> | undefined)[];
  rows: R[];
  /** Where each page begins in the rows. */
  starts: number[];
  total: number;
};

/** What comes after the rows of a list: more of them, nothing, or what there is no room for. */
export type End = "more" | "last" | "full";

export class Pages<C extends Paged> implements Holder {
  #cache: Cache;
  #command: C;
  #args: Args<C>;
  #chain = $state.raw<Link<C>[]>([]);
  /** Counts the answers that came: one signal for all pages, however many there are. */
  #heard = $state(0);
  /** True once there was no room for another page. */
  #full = $state(false);
  #first = $state(0);
  #last = $state(0);
  // Deep in a list a page that changed costs a page: the rows before it are taken as they were.
  #before: Built<Row<C>> = { pages: [], rows: [], starts: [], total: 0 };
  /** In how many pages a row is. */
  #counts = new Map<unknown, number>();
  /** A row on the border may be in two pages for the blink between two fetches. */
  #twice = new Set<unknown>();

  #list = $derived.by((): Built<Row<C>> => {
    void this.#heard;
    const chain = this.#chain;
    const pages = untrack(() => chain.map(({ entry }) => entry.peek as Page<Row<C>> | undefined));
    const same = this.#recount(pages);
    const { rows: before, starts: began } = this.#before;
    const rows = before.slice(0, began[same] ?? before.length);
    const starts = began.slice(0, same);
    const taken = new Set<unknown>();
    for (const page of pages.slice(same)) {
      starts.push(rows.length);
      for (const row of page?.rows ?? []) {
        if (this.#twice.has(idOf(row))) {
          if (taken.has(idOf(row))) continue;
          taken.add(idOf(row));
        }
        rows.push(row);
      }
    }
    const total = pages.findLast((page) => (page?.total ?? null) !== null)?.total ?? 0;
    this.#before = { pages, rows, starts, total };
    return this.#before;
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

  /** How many there are in all, as far as is known; a list that is full ends with what it has. */
  get total(): number {
    const { rows, total } = this.#list;
    return this.end === "more" ? Math.max(total, rows.length) : rows.length;
  }

  get end(): End {
    if (this.ended) return "last";
    return this.#full ? "full" : "more";
  }

  /** True once the last page has come. */
  get ended(): boolean {
    return this.#list.pages.at(-1)?.next === null;
  }

  /** False until the first page has come. */
  get loaded(): boolean {
    return this.#list.pages[0] !== undefined;
  }

  get problem() {
    return this.#chain[0]?.entry.problem;
  }

  get watched(): boolean {
    return this.#chain.some(({ entry }) => entry.watched);
  }

  /** Says which rows are in sight. */
  look(first: number, last: number): void {
    this.#first = first;
    this.#last = last;
  }

  /** To be run in an effect: keeps the pages in sight fresh and the chain long enough. */
  follow(): void {
    const chain = this.#chain;
    if (chain.length === 0) {
      this.#grow(undefined);
      return;
    }
    const { starts, rows } = this.#list;
    for (const [index, { entry }] of chain.entries()) {
      const from = starts[index] ?? 0;
      const to = starts[index + 1] ?? rows.length;
      const inSight = from <= this.#last + 1 && to >= this.#first;
      const isLast = index === chain.length - 1;
      if (!inSight && !isLast) continue;
      const page = entry.value as Page<Row<C>> | undefined;
      if (!page) continue;
      const next = page.next ?? undefined;
      if (!isLast && chain[index + 1]?.after !== next) {
        this.#cut(index + 1);
        if (next !== undefined) this.#grow(next);
        return;
      }
      if (isLast && next !== undefined && rows.length < this.#last + AHEAD_ROWS) {
        this.#grow(next);
        return;
      }
    }
  }

  drop(): void {
    this.#cut(0);
  }

  /** Counts the pages that changed; returns how many at the beginning can stay as they are. */
  #recount(pages: Built<Row<C>>["pages"]): number {
    const before = this.#before.pages;
    const doubled = this.#twice.size > 0;
    let same = Math.min(before.length, pages.length);
    for (let at = Math.max(before.length, pages.length) - 1; at >= 0; at -= 1) {
      if (before[at] === pages[at]) continue;
      this.#count(before[at], -1);
      this.#count(pages[at], 1);
      same = Math.min(same, at);
    }
    // Of a row in two pages the first counts: which one that is may have changed anywhere.
    return doubled || this.#twice.size > 0 ? 0 : same;
  }

  #count(page: Page<Row<C>> | undefined, by: 1 | -1): void {
    for (const row of page?.rows ?? []) {
      const id = idOf(row);
      const now = (this.#counts.get(id) ?? 0) + by;
      if (now > 0) this.#counts.set(id, now);
      else this.#counts.delete(id);
      if (now > 1) this.#twice.add(id);
      else this.#twice.delete(id);
    }
  }

  #grow(after: string | undefined): void {
    untrack(() => {
      const args = { ...this.#args, after, limit: PAGE_ROWS } as Args<C>;
      const entry = this.#cache.query(this.#command, args);
      this.#full = !this.#cache.hold(entry, this, () => {
        this.#heard += 1;
      });
      if (!this.#full) this.#chain = [...this.#chain, { after, entry }];
    });
  }

  #cut(length: number): void {
    untrack(() => {
      this.#full = false;
      const [kept, gone] = [this.#chain.slice(0, length), this.#chain.slice(length)];
      this.#chain = kept;
      for (const { entry } of gone) this.#cache.letGo(entry, this);
    });
  }
}

function idOf(row: unknown): unknown {
  return (row as { id: unknown }).id;
}
