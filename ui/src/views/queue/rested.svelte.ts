// What has been on screen long enough to be decided about. Whoever decides asks the gate itself;
// what is drawn only shows it.

import { REST_MS, Rest } from "../../shared/rest";

export class Rested {
  readonly #rest = new Rest(() => performance.now());
  #shown = $state("");

  /** To be called when it has been drawn; `done` is told once it has rested. */
  painted(key: string, done: () => void = () => {}): void {
    this.#rest.painted(key);
    setTimeout(() => {
      if (!this.#rest.rested(key)) return;
      this.#shown = key;
      done();
    }, REST_MS + 1);
  }

  /** True where it may be decided about at this moment. */
  is(key: string): boolean {
    return this.#rest.rested(key);
  }

  /** The same for what is drawn. */
  shows(key: string): boolean {
    return this.#shown === key;
  }

  /** Something else is coming onto the screen. */
  cleared(): void {
    this.#rest.cleared();
    this.#shown = "";
  }
}
