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
  #asking = $state<string | null>(null);
  #count = 0;
  /** Wanted before it had a name to be stopped by. */
  #stopping = false;

  /** One is under way. */
  get running(): boolean {
    return this.#asking !== null;
  }

  /** The server that is being asked, whatever is typed by now. */
  get asking(): string | null {
    return this.#asking;
  }

  /** The report, if it is about this. */
  about(of: string): TestReport | null {
    return this.#of === of ? this.report : null;
  }

  /** Begins one of `server` about `of`, and stops an earlier one. */
  async run(of: string, server: string, begin: () => Promise<TestReport>): Promise<void> {
    void this.stop();
    this.#count += 1;
    const mine = this.#count;
    this.#of = of;
    this.report = null;
    this.problem = "";
    this.#asking = server;
    this.#stopping = false;
    try {
      let report = await begin();
      if (mine !== this.#count) {
        // Nobody looks at it any more; if it cannot be stopped it ends by itself.
        void act("mailboxes.test_stop", { run: report.run }).catch(() => {});
      }
      while (mine === this.#count) {
        this.report = report;
        if (this.#stopping) void this.stop();
        if (report.ended) break;
        const { run, seen } = report;
        report = await read("mailboxes.test_steps", { run, seen });
      }
    } catch (thrown) {
      if (mine === this.#count) {
        this.problem = `Could not test it: ${Refusal.from(thrown).message}`;
      }
    } finally {
      if (mine === this.#count) this.#asking = null;
    }
  }

  /** Stops the one under way where it is. */
  async stop(): Promise<void> {
    if (!this.running) return;
    const run = this.report?.run;
    this.#stopping = run === undefined;
    if (run === undefined) return;
    try {
      // What follows it sees the end of it.
      await act("mailboxes.test_stop", { run });
    } catch (thrown) {
      this.problem = `Not stopped: ${Refusal.from(thrown).message}`;
    }
  }
}
