// What is on the other side of the window: one entry for commands, one stream of changes.
// Three hosts speak it: the desktop application, the development host over HTTP, and the demo.

import type { Problem } from "../bindings";
import type { Args, Command, Result } from "../bindings/commands";

export type Change = { tags: string[]; seq: number };

/** What became of a file that was to be saved. */
export type Saved = {
  name: string;
  /** Where it is, if the platform tells. */
  path: string | null;
  ok: boolean;
};

export interface Host {
  /** Runs one command. Rejects with a {@link Refusal}, never with anything else. */
  rpc<C extends Command>(name: C, args: Args<C>): Promise<Result<C>>;
  /** Tells of every committed change from now on; `reset` means some may have been missed. */
  listen(changed: (change: Change) => void, reset: () => void): () => void;
  /** Tells what became of each file that was saved, where a browser does not say so itself. */
  saved?(hear: (saved: Saved) => void): () => void;
}

/** A command that was refused or could not be carried; `code` is for branching, the message for people. */
export class Refusal extends Error {
  readonly code: string;
  readonly pointer: string | null;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "Refusal";
    this.code = problem.code;
    this.pointer = problem.pointer ?? null;
  }

  /** Whatever was thrown, as a refusal with a sentence. */
  static from(thrown: unknown): Refusal {
    if (thrown instanceof Refusal) return thrown;
    if (typeof thrown === "object" && thrown !== null && "code" in thrown && "detail" in thrown) {
      return new Refusal(thrown as Problem);
    }
    const said = thrown instanceof Error ? thrown.message : String(thrown);
    return new Refusal({ code: "unreachable", detail: `Sendoff did not answer: ${said}` });
  }
}
