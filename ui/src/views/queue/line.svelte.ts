// View state of a line about mail like one in the queue: which it would be, and what it would have
// done. Nothing is changed before it is added.

import type { PolicyLineDraft, PolicyWish, Replay } from "../../bindings";
import { Refusal, read } from "../../data";

/** Decisions a line is tried on. */
const TRIED_ON = 1_000;
export const DAYS = [7, 30, 90] as const;

export class LineState {
  readonly id: string;
  readonly wish: PolicyWish;
  domains = $state(true);
  anyAgent = $state(false);
  days = $state<number>(30);
  draft = $state.raw<PolicyLineDraft | null>(null);
  replay = $state.raw<Replay | null>(null);
  problem = $state("");
  #turn = 0;

  constructor(id: string, wish: PolicyWish) {
    this.id = id;
    this.wish = wish;
  }

  /** True once the line on screen is what was asked for, and was tried. */
  get ready(): boolean {
    return this.draft !== null && this.replay !== null;
  }

  /** To be run in an effect: asks anew for every choice. */
  async look(): Promise<void> {
    const { id, wish, domains, anyAgent, days } = this;
    this.#turn += 1;
    const turn = this.#turn;
    this.draft = null;
    this.replay = null;
    this.problem = "";
    try {
      const more = wish === "always_ask" ? { any_agent: anyAgent } : { days };
      const draft = await read("policy.line", { id, wish, domains, ...more });
      // A later choice has been made: this answer is about another line.
      if (turn !== this.#turn) return;
      this.draft = draft;
      const replay = await read("policy.replay", { text: draft.text, last: TRIED_ON });
      if (turn === this.#turn) this.replay = replay;
    } catch (thrown) {
      if (turn === this.#turn) this.problem = Refusal.from(thrown).message;
    }
  }
}
