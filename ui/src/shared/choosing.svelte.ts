// View state of a list with one of its rows open beside it: which one that is, where in the list it
// stood, and what is said of it. A row that is gone is never quietly taken for another.

import { Beside } from "./beside.svelte";
import { indexNear, rowId } from "./near";
import { Standing } from "./stand";
import { type Tone, toast } from "./toast.svelte";

/** What an act came to, or what changed, until something else is chosen. */
export type Say = {
  tone: Tone;
  text: string;
  /** What it is about; null where it may stand beside anything. */
  id: string | null;
  /** The held mail it leads to. */
  held?: string;
};

export abstract class Choosing<Row extends { id: string }> extends Standing {
  chosen = $state<string | null>(null);
  /** Narrow windows show one pane at a time. */
  reading = $state(false);
  readonly context = new Beside();
  say = $state.raw<Say | null>(null);
  /** Where the chosen row was last. */
  protected at = 0;
  /** What a link or a notification chose, until something else is. */
  #pointed: string | null = null;

  /** The rows of the list on screen, as far as they are loaded. */
  abstract readonly rows: readonly Row[];
  /** Said where somebody pointed at what is not in the record. */
  protected abstract readonly lost: Say;

  /** Where nothing is chosen: the row to begin with, once there is one. */
  protected abstract begin(): Row | undefined;
  /** Another is chosen: what was open about the last one goes. */
  protected abstract leave(): void;
  /** Fetches what will probably be chosen next. */
  protected abstract prefetch(id: string): void;

  choose(id: string | null): void {
    if (id === this.chosen) return;
    this.chosen = id;
    this.#pointed = null;
    this.say = null;
    this.leave();
    const index = this.index();
    if (index >= 0) this.at = index;
    for (const near of [this.rows[index + 1], this.rows[index - 1]]) {
      if (near) this.prefetch(near.id);
    }
  }

  /** Chooses what a link or a notification points at, and reads it. */
  protected pointAt(id: string): void {
    this.choose(id);
    this.reading = true;
    this.#pointed = id;
  }

  /**
   * What was chosen is not in the record: choose anew. If somebody pointed at it, that is said:
   * what is shown instead must not be taken for it.
   */
  forget(id: string): void {
    if (this.chosen !== id) return;
    this.chosen = null;
    if (this.#pointed !== id) return;
    this.say = this.lost;
    this.settle();
  }

  /** To be run in an effect: chooses a row if there is none to stay with. */
  settle(): void {
    if (this.chosen !== null) return;
    const row = this.begin();
    if (!row) return;
    const isLost = this.say === this.lost;
    this.choose(row.id);
    if (isLost) this.say = this.lost;
  }

  /**
   * Says what an act came to: beside what it is about, or in passing, with what that is called,
   * where something else is read by now.
   */
  protected tell(say: Say, title: string): void {
    if (say.id === this.chosen) this.say = say;
    else toast.say(`${title || "(no subject)"}: ${say.text}`, say.tone);
  }

  /** Another list, or this one narrowed anew: it begins at its top. */
  protected anew(): void {
    this.chosen = null;
    this.say = null;
    this.at = 0;
  }

  /** Where the chosen row is; -1 if it is not among the rows. */
  protected index(): number {
    return this.chosen === null ? -1 : indexNear(this.rows, rowId, this.chosen, this.at);
  }

  /** The row a step leads to; where the chosen one is gone, from where it was. */
  protected next(by: 1 | -1): Row | undefined {
    const index = this.index();
    const from = index >= 0 ? index : this.at - (by === 1 ? 1 : 0);
    return this.rows[Math.max(0, Math.min(this.rows.length - 1, from + by))];
  }
}
