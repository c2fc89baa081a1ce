// An import under way: how far it is, what could not be read. It can be stopped between stretches.

import { act, Refusal } from "../../data";

type Row = { line: number; text: string };

export class Importing {
  readonly name: string;
  done = $state(0);
  total = $state(0);
  added = $state(0);
  problems = $state.raw<Row[]>([]);
  failed = $state("");
  running = $state(true);
  #stopped = false;

  constructor(name: string) {
    this.name = name;
  }

  /** Goes through the file, stretch by stretch, until it is done, stopped, or refused. */
  async run(text: string): Promise<void> {
    try {
      do {
        const answer = await act("suppressions.import", { text, from: this.done });
        this.done = answer.done;
        this.total = answer.total;
        this.added += answer.added;
        this.problems = [...this.problems, ...answer.problems];
      } while (this.done < this.total && !this.#stopped);
    } catch (thrown) {
      this.failed = Refusal.from(thrown).message;
    } finally {
      this.running = false;
    }
  }

  stop(): void {
    this.#stopped = true;
  }
}
