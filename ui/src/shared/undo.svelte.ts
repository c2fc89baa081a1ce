// Approvals that can still be taken back, newest last.

export type Undoable = {
  id: string;
  /** What was decided, in a few words. */
  text: string;
  /** When it leaves, if not at the end of the window. */
  leaves: string | null;
  /** What it is meanwhile, where nothing leaves by it. */
  meanwhile?: string;
  /** Milliseconds since the epoch; after it the offer is gone. */
  until: number;
  /** The whole length of the window, for the countdown's bar. */
  windowMs: number;
  undo: () => Promise<void>;
};

export class UndoStack {
  #items = $state.raw<Undoable[]>([]);
  #busy = $state(false);
  #underWay = $state(0);
  #taking: Undoable | null = null;
  #pressedAt: number | null = null;
  /** Asked for while another was being taken back; its turn comes. */
  #next: { item: Undoable; now: number }[] = [];
  /** The newest that came since it was pressed. */
  #meant: Undoable | null = null;
  problem = $state<string | null>(null);

  offer(item: Undoable): void {
    this.problem = null;
    this.#items = [...this.#items.filter((each) => each.id !== item.id), item];
    if (this.#pressedAt !== null) this.#meant = item;
  }

  /** An approval is under way: until the returned function is called, `z` is about that one. */
  begin(): () => void {
    this.#underWay += 1;
    return () => {
      this.#underWay -= 1;
      if (this.#underWay > 0) return;
      const [meant, at] = [this.#meant, this.#pressedAt];
      this.#meant = null;
      this.#pressedAt = null;
      if (meant && at !== null) void this.#take(meant, at);
    };
  }

  /** True where `z` would do something. */
  ready(now: number): boolean {
    return this.#underWay > 0 || this.latest(now) !== undefined;
  }

  /** Forgets what can no longer be undone. */
  expire(now: number): void {
    if (this.#items.some((item) => item.until <= now)) {
      this.#items = this.#items.filter((item) => item.until > now);
    }
  }

  /** What `z` would take back at this moment. */
  latest(now: number): Undoable | undefined {
    return this.#items.findLast((item) => item.until > now);
  }

  /** How many offers stand. */
  open(now: number): number {
    return this.#items.filter((item) => item.until > now).length;
  }

  /** Takes back exactly what a button stands beside, whatever else is under way. */
  async undoThis(item: Undoable, now: number): Promise<void> {
    await this.#take(item, now);
  }

  /** Takes the newest back; one that is still under way, as soon as it is there. */
  async undo(now: number): Promise<void> {
    if (this.#underWay > 0) {
      this.#pressedAt = now;
      return;
    }
    const item = this.latest(now);
    // Pressed twice takes back one: the second press is for what it was drawn beside.
    if (item && !this.#busy) await this.#take(item, now);
  }

  /** One at a time, each in its turn. */
  async #take(item: Undoable, now: number): Promise<void> {
    if (this.#busy) {
      if (this.#taking !== item && !this.#next.some((each) => each.item === item)) {
        this.#next.push({ item, now });
      }
      return;
    }
    if (item.until > now && this.#items.includes(item)) await this.#run(item);
    // Also after one that was no longer there: who waits behind it must not wait for ever.
    const next = this.#next.shift();
    if (next) await this.#take(next.item, next.now);
  }

  /** If it fails, says so and keeps the offer. */
  async #run(item: Undoable): Promise<void> {
    this.#busy = true;
    this.#taking = item;
    this.problem = null;
    try {
      await item.undo();
      this.#items = this.#items.filter((each) => each !== item);
    } catch (thrown) {
      this.problem = thrown instanceof Error ? thrown.message : String(thrown);
    } finally {
      this.#busy = false;
      this.#taking = null;
    }
  }

  drop(id: string): void {
    this.#items = this.#items.filter((item) => item.id !== id);
  }
}

export const undoStack = new UndoStack();
