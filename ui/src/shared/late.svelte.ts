// A value two frames late: what is chosen is marked at once, and what belongs to it is drawn when
// the eye is there. Choices passed on the way are never drawn at all.

export class Late<T> {
  #value = $state.raw<T>() as T;

  /** To be made while a component is; it follows `of` for as long as the component lives. */
  constructor(of: () => T) {
    this.#value = of();
    $effect(() => {
      const next = of();
      let handle = requestAnimationFrame(() => {
        handle = requestAnimationFrame(() => {
          this.#value = next;
        });
      });
      return () => cancelAnimationFrame(handle);
    });
  }

  get value(): T {
    return this.#value;
  }
}
