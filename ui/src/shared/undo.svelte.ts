// Approvals that can still be taken back, newest last.

export type Undoable = {
  id: string;
  /** What was decided, in a few words. */
  text: string;
  /** When it leaves, if not at the end of the window. */
  leaves: string | null;
  /** Milliseconds since the epoch; after it the offer is gone. */
  until: number;
  /** The whole length of the window, for the countdown's bar. */
  windowMs: number;
  undo: () => Promise<void>;
};

export class UndoStack {
  #items = $state.raw<Undoable[]>([]);
  #busy = $state(false);
  problem = $state<string | null>(null);

  offer(item: Undoable): void {
    this.problem = null;
    this.#items = [...this.#items.filter((each) => each.id !== item.id), item];
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

  /** Takes the newest back. One at a time; if it fails, says so and keeps the offer. */
  async undo(now: number): Promise<void> {
    const item = this.latest(now);
    if (!item || this.#busy) return;
    this.#busy = true;
    this.problem = null;
    try {
      await item.undo();
      this.#items = this.#items.filter((each) => each !== item);
    } catch (thrown) {
      this.problem = thrown instanceof Error ? thrown.message : String(thrown);
    } finally {
      this.#busy = false;
    }
  }

  drop(id: string): void {
    this.#items = this.#items.filter((item) => item.id !== id);
  }
}

export const undoStack = new UndoStack();
