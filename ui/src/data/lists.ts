// The long lists of one command, by what was asked for: coming back to one finds it as far down as
// it was.

import type { Args } from "../bindings/commands";
import type { Paged, Pages } from "./pages.svelte";

/** Lists kept of one command: what is typed into a filter makes another with every word. */
export const LISTS_MAX = 8;

export class Lists<C extends Paged> {
  #make: (args: Args<C>) => Pages<C>;
  #kept = new Map<string, Pages<C>>();

  constructor(make: (args: Args<C>) => Pages<C>) {
    this.#make = make;
  }

  /** The list of these arguments, as it was left if it is one of the last. */
  of(args: Args<C>): Pages<C> {
    const key = JSON.stringify(args);
    const list = this.#kept.get(key) ?? this.#make(args);
    // Looked at last stays longest.
    this.#kept.delete(key);
    this.#kept.set(key, list);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > LISTS_MAX && oldest !== undefined) this.#kept.delete(oldest);
    return list;
  }
}
