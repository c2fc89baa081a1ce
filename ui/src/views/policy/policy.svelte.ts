// View state of Policy: the draft, and what is wrong with it.

import type {
  PolicyForm,
  PolicyFormField,
  PolicyProblem,
  PolicyValue,
  PolicyView,
  Progress,
  Replay,
} from "../../bindings";
import { act, Refusal, read } from "../../data";

/** Typing rests this long before the draft is checked. */
const TYPING_MS = 250;
/** How often a replay under way is asked how far it is. */
const PROGRESS_MS = 150;

/** True where the draft says something else than the default. */
export function isChanged({ value, default: usual }: PolicyFormField): boolean {
  return canonical(value) !== canonical(usual);
}

function canonical(value: PolicyValue): string {
  const flat = typeof value === "object" && !Array.isArray(value);
  return JSON.stringify(flat ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : value);
}

/** Whom a line is about, and until when; null is any agent, no end, no reason. */
export type LineChange = {
  agent: string | null;
  to: string[];
  until: string | null;
  reason: string | null;
};
type Said = { agent?: string; until?: string; reason?: string };

export class PolicyState {
  /** Null while nothing differs from what is published. */
  draft = $state<string | null>(null);
  problems = $state.raw<PolicyProblem[]>([]);
  checked = $state(true);
  /** The form of the text on screen; the last one while the text is no TOML. */
  form = $state.raw<PolicyForm | null>(null);
  /** The text that form is of. */
  formOf = $state<string | null>(null);
  /** What the draft would have decided otherwise; asked anew for every text. */
  replay = $state.raw<Replay | null>(null);
  replaying = $state(false);
  /** How far the replay has come; its total is 0 until it is known. */
  progress = $state.raw<Progress | null>(null);
  /** True while a field of the form is being written into the text. */
  writing = $state(false);
  busy = $state(false);
  /** `again` where another version came meanwhile, so that the change is to be looked at again. */
  say = $state.raw<{ tone: "allow" | "block"; text: string; again?: boolean } | null>(null);
  /** The version the draft was begun on, or was looked at over since. */
  #over: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;
  #shaping = 0;

  type(text: string, published: PolicyView): void {
    if (this.draft === null) this.#over = published.version;
    this.draft = text === published.text ? null : text;
    this.say = null;
    this.replay = null;
    this.checked = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(text), TYPING_MS);
  }

  /** To be run in an effect: a form for what is published, before anything is typed. */
  async begin(published: PolicyView): Promise<void> {
    if (this.draft !== null) return;
    await this.#shape(published.text);
  }

  /** Writes one field into the text; null takes it out. */
  async set(
    table: string,
    key: string,
    value: PolicyValue | null,
    published: PolicyView,
  ): Promise<void> {
    await this.#write(published, (text) => read("policy.set", { text, table, key, value }));
  }

  /**
   * Writes whom one line is about, and until when, into the text, if the form it was counted in is
   * of it. False if it could not be.
   */
  async change(index: number, to: LineChange, published: PolicyView): Promise<boolean> {
    if (this.formOf !== (this.draft ?? published.text)) return false;
    const said = Object.entries(to).filter(([, value]) => value !== null);
    const args = { ...(Object.fromEntries(said) as Said), to: to.to, index };
    return this.#write(published, (text) => read("policy.change_line", { ...args, text }));
  }

  /** Takes one line about some mail out of the text, if the form it was counted in is of it. */
  async takeOut(index: number, published: PolicyView): Promise<void> {
    if (this.formOf !== (this.draft ?? published.text)) return;
    await this.#write(published, (text) => read("policy.take_out", { text, index }));
  }

  async #write(
    published: PolicyView,
    change: (text: string) => Promise<{ text: string }>,
  ): Promise<boolean> {
    if (this.writing) return false;
    this.writing = true;
    const { draft } = this;
    try {
      const { text } = await change(draft ?? published.text);
      if (this.draft !== draft) {
        this.say = { tone: "block", text: "Not written: the text was changed meanwhile." };
        return false;
      }
      this.type(text, published);
      await this.#shape(text);
      return true;
    } catch (thrown) {
      this.say = { tone: "block", text: `Not written: ${Refusal.from(thrown).message}` };
      return false;
    } finally {
      this.writing = false;
    }
  }

  /** Holds the draft against what was recorded, before it is published. */
  async look(): Promise<void> {
    const text = this.draft;
    if (text === null || this.replaying) return;
    this.replaying = true;
    this.replay = null;
    this.progress = null;
    const run = crypto.randomUUID();
    const asking = setInterval(() => void this.#follow(run), PROGRESS_MS);
    try {
      const replay = await read("policy.replay", { text, run });
      if (this.draft === text) this.replay = replay;
    } catch (thrown) {
      this.say = { tone: "block", text: `Not replayed: ${Refusal.from(thrown).message}` };
    } finally {
      clearInterval(asking);
      this.replaying = false;
      this.progress = null;
    }
  }

  async #follow(run: string): Promise<void> {
    try {
      const progress = await read("policy.replay_progress", { run });
      // An answer that comes late never puts the bar back.
      const further = progress && progress.done >= (this.progress?.done ?? 0);
      if (this.replaying && further) this.progress = progress;
    } catch {
      // The replay itself says what is wrong.
    }
  }

  async #shape(text: string): Promise<void> {
    this.#shaping += 1;
    const turn = this.#shaping;
    try {
      const form = await read("policy.form", { text });
      if (turn !== this.#shaping) return;
      this.form = form;
      this.formOf = text;
    } catch {
      // Half-typed text has no form; its problems are told beside it.
    }
  }

  /** An older text as the draft: publishing it is how to go back. */
  async take(version: number, published: PolicyView): Promise<void> {
    this.say = null;
    try {
      const { text } = await read("policy.version", { version });
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

  /** The draft was looked at beside this version: publishing it takes the place of that. */
  lookOver(published: PolicyView): void {
    this.#over = published.version;
    this.say = null;
    void this.look();
  }

  async publish(): Promise<void> {
    if (this.draft === null || this.busy) return;
    this.busy = true;
    try {
      const { version } = await act("policy.publish", { text: this.draft, over: this.#over });
      this.discard();
      this.say = { tone: "allow", text: `Version ${version} is in force.` };
    } catch (thrown) {
      const { code, message } = Refusal.from(thrown);
      this.say = { tone: "block", text: `Not published: ${message}`, again: code === "stale_hash" };
    } finally {
      this.busy = false;
    }
  }

  async #check(text: string): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    try {
      const { problems } = await read("policy.check", { text });
      // A later check has already begun: this one is about text that is no longer there.
      if (turn !== this.#turn) return;
      this.problems = problems;
      this.checked = true;
      await this.#shape(text);
    } catch (thrown) {
      if (turn === this.#turn) {
        this.say = { tone: "block", text: `Could not check it: ${Refusal.from(thrown).message}` };
      }
    }
  }
}
