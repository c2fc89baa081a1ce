// View state of Suppressions: what is searched for, which row is chosen.

import { type Pages, pages } from "../../data";

/** Typing rests this long before it is asked for. */
const TYPING_MS = 120;

export class SuppressionsState {
  search = $state("");
  chosen = $state<string | null>(null);
  #asked = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;
  list: Pages<"suppressions.list"> = $derived(
    pages("suppressions.list", this.#asked ? { search: this.#asked } : {}),
  );
  current = $derived(this.list.rows.find((row) => String(row.id) === this.chosen) ?? null);

  find(text: string): void {
    this.search = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#asked = text.trim();
    }, TYPING_MS);
  }
}
