// The time as the server tells it, ticking once a second for ages and countdowns.

const TICK_MS = 1_000;

export class Clock {
  #local: () => number;
  #offset = 0;
  #now = $state(0);

  /** `local` gives milliseconds since the epoch by this machine's clock. */
  constructor(local: () => number) {
    this.#local = local;
    this.#now = local();
  }

  /** Milliseconds since the epoch; reading it in an effect follows the ticks. */
  get now(): number {
    return this.#now;
  }

  /** Now, exactly, without following the ticks. */
  read(): number {
    return this.#local() + this.#offset;
  }

  /** Learns the server's time from an answer. Small differences are only the way here. */
  learn(serverNow: string): void {
    const offset = Date.parse(serverNow) - this.#local();
    if (Number.isFinite(offset) && Math.abs(offset - this.#offset) > TICK_MS) this.#offset = offset;
    this.tick();
  }

  tick(): void {
    this.#now = this.read();
  }

  /** Ticks until stopped; rests while the window is hidden. */
  start(): () => void {
    const step = () => {
      if (!document.hidden) this.tick();
    };
    const timer = setInterval(step, TICK_MS);
    document.addEventListener("visibilitychange", step);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", step);
    };
  }
}
