// View state of Search: what is typed, what was asked for, which find is open. It keeps its place
// while other views are looked at.

import type { FoundMail } from "../../bindings";
import { type Pages, pages } from "../../data";
import { isWhole, zone } from "../../shared/filters";
import { outliving } from "../../shared/outliving.svelte";
import { isText } from "../../shared/remember";
import { keepStand, keptStand, Standing } from "../../shared/stand";

/** Typing rests this long before it is asked for. */
const TYPING_MS = 120;

export class SearchState extends Standing {
  typed = $state("");
  chosen = $state<string | null>(null);
  asked = $state("");
  #wanted = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  list: Pages<"search"> = $derived(pages("search", { query: this.asked, zone: zone() }));

  /** The received message that is open, if one is. */
  mail = $derived.by((): FoundMail | null => {
    const id = this.chosen;
    return (id && this.list.rows.find((row) => row.id === id)?.received) || null;
  });

  constructor() {
    super();
    const kept = keptStand("search");
    if (isText(kept.chosen)) this.chosen = kept.chosen;
    this.found(kept.depth);
  }

  /** To be run in an effect: the next start finds its place again. */
  remember(): void {
    // A find of typed words would stand beside a list it is not in.
    const chosen = this.words === "" ? this.chosen : null;
    keepStand("search", { chosen, depth: this.lasting });
  }

  /** Which list is on screen. */
  get key(): string {
    return this.asked;
  }

  get words(): string {
    return this.asked;
  }

  type(text: string): void {
    this.typed = text;
    clearTimeout(this.#timer);
    if (isWhole(text)) this.#timer = setTimeout(() => this.ask(), TYPING_MS);
  }

  ask(): void {
    clearTimeout(this.#timer);
    if (this.asked === this.typed.trim()) return;
    this.asked = this.typed.trim();
    this.chosen = null;
  }

  /** Enter: asks at once, and opens the first find as soon as there is one. */
  open(): void {
    this.ask();
    this.#wanted = true;
  }

  /** To be run in an effect. */
  settle(): void {
    const first = this.list.rows[0];
    if (!this.#wanted || !this.list.loaded) return;
    this.#wanted = false;
    if (first && this.chosen === null) this.chosen = first.id;
  }

  step(by: 1 | -1): void {
    const { rows } = this.list;
    const at = rows.findIndex((row) => row.id === this.chosen);
    const row = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (row) this.chosen = row.id;
  }
}

let kept: SearchState | undefined;

export function searchState(): SearchState {
  kept ??= outliving(() => new SearchState());
  return kept;
}
