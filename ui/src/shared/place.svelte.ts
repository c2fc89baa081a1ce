// Where in the window we are: `#/view`, or `#/view/item` when something outside points at an item.
// Kept in the address, so that a reload comes back to it. An item in the address only selects.

import { isText, recall, remember } from "./remember";

class Place {
  #view = $state("queue");
  #item = $state<string | null>(null);

  constructor() {
    if (typeof location === "undefined") return;
    this.#view = recall("view", isText) ?? this.#view;
    this.#read();
    addEventListener("hashchange", () => this.#read());
  }

  get view(): string {
    return this.#view;
  }

  go(view: string): void {
    this.#view = view;
    this.#item = null;
    history.replaceState(null, "", `#/${view}`);
    remember("view", view);
  }

  /** Goes to a view and points at an item in it. */
  point(view: string, item: string): void {
    this.go(view);
    this.#item = item;
  }

  /** The item somebody pointed at, if the view has not taken it yet. */
  get pointed(): string | null {
    return this.#item;
  }

  /** Takes the item: the same one can be pointed at again later. */
  take(): string | null {
    const item = this.#item;
    if (item !== null) this.go(this.#view);
    return item;
  }

  #read(): void {
    const [, view, item] = /^#\/([a-z]+)(?:\/([A-Za-z0-9_-]+))?$/.exec(location.hash) ?? [];
    if (view !== undefined) this.#view = view;
    this.#item = item ?? null;
  }
}

export const place = new Place();
