// View state of the Inbox: which list, which conversation, which message is unfolded. It keeps its
// place while other views are looked at.

import { SvelteMap, SvelteSet } from "svelte/reactivity";
import type {
  ConversationDetail,
  ConversationRow,
  InboundPictures,
  InboundView,
  InboxBefore,
  InboxTab,
  Intent,
} from "../../bindings";
import {
  act,
  clock,
  type Entry,
  lists,
  type Pages,
  prefetch,
  query,
  Refusal,
  read,
} from "../../data";
import { Choosing, type Say } from "../../shared/choosing.svelte";
import { isWhole, zone } from "../../shared/filters";
import { outliving } from "../../shared/outliving.svelte";
import { place } from "../../shared/place.svelte";
import { isText } from "../../shared/remember";
import { Rest } from "../../shared/rest";
import { keepStand, keptStand, rowInSight } from "../../shared/stand";
import { undoStack } from "../../shared/undo.svelte";
import { Drafts } from "./drafts";
import { oldest, withEarlier } from "./earlier";
import { INTENTS } from "./words";

const TABS: readonly InboxTab[] = ["all", "unread", "decide", "quarantine", "taken_over"];

/** A conversation is read once it has been on screen this long. */
export const SEEN_AFTER_MS = 1_200;
/** Typing rests this long before it is asked for. */
const TYPING_MS = 120;
/** Messages of a conversation on each page further back. */
const EARLIER = 80;
/** Messages whose fetched pictures are kept at hand: each may be tens of megabytes. */
const PICTURED_MAX = 3;

export class InboxState extends Choosing<ConversationRow> {
  protected override readonly lost: Say = {
    tone: "hold",
    text: "What was pointed at is not in this record. This is another conversation.",
    id: null,
  };
  tab = $state<InboxTab>("all");
  intent = $state<Intent | "">("");
  mailbox = $state("");
  /** Words its messages hold, and filters, as far as they are asked for. */
  words = $state("");
  typed = $state("");
  #typing: ReturnType<typeof setTimeout> | undefined;
  busy = $state(false);
  problem = $state("");
  /** The message being answered by hand. */
  answering = $state.raw<InboundView | null>(null);
  /** Answers begun and not sent. */
  readonly drafts = new Drafts();
  /** Messages whose pictures a person asked for. Not in the cache: it would ask for them again. */
  readonly pictures = new SvelteMap<string, InboundPictures>();
  readonly picturing = new SvelteSet<string>();
  /** Messages folded or unfolded by hand; the rest follow the rule: only the newest is open. */
  unfolded = new SvelteMap<string, boolean>();
  #lists = lists("inbox.list");

