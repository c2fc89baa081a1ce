// View state of Suppressions: which list of people, what is searched for, which row is chosen. It
// keeps its place while other views are looked at.

import type { PeopleCounts } from "../../bindings";
import { type Pages, pages } from "../../data";
import { outliving } from "../../shared/outliving.svelte";
import { isText } from "../../shared/remember";
import { keepStand, keptStand, Standing } from "../../shared/stand";

/** Typing rests this long before it is asked for. */
const TYPING_MS = 120;

export const TABS = [
  { id: "suppressed", title: "Not written to" },
  { id: "agreed", title: "Agreed to marketing" },
  { id: "in_hand", title: "In your hands" },
  { id: "zones", title: "Time zones" },
] as const satisfies readonly { id: keyof PeopleCounts; title: string }[];
type Tab = (typeof TABS)[number]["id"];

export class SuppressionsState extends Standing {
  tab = $state<Tab>("suppressed");
  search = $state("");
  chosen = $state<string | null>(null);
  asked = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;
  list: Pages<"suppressions.list"> = $derived(
    pages("suppressions.list", this.asked ? { search: this.asked } : {}),
  );
  current = $derived(this.list.rows.find((row) => String(row.id) === this.chosen) ?? null);

  constructor() {
    super();
    const kept = keptStand("suppressions");
    this.tab = TABS.find(({ id }) => id === kept.tab)?.id ?? this.tab;
    if (isText(kept.chosen)) this.chosen = kept.chosen;
    this.found(kept.depth);
  }

  /** To be run in an effect: the next start finds its place again. */
  remember(): void {
    const { tab, chosen } = this;
    keepStand("suppressions", { tab, chosen, depth: this.lasting });
  }

  /** Which list is on screen. */
  get key(): string {
    return this.asked;
  }

  get words(): string {
    return this.asked;
  }

  find(text: string): void {
    this.search = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.asked = text.trim();
    }, TYPING_MS);
  }
}

let kept: SuppressionsState | undefined;

export function suppressionsState(): SuppressionsState {
  kept ??= outliving(() => new SuppressionsState());
  return kept;
}

/** For tests: the next list starts anew. */
export function forgetSuppressions(): void {
  kept = undefined;
}
