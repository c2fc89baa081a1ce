// Lines put in force from the queue, each of which can be taken back for a moment.

import type { PolicyLineDraft } from "../../bindings";
import { act, clock } from "../../data";
import { undoStack } from "../../shared/undo.svelte";

/**
 * A line put in force can be taken back from the bar this long: nothing leaves by it, so nothing
 * else ends the offer. A decided mail is offered as long as the engine says it can be taken back.
 */
const UNDO_OFFER_MS = 10_000;

export class Lines {
  /** Versions of the policy that an undo put back: which it was, and which has its text since. */
  readonly #again = new Map<number, number>();

  /** Puts a line in force and offers to take it back; `taken` is told when that was done. */
  async add(draft: PolicyLineDraft, taken: () => void): Promise<void> {
    const { text, over, before } = draft;
    const answered = undoStack.begin();
    try {
      const { version } = await act("policy.publish", { text, over });
      undoStack.offer({
        id: `policy ${version}`,
        text: draft.words,
        leaves: null,
        meanwhile: "in force",
        until: clock.read() + UNDO_OFFER_MS,
        windowMs: UNDO_OFFER_MS,
        undo: async () => {
          const back = await act("policy.publish", {
            text: before,
            over: this.#inForceAs(version),
          });
          this.#again.set(over, back.version);
          taken();
        },
      });
    } finally {
      answered();
    }
  }

  /** The version that has the text of this one now: what was added over it may be taken back. */
  #inForceAs(version: number): number {
    let now = version;
    for (let next = this.#again.get(now); next !== undefined; next = this.#again.get(now))
      now = next;
    return now;
  }
}
