// A backup or an export under way. It goes on whatever view is looked at, so its state lives here.

import type { CopiedView, CopyForm, Progress } from "../../bindings";
import { act, query, Refusal, read } from "../../data";

/** How often its progress is asked for. */
const PROGRESS_MS = 300;

export class Copying {
  /** What a folder is asked for. */
  asking = $state<CopyForm | null>(null);
  to = $state("");
  running = $state<CopyForm | null>(null);
  ending = $state(false);
  progress = $state.raw<Progress | null>(null);
  done = $state.raw<CopiedView | null>(null);
  /** Why there is none, and whether that was wanted. */
  problem = $state.raw<{ text: string; wanted: boolean } | null>(null);
  #run = "";

  ask(form: CopyForm, to: string): void {
    if (this.running) return;
    this.asking = form;
    this.to = to;
  }

  close(): void {
    this.asking = null;
  }

  /** Nobody looks any more: what was asked or told is over, what is under way goes on. */
  leave(): void {
    this.asking = null;
    this.done = null;
    this.problem = null;
  }

  /** Begins with what was asked for; what it comes to is in `done` or `problem`. */
  async begin(): Promise<void> {
    const form = this.asking;
    const to = this.to.trim();
    if (form === null || to === "" || this.running) return;
    this.asking = null;
    this.running = form;
    this.ending = false;
    this.progress = null;
    this.done = null;
    this.problem = null;
    this.#run = crypto.randomUUID();
    const asking = setInterval(() => void this.#follow(this.#run), PROGRESS_MS);
    try {
      this.done = await act("record.copy", { form, to, run: this.#run });
    } catch (thrown) {
      this.problem = { text: Refusal.from(thrown).message, wanted: this.ending };
    } finally {
      clearInterval(asking);
      this.running = null;
      query("record.copies", {}).invalidate();
    }
  }

  /** Ends it before it is whole; nothing is left of it. */
  async end(): Promise<void> {
    if (!this.running || this.ending) return;
    this.ending = true;
    try {
      // False while nothing of that name runs, such as before it has begun.
      if (!(await act("record.end_copy", { run: this.#run }))) this.ending = false;
    } catch {
      // It is asked how far it is all the same; whoever wants it ended presses again.
      this.ending = false;
    }
  }

  async #follow(run: string): Promise<void> {
    try {
      const progress = await read("record.copy_progress", { run });
      const further = progress && progress.done >= (this.progress?.done ?? 0);
      if (this.running && run === this.#run && further) this.progress = progress;
    } catch {
      // Only the bar stands still.
    }
  }
}

export const copying = new Copying();
