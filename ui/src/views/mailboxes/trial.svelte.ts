// A live test of a server: begun, followed step by step as they happen, stopped. It counts for
// exactly what was tested.

import type { TestReport } from "../../bindings";
import { act, Refusal, read } from "../../data";

export class Trial {
  /** What is known of the last one: its steps so far. */
  report = $state.raw<TestReport | null>(null);
  /** Why it could not be begun or followed. */
  problem = $state("");
  #of = $state("");
  #asking = $state(false);
  #count = 0;

  /** One is under way. */
  get running(): boolean {
    return this.#asking;
  }

  /** The report, if it is about this. */
  about(of: string): TestReport | null {
    return this.#of === of ? this.report : null;
  }

  /** Begins one about `of`, and stops an earlier one. */
  async run(of: string, begin: () => Promise<TestReport>): Promise<void> {
    void this.stop();
    this.#count += 1;
    const mine = this.#count;
    this.#of = of;
    this.report = null;
    this.problem = "";
    this.#asking = true;
    try {
      let report = await begin();
      while (mine === this.#count) {
        this.report = report;
        if (report.ended) break;
        const { run, seen } = report;
        report = await read("mailboxes.test_steps", { run, seen });
      }
    } catch (thrown) {
      if (mine === this.#count) {
        this.problem = `Could not test it: ${Refusal.from(thrown).message}`;
      }
    } finally {
      if (mine === this.#count) this.#asking = false;
    }
  }

  /** Stops the one under way where it is. */
  async stop(): Promise<void> {
    const run = this.report?.run;
    if (!this.#asking || !run) return;
    try {
      // What follows it sees the end of it.
      await act("mailboxes.test_stop", { run });
    } catch (thrown) {
      this.problem = `Not stopped: ${Refusal.from(thrown).message}`;
    }
  }
}
