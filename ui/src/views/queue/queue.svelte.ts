// View state of the queue: what is chosen, what has been read, which question is open. The mail
// itself stays in the cache.

import { untrack } from "svelte";
import { SvelteMap, SvelteSet } from "svelte/reactivity";
import type {
  Verb as Act,
  BatchRow,
  Decided,
  DraftEdit,
  PolicyLineDraft,
  PolicyWish,
  QueueRow,
  QueueTab,
  RehearsalStart,
  StateName,
  SubmissionDetail,
} from "../../bindings";
import { act, clock, pages, prefetch, put, query, Refusal } from "../../data";
import { Choosing, type Say } from "../../shared/choosing.svelte";
import { plural } from "../../shared/format";
import type { Late } from "../../shared/late.svelte";
import { isText } from "../../shared/remember";
import { keepStand, keptStand, rowInSight } from "../../shared/stand";
import { undoStack } from "../../shared/undo.svelte";
import { Batches } from "./batches.svelte";
import { whatChanged } from "./changes";
import { Edits } from "./edits";
import { Lines } from "./lines";
import { Rested } from "./rested.svelte";

export type Question =
  | "reject"
  | "ask"
  | "release"
  | "take"
  | "snooze"
  | "resend"
  | "many"
  | "always_ask"
  | "let_write"
  | null;

const TABS: readonly QueueTab[] = ["needs_you", "expiring", "snoozed", "attention"];

