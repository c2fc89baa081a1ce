// A word in passing: what was done without a trace on screen. Nothing is ever asked here.

/** Long enough to read a sentence twice. */
export const TOAST_MS = 6_000;

/** How what is said is meant: what held something up or failed is no success. */
export type Tone = "info" | "hold" | "block" | "allow";

class Toast {
  #text = $state("");
  #tone = $state<Tone>("info");
  #timer: ReturnType<typeof setTimeout> | undefined;

  get text(): string {
    return this.#text;
  }

  /** True where something was held up or failed. */
  get alert(): boolean {
    return this.#tone === "hold" || this.#tone === "block";
  }

  say(text: string, tone: Tone = "info"): void {
    clearTimeout(this.#timer);
    this.#text = text;
    this.#tone = tone;
    this.#timer = setTimeout(() => this.close(), TOAST_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#text = "";
  }
}

export const toast = new Toast();
