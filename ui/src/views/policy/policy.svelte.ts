// View state of Policy: the draft, and what is wrong with it.

import type { PolicyProblem, PolicyView } from "../../bindings";
import { act, Refusal } from "../../data";

/** Typing rests this long before the draft is checked. */
const TYPING_MS = 250;

export class PolicyState {
  /** Null while nothing differs from what is published. */
  draft = $state<string | null>(null);
  problems = $state.raw<PolicyProblem[]>([]);
  checked = $state(true);
  busy = $state(false);
  say = $state.raw<{ tone: "allow" | "block"; text: string } | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  type(text: string, published: PolicyView): void {
    this.draft = text === published.text ? null : text;
    this.say = null;
    this.checked = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(text), TYPING_MS);
  }

  /** An older text as the draft: publishing it is how to go back. */
  async take(version: number, published: PolicyView): Promise<void> {
    this.say = null;
    try {
      const { text } = await act("policy.version", { version });
      this.type(text, published);
    } catch (thrown) {
      this.say = {
        tone: "block",
        text: `Could not read v${version}: ${Refusal.from(thrown).message}`,
      };
    }
  }

  discard(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.draft = null;
    this.problems = [];
    this.checked = true;
    this.say = null;
  }

  async publish(): Promise<void> {
    if (this.draft === null || this.busy) return;
    this.busy = true;
    try {
      const { version } = await act("policy.publish", { text: this.draft });
      this.discard();
      this.say = { tone: "allow", text: `Version ${version} is in force.` };
    } catch (thrown) {
      this.say = { tone: "block", text: `Not published: ${Refusal.from(thrown).message}` };
    } finally {
      this.busy = false;
    }
  }

  async #check(text: string): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    try {
      const { problems } = await act("policy.check", { text });
      // A later check has already begun: this one is about text that is no longer there.
      if (turn !== this.#turn) return;
      this.problems = problems;
      this.checked = true;
    } catch (thrown) {
      if (turn === this.#turn) {
        this.say = { tone: "block", text: `Could not check it: ${Refusal.from(thrown).message}` };
      }
    }
  }
}
