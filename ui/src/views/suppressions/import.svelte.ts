// An import under way: how far it is, what could not be read. It can be stopped between stretches.

import { act, Refusal } from "../../data";
import { stretches } from "./stretches";

/** Length of a list: a longer one is not read into memory at all. */
const LIST_MB_MAX = 16;

type Row = { line: number; text: string };
/** A file somebody picked. */
type Picked = { readonly name: string; readonly size: number; text(): Promise<string> };

export class Importing {
  readonly name: string;
  /** Rows gone through. */
  done = $state(0);
  /** Of the file, 0 to 1. */
  share = $state(0);
  added = $state(0);
  problems = $state.raw<Row[]>([]);
  failed = $state("");
  running = $state(true);
  #file: Picked;
  #stopped = false;

  constructor(file: Picked) {
    this.name = file.name;
    this.#file = file;
  }

  /** Goes through the file, stretch by stretch, until it is done, stopped, or refused. */
  async run(): Promise<void> {
    try {
      const list = await this.#read();
      for (const { end, ...stretch } of stretches(list)) {
        if (this.#stopped) return;
        await this.#add(stretch);
        this.share = end / Math.max(1, list.length);
      }
    } catch (thrown) {
      this.failed = Refusal.from(thrown).message;
    } finally {
      this.running = false;
    }
  }

  /** The whole file; refuses one that is too long, or not there any more. */
  async #read(): Promise<string> {
    const refuse = (detail: string) => new Refusal({ code: "invalid_field", detail });
    if (this.#file.size > LIST_MB_MAX * 1024 * 1024) {
      throw refuse(`a list has at most ${LIST_MB_MAX} MB; split the file`);
    }
    try {
      return await this.#file.text();
    } catch {
      throw refuse("the file could not be read");
    }
  }

  /** Adds a stretch; what is too long to be added at once goes on where that left off. */
  async #add(stretch: { text: string; line: number; header?: string }): Promise<void> {
    const before = this.done;
    for (let from = 0, total = 1; from < total && !this.#stopped; ) {
      const answer = await act("suppressions.import", { ...stretch, from });
      this.done = before + answer.done;
      this.added += answer.added;
      this.problems = [...this.problems, ...answer.problems];
      [from, total] = [answer.done, answer.total];
    }
  }

  stop(): void {
    this.#stopped = true;
  }
}
