// Where in the window we are. Kept in the address, so that a reload comes back to it.

class Place {
  #view = $state(fromHash());

  get view(): string {
    return this.#view;
  }

  go(view: string): void {
    this.#view = view;
    if (typeof location !== "undefined") history.replaceState(null, "", `#/${view}`);
  }
}

function fromHash(): string {
  if (typeof location === "undefined") return "queue";
  return /^#\/([a-z]+)/.exec(location.hash)?.[1] ?? "queue";
}

export const place = new Place();
