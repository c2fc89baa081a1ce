// The demo's live tests: each step takes a moment, one may fail, and any can be stopped.

import type { TestReport, TestStep } from "../../bindings";
import { refuse } from "./tools";

/** Milliseconds a step takes. */
const STEP_MS = 90;

export class Trials {
  #runs = new Map<string, { report: TestReport; advance: () => void }>();

  /** Begins one with these steps; at `Login` the secret says whether it fails, or never ends. */
  begin(secret: string | null, steps: [string, string][], authserv?: string): TestReport {
    const run = `test-${this.#runs.size + 1}`;
    const report: TestReport = { run, seen: 0, ended: false, ok: false, steps: [] };
    let at = 0;
    const advance = () => {
      if (report.ended) return;
      const [name, text] = steps[at] ?? ["", ""];
      const last = report.steps.at(-1);
      if (last?.state !== "running") {
        report.steps.push({ name, state: "running", text: "", ms: 0 });
      } else if (name === "Login" && secret === "slow") {
        return;
      } else if (name === "Login" && secret === "wrong") {
        Object.assign(last, refused());
        report.ended = true;
      } else {
        Object.assign(last, { state: "passed", text, ms: STEP_MS });
        at += 1;
        if (at === steps.length) {
          report.ended = report.ok = true;
          if (authserv) report.authserv_id = authserv;
        }
      }
      report.seen += 1;
    };
    this.#runs.set(run, { report, advance });
    return structuredClone(report);
  }

  async more(run: string, seen: number): Promise<TestReport> {
    const known = this.#known(run);
    await new Promise((done) => setTimeout(done, STEP_MS / 2));
    if (known.report.seen <= seen) known.advance();
    return structuredClone(known.report);
  }

  stop(run: string): TestReport {
    const { report } = this.#known(run);
    if (!report.ended) {
      const last = report.steps.at(-1);
      if (last) Object.assign(last, { state: "stopped", text: "Stopped here", ms: STEP_MS });
      report.ended = true;
      report.seen += 1;
    }
    return structuredClone(report);
  }

  #known(run: string) {
    const known = this.#runs.get(run);
    if (!known) throw refuse("not_found", "there is no test of that name; begin another");
    return known;
  }
}

function refused(): Partial<TestStep> {
  return {
    state: "failed",
    text: "The server refused the login (535 5.7.8 authentication failed); check the user name and the password.",
    ms: STEP_MS,
    advice:
      "Type user and password again. Many providers want an app password for programs, or signing in with the browser.",
  };
}