  #asked = $derived({
    tab: this.tab,
    ...(this.intent ? { intent: this.intent } : {}),
    ...(this.mailbox ? { mailbox: this.mailbox } : {}),
    ...(this.words ? { search: this.words, zone: zone() } : {}),
  });
  /** Which list it is, in words. */
  key = $derived(JSON.stringify(this.#asked));
  list = $derived.by((): Pages<"inbox.list"> => this.#lists.of(this.#asked));
  get rows(): readonly ConversationRow[] {
    return this.list.rows;
  }
  /** The conversation on screen: the chosen one, a moment later. */
  shown = $state<string | null>(null);
  /** Where the pages further back begin, where somebody asked for them. */
  #earlier = $state.raw<{ id: string; pages: InboxBefore[] } | null>(null);
  get entry(): Entry<ConversationDetail> | null {
    const id = this.shown;
    if (id === null) return null;
    return query("inbox.show", this.#earlier?.id === id ? { id, last: EARLIER } : { id });
  }
  detail = $derived.by((): ConversationDetail | undefined => {
    const id = this.shown;
    const newest = this.chosen === null ? undefined : this.entry?.value;
    if (!newest || id === null || this.#earlier?.id !== id) return newest;
    return withEarlier(
      newest,
      this.#earlier.pages.map((before) => [
        before,
        query("inbox.show", { id, last: EARLIER, before }).value,
      ]),
    );
  });
  #received = $derived.by((): InboundView[] =>
    (this.detail?.messages ?? []).flatMap((item) => item.inbound ?? []),
  );
  /** The newest received message: what an answer answers. */
  newest = $derived(this.#received.at(-1));
  /** The message being read: the only one unfolded. None while none or several are. */
  current = $derived.by((): InboundView | undefined => {
    const [one, ...others] = this.#received.filter((message) => this.open(message.id));
    return others.length === 0 ? one : undefined;
  });
  /** The only quarantined message unfolded: what releasing and keeping by key act on. */
  quarantined = $derived.by((): InboundView | undefined => {
    const [one, ...others] = this.#received.filter(
      (message) => message.shelf === "quarantined" && this.open(message.id),
    );
    return others.length === 0 ? one : undefined;
  });
  /** Verbs that decide about a message wait until it has been on screen. */
  readonly rest = new Rest(() => performance.now());

  constructor() {
    super();
    const kept = keptStand("inbox");
    if (TABS.some((tab) => tab === kept.tab)) this.tab = kept.tab as InboxTab;
    if (isText(kept.intent) && Object.hasOwn(INTENTS, kept.intent))
      this.intent = kept.intent as Intent;
    if (isText(kept.mailbox)) this.mailbox = kept.mailbox;
    if (isText(kept.chosen)) this.chosen = kept.chosen;
    if (kept.context === false) this.context.kept = false;
    this.found(kept.depth);
  }

  /** To be run in an effect: the next start finds its place again. */
  remember(): void {
    const { tab, intent, mailbox, chosen } = this;
    const context = this.context.kept;
    keepStand("inbox", { tab, intent, mailbox, chosen, context, depth: this.lasting });
  }

  /** To be run in an effect: a filter by a mailbox that is no more is none. */
  know(mailboxes: readonly { id: string }[] | undefined): void {
    if (mailboxes && !mailboxes.some(({ id }) => id === this.mailbox)) this.mailbox = "";
  }

  /** Typing rests a moment before it is asked for. */
  type(text: string): void {
    this.typed = text;
    clearTimeout(this.#typing);
    if (isWhole(text)) this.#typing = setTimeout(() => this.ask(), TYPING_MS);
  }

  /** Asks at once, also for a filter that is not whole. */
  ask(): void {
    clearTimeout(this.#typing);
    const words = this.typed.trim();
    if (words === this.words) return;
    this.words = words;
    this.anew();
  }

  /** Leaves out what is not wanted, or is in another mailbox. */
  narrow(to: { intent?: Intent | ""; mailbox?: string }): void {
    this.intent = to.intent ?? this.intent;
    this.mailbox = to.mailbox ?? this.mailbox;
    this.anew();
  }

  show(tab: InboxTab): void {
    this.tab = tab;
    this.anew();
    this.toTop();
  }

  /** Shows the conversation something else pointed at. */
  point(id: string | null): void {
    if (id === null) return;
    this.show("all");
    this.pointAt(id);
  }

  protected override leave(): void {
    this.problem = "";
    this.answering = null;
  }

  protected override prefetch(id: string): void {
    prefetch("inbox.show", { id });
  }

  protected override begin(): ConversationRow | undefined {
    return rowInSight(this.list, this.depth);
  }

  step(by: 1 | -1): void {
    const row = this.next(by);
    if (row) this.choose(row.id);
  }

  open(id: string): boolean {
    const byHand = this.unfolded.get(id);
    return byHand ?? this.newest?.id === id;
  }

  toggle(id: string): void {
    this.unfolded.set(id, !this.open(id));
  }

  /**
   * Runs one act about what is on screen; if it fails, stays and says so. True if it was done.
   */
  async attempt(run: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    const about = this.detail?.row;
    this.busy = true;
    this.problem = "";
    try {
      await run();
      return true;
    } catch (thrown) {
      const { message } = Refusal.from(thrown);
      // Another conversation may be read by now.
      if (!about || about.id === this.chosen) this.problem = message;
      else this.tell({ tone: "hold", text: `Not done: ${message}`, id: about.id }, about.subject);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** It has been on screen for a while. That keeps nobody from doing something meanwhile. */
  async seen(id: string): Promise<void> {
    try {
      await act("inbox.seen", { id });
    } catch (thrown) {
      if (this.chosen === id) this.problem = Refusal.from(thrown).message;
    }
  }

  async takeOver(): Promise<void> {
    const row = this.detail?.row;
    // What is drawn may still be what was chosen before.
    if (!row || row.id !== this.chosen) return;
    const { id } = row;
    await this.attempt(() =>
      row.taken_over_at ? act("inbox.hand_back", { id }) : act("inbox.take_over", { id }),
    );
  }

  /** The answer begun in the conversation on screen, while it is not open. */
  get draft() {
    const id = this.detail?.row.id;
    return id === undefined || this.answering ? undefined : this.drafts.of(id);
  }

  /** Begins an answer to the newest message, or goes on with the one that was begun. */
  answer(): void {
    const begun = this.draft?.message;
    const message = this.#received.find((one) => one.id === begun) ?? this.newest;
    if (!message || this.detail?.row.id !== this.chosen) return;
    this.problem = "";
    this.say = null;
    this.answering = message;
  }

  /** Puts the answer away; its words are kept. */
  leaveReply(): void {
    this.problem = "";
    this.answering = null;
    document.getElementById("inbox-thread")?.focus();
  }

  /** Hands a person's answer to the gate; if it fails, the words stay. */
  async reply(message: InboundView, words: { text: string; to?: string[] }): Promise<void> {
    const answered = undoStack.begin();
    await this.attempt(async () => {
      const answer = await act("inbox.reply", { id: message.id, ...words });
      if (answer.error) throw new Refusal(answer.error);
      this.drafts.drop(message.conversation);
      // Another may be written by now.
      if (this.answering?.id === message.id) this.leaveReply();
      const id = message.conversation;
      if (answer.state !== "queued" && answer.state !== "deferred") {
        const why = answer.decision?.sentence ?? answer.state_text;
        const isHeld = answer.state === "held";
        const text = isHeld ? `Held, look at it once more: ${why}` : why;
        const held = isHeld ? { held: answer.id } : {};
        this.tell({ tone: "hold", text, id, ...held }, message.subject);
        return;
      }
      this.tell({ tone: "info", text: "Your answer is on its way.", id }, message.subject);
      const now = clock.read();
      const until = answer.undo_until ? Date.parse(answer.undo_until) : now;
      if (until <= now) return;
      undoStack.offer({
        id: answer.id,
        text: `Answered: ${message.subject || "(no subject)"}`,
        leaves: answer.state === "deferred" ? answer.due : null,
        until,
        windowMs: until - now,
        undo: async () => {
          const undone = await act("submission.undo", { id: answer.id });
          if (undone.error) throw new Refusal(undone.error);
          this.say = null;
          // Taken back, it waits among the held ones, words and all.
          place.point("queue", answer.id);
        },
      });
    }).finally(answered);
  }

  /** Reads further back; what is on screen stays until more is there. */
  async earlier(): Promise<void> {
    const id = this.shown;
    const { detail } = this;
    if (id === null || !detail?.has_earlier) return;
    const before = oldest(detail);
    const known = this.#earlier?.id === id ? this.#earlier.pages : [];
    const came = await this.attempt(() =>
      Promise.all([
        query("inbox.show", { id, last: EARLIER }).load(),
        query("inbox.show", { id, last: EARLIER, before }).load(),
      ]),
    );
    if (came && this.shown === id) this.#earlier = { id, pages: [...known, before] };
  }

  /** True if every picture that could be had is there; what did not come can be asked for again. */
  pictured(id: string): boolean {
    return this.pictures.get(id)?.missing.length === 0;
  }

  /** Has the pictures of a message fetched from the servers it named. */
  async loadPictures(id: string): Promise<void> {
    if (this.picturing.has(id) || this.pictured(id)) return;
    const { chosen } = this;
    this.picturing.add(id);
    this.problem = "";
    try {
      const came = await read("inbox.pictures", { id });
      this.pictures.delete(id);
      this.pictures.set(id, came);
      const [oldest] = this.pictures.keys();
      if (this.pictures.size > PICTURED_MAX && oldest !== undefined) this.pictures.delete(oldest);
    } catch (thrown) {
      if (this.chosen === chosen) this.problem = Refusal.from(thrown).message;
    } finally {
      this.picturing.delete(id);
    }
  }

  /** Lets agents read the message on screen, or keeps it from them, once it has rested there. */
  async shelve(to: "release" | "keep"): Promise<void> {
    const message = this.quarantined;
    if (!message || message.conversation !== this.chosen || !this.rest.rested(message.id)) return;
    await this.attempt(() => act(`inbox.${to}`, { id: message.id }));
  }
}

let kept: InboxState | undefined;

export function inboxState(): InboxState {
  kept ??= outliving(() => new InboxState());
  return kept;
}

/** For tests: the next inbox starts anew. */
export function forgetInbox(): void {
  kept = undefined;
}
