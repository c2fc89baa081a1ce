// A word in passing: what was done without a trace on screen. Nothing is ever asked here.

/** Long enough to read a sentence twice. */
export const TOAST_MS = 6_000;

class Toast {
  #text = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;

  get text(): string {
    return this.#text;
  }

  say(text: string): void {
    clearTimeout(this.#timer);
    this.#text = text;
    this.#timer = setTimeout(() => this.close(), TOAST_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#text = "";
  }
}

export const toast = new Toast();
