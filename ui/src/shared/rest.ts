// Verbs rest until what they would act on has been on screen long enough to be what the person
// meant: the item painted, its message loaded, unchanged since.

/** Milliseconds an item must have been painted before a verb acts on it. */
export const REST_MS = 300;

export class Rest {
  #key: string | null = null;
  #since = 0;
  #now: () => number;

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** This is on screen now, complete. Saying so again changes nothing. */
  painted(key: string): void {
    if (this.#key === key) return;
    this.#key = key;
    this.#since = this.#now();
  }

  /** Nothing, or nothing complete, is on screen. */
  cleared(): void {
    this.#key = null;
  }

  /** True once exactly this has been on screen for {@link REST_MS}. */
  rested(key: string): boolean {
    return this.#key === key && this.#now() - this.#since >= REST_MS;
  }
}