export class QueueState extends Choosing<QueueRow> {
  protected override readonly lost: Say = {
    tone: "hold",
    text: "What was pointed at is not in this record. This is another mail.",
    id: null,
  };
  tab = $state<QueueTab>("needs_you");
  editing = $state(false);
  question = $state<Question>(null);
  busy = $state<string | null>(null);
  selected = new SvelteSet<string>();
  /** What was read in full: id to the hash and decision that were on screen. */
  read = new SvelteMap<string, { hash: string; decision: string }>();
  /** Decided here; out of the list until the list itself knows. */
  #gone = new SvelteSet<string>();
  /** Chosen by the last start, until it has been looked at. */
  #found: string | null = null;
  /** True until something is chosen that is there. */
  #landing = true;
  #shown: SubmissionDetail | null = null;
  /** How many edits were begun: a save closes the one it came from, not a later one. */
  #edit = 0;
  readonly #lines = new Lines();
  readonly edits = new Edits();
  /** What the rehearsal gave, shown once, until put away. */
  welcome = $state.raw<RehearsalStart | null>(null);
  #lists = {
    needs_you: pages("queue.list", { tab: "needs_you" }),
    expiring: pages("queue.list", { tab: "expiring" }),
    snoozed: pages("queue.list", { tab: "snoozed" }),
    attention: pages("queue.list", { tab: "attention" }),
  };
  readonly #rested = new Rested();
  readonly batches = new Batches();

  list = $derived(this.#lists[this.tab]);
  rows = $derived.by((): QueueRow[] => {
    const rows = this.list.rows;
    return this.#gone.size === 0 ? rows : rows.filter((row) => !this.#gone.has(row.id));
  });
  total = $derived(
    Math.max(this.rows.length, this.list.total - (this.list.rows.length - this.rows.length)),
  );
  /** The choice as it is drawn, a moment late; none while no window draws it. */
  drawn = $state.raw<Late<string | null> | null>(null);
  /** Grows with every choice, also with one that comes back to what is drawn. */
  turn = $state(0);
  /** What is on screen: it may still be what was chosen before, and then no verb acts on it. */
  detail = $derived.by((): SubmissionDetail | undefined => {
    const id = this.chosen === null ? null : this.drawn ? this.drawn.value : this.chosen;
    return id === null ? undefined : query("submission.show", { id }).value;
  });

  constructor() {
    super();
    const kept = keptStand("queue");
    if (TABS.some((tab) => tab === kept.tab)) this.tab = kept.tab as QueueTab;
    if (isText(kept.chosen)) this.chosen = kept.chosen;
    this.#found = this.chosen;
    if (kept.context === false) this.context.kept = false;
    this.found(kept.depth);
  }

  /** To be run in an effect: the next start finds its place again. */
  remember(): void {
    const { tab, chosen } = this;
    keepStand("queue", { tab, chosen, context: this.context.kept, depth: this.lasting });
  }

  /** Which list is on screen. */
  get key(): string {
    return this.tab;
  }

  /** Nothing is typed here. */
  readonly words = "";

  /** To be run in an effect: what was chosen at the last start and is decided since is left. */
  leaveDecided(): void {
    const { detail } = this;
    if (this.#found === null || detail?.id !== this.#found) return;
    this.#found = null;
    const waits: readonly StateName[] =
      this.tab === "attention" ? ["uncertain", "failed"] : ["held"];
    if (!waits.includes(detail.state)) this.chosen = null;
  }

  /** The exact thing on screen, as the gate names it. */
  static keyOf(detail: SubmissionDetail): string {
    return `${detail.id} ${detail.hash} ${detail.decision.id} ${detail.state}`;
  }

  show(tab: QueueTab): void {
    this.batches.show(null);
    if (tab === this.tab) return;
    this.tab = tab;
    this.anew();
    this.#gone.clear();
    this.leave();
    this.selected.clear();
  }

  override choose(id: string | null): void {
    this.#found = null;
    if (id !== this.chosen) {
      this.#landing = false;
      this.turn += 1;
    }
    super.choose(id);
  }

  protected override prefetch(id: string): void {
    prefetch("submission.show", { id });
  }

  /** A row picked from the list: it is read now, whatever batch was open. */
  pick(id: string): void {
    this.batches.show(null);
    this.choose(id);
    this.reading = true;
  }

  /** Shows what a notification or a link points at. It selects and does nothing else. */
  point(id: string | null): void {
    if (id === null) return;
    this.show("needs_you");
    this.batches.show(null);
    this.pointAt(id);
  }

  protected override leave(): void {
    this.editing = false;
    this.question = null;
    this.#rested.cleared();
  }

  protected override begin(): QueueRow | undefined {
    return this.#landing
      ? rowInSight({ rows: this.rows, ended: this.list.ended }, this.depth)
      : (this.rows[Math.min(this.at, this.rows.length - 1)] ?? this.rows[0]);
  }

  step(by: 1 | -1, extend = false): void {
    if (this.editing) return;
    if (this.batches.open) {
      this.batches.step(by);
      return;
    }
    const row = this.next(by);
    if (!row) return;
    if (extend) {
      if (this.chosen) this.selected.add(this.chosen);
      this.selected.add(row.id);
    }
    this.choose(row.id);
  }

  toggle(): void {
    if (!this.chosen) return;
    if (this.selected.has(this.chosen)) this.selected.delete(this.chosen);
    else this.selected.add(this.chosen);
  }

  /** Escape: the nearest thing there is to leave. */
  back(): void {
    if (this.editing) this.editing = false;
    else if (this.batches.open) this.batches.show(null);
    else if (this.selected.size > 0) this.selected.clear();
    else if (this.say) this.say = null;
    else this.reading = false;
  }

  /** Verbs act on what is on screen. The gate itself is {@link ready}; this only shows it. */
  get rested(): boolean {
    return this.detail !== undefined && this.#rested.shows(QueueState.keyOf(this.detail));
  }

  /** What is on screen, once it has rested and this may be done to it. */
  ready(verb: Act): SubmissionDetail | null {
    const { detail } = this;
    if (!detail || detail.id !== this.chosen || this.busy || this.editing) return null;
    if (!detail.verbs.includes(verb)) return null;
    return this.#rested.is(QueueState.keyOf(detail)) ? detail : null;
  }

  /** Asks what a verb needs to know first, about what is on screen. */
  ask(question: "reject" | "snooze" | "ask" | "release"): void {
    if (this.ready(question)) this.question = question;
  }

  askMany(): void {
    if (this.readSelection().items.length > 0) this.question = "many";
  }

  edit(): void {
    if (!this.ready("edit")) return;
    this.say = null;
    this.#edit += 1;
    this.editing = true;
  }

  /**
   * Writes a new version, which is judged again and then shown. Throws what the form should say;
   * where the form is gone by then, it is told instead.
   */
  async save(base: SubmissionDetail, draft: DraftEdit): Promise<void> {
    const [edit, words] = [this.#edit, this.edits.of(base)];
    // Another may be read, or written, by now; or this one once more.
    const isOpen = () => this.chosen === base.id && this.editing && this.#edit === edit;
    let now: SubmissionDetail;
    try {
      now = await act("submission.edit", { id: base.id, hash: base.hash, draft });
    } catch (thrown) {
      if (isOpen()) throw thrown;
      const text = `Not saved: ${Refusal.from(thrown).message}`;
      this.tell({ tone: "hold", text, id: base.id }, base.message.subject);
      return;
    }
    put("submission.show", { id: base.id }, now);
    if (this.edits.of(base) === words) this.edits.drop(base);
    if (this.chosen === base.id) this.#shown = now;
    if (isOpen()) this.editing = false;
    const text = `Version ${now.version} saved and judged again. ${now.state === "held" ? now.why : now.state_text}`;
    const tone = now.state === "held" ? "info" : "hold";
    this.tell({ tone, text, id: base.id }, now.message.subject);
  }

  /** The marked mail of the open batch, whole; `b` leads back. */
  readMarked(): void {
    const id = this.batches.marked?.id;
    if (id === undefined) return;
    this.batches.show(null);
    this.choose(id);
    this.reading = true;
  }

  /** Enter: into the message, so that it can be scrolled and read from the keyboard. */
  open(): void {
    if (this.batches.open) {
      this.readMarked();
      return;
    }
    this.reading = true;
    document.getElementById("message-panel")?.focus();
  }

  /** To be run in an effect: says so when what is on screen changes without us. */
  notice(): void {
    const now = this.detail;
    if (!now) return;
    const before = this.#shown;
    this.#shown = now;
    // What we decided ourselves is no news: the undo bar has said it.
    if (!before || now.gone || this.busy || this.#gone.has(now.id) || untrack(() => this.say))
      return;
    const change = whatChanged(before, now);
    if (change) this.say = { tone: "info", text: change, id: now.id };
  }

  /** To be called when the item and its message have been drawn. */
  painted(detail: SubmissionDetail): void {
    this.#rested.painted(QueueState.keyOf(detail), () => {
      this.read.set(detail.id, { hash: detail.hash, decision: detail.decision.id });
    });
  }

  async approve(): Promise<void> {
    const detail = this.ready("approve");
    if (!detail) return;
    await this.#decide("approve", detail, () =>
      act("submission.approve", { id: detail.id, hash: detail.hash, decision: detail.decision.id }),
    );
  }

  async reject(detail: SubmissionDetail, reason: string): Promise<void> {
    this.question = null;
    await this.#decide("reject", detail, () =>
      act("submission.reject", { id: detail.id, hash: detail.hash, reason }),
    );
  }

  /** Asks its agent; it stays, and the answer shows up with it. */
  async askAgent(detail: SubmissionDetail, question: string): Promise<void> {
    this.question = null;
    await this.#stay(
      "ask about",
      detail,
      `Asked. ${detail.agent.name} is told, and its answer shows up here.`,
      () => act("submission.ask", { id: detail.id, hash: detail.hash, question }),
    );
  }

  /** Lets a blocked mail go, for a reason that stays in the record. */
  async release(detail: SubmissionDetail, reason: string): Promise<void> {
    this.question = null;
    const { id, hash } = detail;
    await this.#decide("approve", detail, () =>
      act("submission.release", { id, hash, decision: detail.decision.id, reason }),
    );
  }

  /** Asks which contact to take over; only somebody it is written to. */
  askTake(): void {
    const { detail } = this;
    if (!detail || detail.id !== this.chosen || this.busy || this.editing) return;
    if (this.#rested.is(QueueState.keyOf(detail))) this.question = "take";
  }

  /** Asks about a line of the policy for all mail like what is on screen. */
  askLine(wish: PolicyWish): void {
    if (this.ready("approve")) this.question = wish;
  }

  /** Puts a line in force; what is on screen stays as it is. */
  async addLine(shown: SubmissionDetail, draft: PolicyLineDraft): Promise<void> {
    await this.#lines.add(draft, () => {
      this.say = { tone: "info", text: "The policy is as it was.", id: null };
    });
    this.tell(
      {
        tone: "info",
        text: `In the policy since just now: ${draft.words} This mail still waits for you.`,
        id: shown.id,
      },
      shown.message.subject,
    );
  }

  /** Takes a contact into the person's own hands: no agent writes to them until given back. */
  async takeOver(detail: SubmissionDetail, address: string): Promise<void> {
    this.question = null;
    await this.#stay(
      "take over",
      detail,
      `${address} is in your hands: no agent writes to them from ${detail.mailbox.address} until you hand them back.`,
      () => act("contacts.take_over", { mailbox: detail.mailbox.address, address }),
    );
  }

  /** An act after which the mail stays where it is. */
  async #stay(
    verb: string,
    shown: SubmissionDetail,
    done: string,
    run: () => Promise<unknown>,
  ): Promise<void> {
    if (this.busy) return;
    this.busy = verb;
    this.say = null;
    try {
      await run();
      this.tell({ tone: "info", text: done, id: shown.id }, shown.message.subject);
    } catch (thrown) {
      await this.#failed(verb, shown, Refusal.from(thrown));
    } finally {
      this.busy = null;
    }
  }

  async snooze(detail: SubmissionDetail, until: string): Promise<void> {
    this.question = null;
    await this.#decide("snooze", detail, () =>
      act("submission.snooze", { id: detail.id, hash: detail.hash, until }),
    );
  }

  async settleAs(detail: SubmissionDetail, how: "sent" | "resend" | "give_up"): Promise<void> {
    this.question = null;
    await this.#decide("settle", detail, () =>
      act("submission.settle", { id: detail.id, hash: detail.hash, how }),
    );
  }

  /** The named, selected rows whose exact content was on screen. */
  readSelection(): { items: { id: string; hash: string; decision: string }[]; unread: number } {
    const items: { id: string; hash: string; decision: string }[] = [];
    let unread = 0;
    for (const row of this.rows) {
      if (!this.selected.has(row.id)) continue;
      const read = this.read.get(row.id);
      if (read && read.hash === row.hash) items.push({ id: row.id, ...read });
      else unread += 1;
    }
    return { items, unread };
  }

  /** What a batch on screen is made of: every id and hash. */
  static batchKey(rows: readonly BatchRow[]): string {
    return `batch ${rows.map((row) => `${row.id} ${row.hash} ${row.decision}`).join()}`;
  }

  /** To be called when the grid of a batch has been drawn. */
  paintedBatch(rows: readonly BatchRow[]): void {
    this.#rested.painted(QueueState.batchKey(rows));
  }

  get batchRested(): boolean {
    return this.#rested.shows(QueueState.batchKey(this.batches.taken));
  }

  /** Approves what the grid shows, once it has rested there. */
  async approveBatch(): Promise<void> {
    const rows = this.batches.taken;
    if (rows.length === 0 || this.busy || !this.#rested.is(QueueState.batchKey(rows))) return;
    const items = rows.map(({ id, hash, decision }) => ({ id, hash, decision }));
    await this.#approveAll(items);
    if (this.batches.open === undefined) this.batches.show(null);
  }

  async approveMany(): Promise<void> {
    const { items } = this.readSelection();
    this.question = null;
    if (items.length === 0 || this.busy) return;
    await this.#approveAll(items);
  }

  async #approveAll(items: { id: string; hash: string; decision: string }[]): Promise<void> {
    this.busy = "approve";
    // By the time of the answers the list may have lost the rows.
    const named = new Set(items.map(({ id }) => id));
    const subjects = new Map(
      this.rows.filter((row) => named.has(row.id)).map((row) => [row.id, row.subject]),
    );
    const answered = undoStack.begin();
    try {
      const answers = await act("submission.approve_many", { items });
      const failed = answers.filter((answer) => answer.error || answer.state === "held");
      for (const answer of answers) {
        if (answer.error || answer.state === "held") continue;
        this.#offerUndo(answer, "Approved", subjects.get(answer.id) ?? "");
        this.#gone.add(answer.id);
        this.selected.delete(answer.id);
      }
      const done = answers.length - failed.length;
      if (this.chosen && this.#gone.has(this.chosen)) {
        this.chosen = null;
        this.settle();
      }
      const first = failed[0];
      if (first) {
        const why = first.error?.detail ?? first.decision?.sentence ?? first.state_text;
        this.say = {
          tone: "hold",
          text: `${plural(done, "mail")} approved; ${failed.length} stayed. The first: ${why}`,
          id: null,
        };
      }
    } catch (thrown) {
      this.say = {
        tone: "block",
        text: `Nothing was approved: ${Refusal.from(thrown).message}`,
        id: null,
      };
    } finally {
      answered();
      this.busy = null;
    }
  }

  /** After a decision, the next item. If it fails, stay and say so. */
  async #decide(verb: string, shown: SubmissionDetail, run: () => Promise<Decided>): Promise<void> {
    this.busy = verb;
    this.say = null;
    const index = this.index();
    const next = this.rows[index + 1] ?? this.rows[index - 1] ?? null;
    const offers = verb === "approve" || verb === "settle";
    const answered = offers ? undoStack.begin() : () => {};
    try {
      const answer = await run();
      if (answer.error) throw new Refusal(answer.error);
      if (verb === "approve" && answer.state === "held") {
        const why = answer.decision?.sentence ?? answer.state_text;
        const text = `Still held, judged again just now: ${why}`;
        this.tell({ tone: "hold", text, id: shown.id }, shown.message.subject);
        return;
      }
      const words = { approve: "Approved", settle: "Settled" }[verb];
      if (words && (answer.state === "queued" || answer.state === "deferred")) {
        this.#offerUndo(answer, words, shown.message.subject);
      }
      this.#gone.add(shown.id);
      this.selected.delete(shown.id);
      if (this.chosen === shown.id) this.choose(next?.id ?? null);
      if (!next) this.reading = false;
    } catch (thrown) {
      await this.#failed(verb, shown, Refusal.from(thrown));
    } finally {
      answered();
      this.busy = null;
    }
  }

  async #failed(verb: string, shown: SubmissionDetail, refusal: Refusal): Promise<void> {
    let text = `Could not ${verb} it: ${refusal.message}`;
    if (refusal.code === "stale_hash" || refusal.code === "wrong_state") {
      const entry = query("submission.show", { id: shown.id });
      await entry.refresh();
      const now = entry.peek;
      const change = now ? whatChanged(shown, now) : null;
      text = change ? `Not done. ${change}` : `Not done: ${refusal.message}`;
    }
    this.tell({ tone: "hold", text, id: shown.id }, shown.message.subject);
  }

  #offerUndo(answer: Decided, what: string, title: string): void {
    // What a relay was tried for, or somebody has, cannot be taken back.
    if (!answer.undo_until) return;
    const now = clock.read();
    const until = Date.parse(answer.undo_until);
    const later = answer.state === "deferred" && answer.due;
    undoStack.offer({
      id: answer.id,
      text: `${what}: ${title || "(no subject)"}`,
      leaves: later ? answer.due : null,
      until,
      windowMs: Math.max(1, until - now),
      undo: async () => {
        const undone = await act("submission.undo", { id: answer.id });
        if (undone.error) throw new Refusal(undone.error);
        this.#gone.delete(answer.id);
        // It waits in the list; whoever writes is not taken away from it.
        if (this.editing) return;
        this.show("needs_you");
        this.choose(answer.id);
      },
    });
  }

  /** Rows that the list no longer has need no hiding; the same ids may come back held again. */
  reconcile(): void {
    if (this.#gone.size === 0 || this.busy) return;
    const listed = new Set(this.list.rows.map((row) => row.id));
    for (const id of this.#gone) if (!listed.has(id)) this.#gone.delete(id);
  }
}
