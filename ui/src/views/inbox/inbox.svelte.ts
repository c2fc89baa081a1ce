// View state of the Inbox: which list, which conversation, which message is unfolded. It keeps its
// place while other views are looked at.

import { SvelteMap } from "svelte/reactivity";
import type {
  ConversationDetail,
  ConversationRow,
  InboundView,
  InboxTab,
  Intent,
} from "../../bindings";
import { act, type Pages, pages, prefetch, query, Refusal } from "../../data";

/** A conversation is read once it has been on screen this long. */
export const SEEN_AFTER_MS = 1_200;

export class InboxState {
  tab = $state<InboxTab>("all");
  intent = $state<Intent | "">("");
  mailbox = $state("");
  chosen = $state<string | null>(null);
  /** Narrow windows show one pane at a time. */
  reading = $state(false);
  context = $state(true);
  /** How far down the list was, for coming back from another view. */
  scroll = 0;
  busy = $state(false);
  problem = $state("");
  /** Messages folded or unfolded by hand; the rest follow the rule: only the newest is open. */
  unfolded = new SvelteMap<string, boolean>();
  #lists = new Map<string, Pages<"inbox.list">>();

  list = $derived.by((): Pages<"inbox.list"> => {
    const args = {
      tab: this.tab,
      ...(this.intent ? { intent: this.intent } : {}),
      ...(this.mailbox ? { mailbox: this.mailbox } : {}),
    };
    const key = JSON.stringify(args);
    const known = this.#lists.get(key);
    if (known) return known;
    const made = pages("inbox.list", args);
    this.#lists.set(key, made);
    return made;
  });
  /** The conversation on screen: the chosen one, a moment later. */
  shown = $state<string | null>(null);
  detail = $derived.by((): ConversationDetail | undefined =>
    this.shown === null || this.chosen === null
      ? undefined
      : query("inbox.show", { id: this.shown }).value,
  );
  /** The newest received message: what the verbs act on. */
  newest = $derived.by(
    (): InboundView | undefined =>
      this.detail?.messages.findLast((item) => item.inbound !== null)?.inbound ?? undefined,
  );

  show(tab: InboxTab): void {
    this.tab = tab;
    this.chosen = null;
    this.scroll = 0;
  }

  choose(id: string | null): void {
    if (id === this.chosen) return;
    this.chosen = id;
    this.problem = "";
    const { rows } = this.list;
    const at = rows.findIndex((row) => row.id === id);
    for (const near of [rows[at + 1], rows[at - 1]]) {
      if (near) prefetch("inbox.show", { id: near.id });
    }
  }

  /** Chooses the first row if there is none to stay with. */
  settle(): void {
    if (this.chosen !== null) return;
    const first = this.list.rows[0];
    if (first) this.choose(first.id);
  }

  step(by: 1 | -1): void {
    const rows: ConversationRow[] = this.list.rows;
    const at = rows.findIndex((row) => row.id === this.chosen);
    const row = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (row) this.choose(row.id);
  }

  open(id: string): boolean {
    const byHand = this.unfolded.get(id);
    return byHand ?? this.detail?.messages.at(-1)?.inbound?.id === id;
  }

  toggle(id: string): void {
    this.unfolded.set(id, !this.open(id));
  }

  /** Runs one act; if it fails, stays and says so. */
  async attempt(run: () => Promise<unknown>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = "";
    try {
      await run();
    } catch (thrown) {
      this.problem = Refusal.from(thrown).message;
    } finally {
      this.busy = false;
    }
  }

  takeOver(): Promise<void> {
    const row = this.detail?.row;
    if (!row) return Promise.resolve();
    const { id } = row;
    return this.attempt(() =>
      row.taken_over_at ? act("inbox.hand_back", { id }) : act("inbox.take_over", { id }),
    );
  }

  shelve(to: "release" | "keep"): Promise<void> {
    const message = this.newest;
    if (!message) return Promise.resolve();
    return this.attempt(() => act(`inbox.${to}`, { id: message.id }));
  }
}

let kept: InboxState | undefined;

export function inboxState(): InboxState {
  kept ??= new InboxState();
  return kept;
}
