// The pane beside what is read. Where there is room it is there until it is put away; in a small
// window it takes the list's place, and only when asked for.

import { MediaQuery } from "svelte/reactivity";

/** From this width down the views give it no column of its own. */
const SMALL = "max-width: 1180px";

export class Beside {
  /** Where there is room; the views remember it. */
  kept = $state(true);
  #asked = $state(false);
  #small = new MediaQuery(SMALL);

  get shown(): boolean {
    return this.#small.current ? this.#asked : this.kept;
  }

  show(): void {
    if (this.#small.current) this.#asked = true;
    else this.kept = true;
  }

  toggle(): void {
    if (this.#small.current) this.#asked = !this.#asked;
    else this.kept = !this.kept;
  }
}
