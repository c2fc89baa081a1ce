// A value one frame late: what is chosen is marked at once, and what belongs to it is drawn as soon
// as the mark is on screen. Choices passed on the way are never drawn at all.

export class Late<T> {
  #value = $state.raw<T>() as T;

  /** To be made while a component is; it follows `of` for as long as the component lives. */
  constructor(of: () => T) {
    this.#value = of();
    $effect(() => {
      const next = of();
      let timer: ReturnType<typeof setTimeout>;
      const frame = requestAnimationFrame(() => {
        // After the frame is painted, not before the next one.
        timer = setTimeout(() => {
          this.#value = next;
        });
      });
      return () => {
        cancelAnimationFrame(frame);
        clearTimeout(timer);
      };
    });
  }

  get value(): T {
    return this.#value;
  }
}
