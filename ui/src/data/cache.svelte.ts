// Server state, and the only place it lives: answers keyed by command and arguments.
//
// - An answer stays on screen while a newer one is fetched; nothing flickers to empty.
// - A change names tags, not data; watched answers that read one of them are fetched again,
//   the others wait until somebody looks.
// - One request per key at a time. A change during a request leads to one more, not to many.

import { createSubscriber } from "svelte/reactivity";
import { type Args, type Command, READS, type Result } from "../bindings/commands";
import { type Host, Refusal } from "../host/host";

/** Answers kept that nobody looks at or holds. */
export const IDLE_ENTRIES_MAX = 400;
/** Answers that lists hold at once: at a hundred rows each, twice the longest list there should be. */
export const HELD_ENTRIES_MAX = 2_000;
/** Lists that hold answers at once. */
export const HOLDERS_MAX = 24;

/** What needs all its answers to make sense of one of them, as a long list needs its pages. */
export interface Holder {
  /** True while somebody looks at one of its answers. */
  readonly watched: boolean;
  /** Lets go of everything; it can be asked for again. */
  drop(): void;
}

export class Entry<T> {
  readonly key: string;
  readonly tags: readonly string[];
  // Plain fields and subscribers, not `$state`: entries are made in the middle of derivations, and
  // a derivation does not hear of state that it made itself.
  #value: T | undefined;
  #problem: Refusal | undefined;
  #stale = true;
  #watched = false;
  #flight: Promise<void> | null = null;
  /** Answers taken by another way: a flight that left before one of them may bring an older. */
  #puts = 0;
  #load: () => Promise<T>;
  #watch: () => void;
  #hear: () => void;
  #tell: () => void = () => {};
  /** Who holds it, each with what it does when the answer changes. */
  readonly holders = new Map<Holder, () => void>();

  constructor(key: string, tags: readonly string[], load: () => Promise<T>) {
    this.key = key;
    this.tags = tags;
    this.#load = load;
    this.#hear = createSubscriber((update) => {
      this.#tell = update;
    });
    this.#watch = createSubscriber(() => {
      this.#watched = true;
      if (this.#stale) void this.refresh();
      return () => {
        this.#watched = false;
      };
    });
  }

  /** The last answer; reading it in an effect keeps it fresh for as long as the effect lives. */
  get value(): T | undefined {
    this.#hear();
    this.#watch();
    return this.#value;
  }

  /** The last answer, without asking for a newer one. */
  get peek(): T | undefined {
    this.#hear();
    return this.#value;
  }

  /** Why the last request failed, until one succeeds. */
  get problem(): Refusal | undefined {
    this.#hear();
    this.#watch();
    return this.#problem;
  }

  get watched(): boolean {
    return this.#watched;
  }

  get stale(): boolean {
    return this.#stale;
  }

  /** Marks the answer stale; fetches at once if somebody looks at it. */
  invalidate(): void {
    this.#stale = true;
    if (this.#watched) void this.refresh();
  }

  /** Takes an answer that came by another way, such as the result of an act. */
  put(value: T): void {
    this.#puts += 1;
    this.#value = value;
    this.#problem = undefined;
    this.#stale = false;
    this.#told();
  }

  /** Resolves when the answer is no longer stale, or the request failed. */
  refresh(): Promise<void> {
    this.#flight ??= this.#fly();
    return this.#flight;
  }

  /** The answer, asked for now; throws the refusal. */
  async load(): Promise<T> {
    await this.refresh();
    if (this.#problem) throw this.#problem;
    return this.#value as T;
  }

  #told(): void {
    this.#tell();
    for (const tell of this.holders.values()) tell();
  }

  async #fly(): Promise<void> {
    try {
      do {
        this.#stale = false;
        const puts = this.#puts;
        const value = await this.#load();
        if (puts !== this.#puts) {
          // Nobody can tell which of the two is newer: what was put stays until one more request.
          this.#stale = true;
          continue;
        }
        this.#value = value;
        this.#problem = undefined;
        this.#told();
      } while (this.#stale && this.#watched);
    } catch (thrown) {
      this.#stale = true;
      this.#problem = Refusal.from(thrown);
      this.#told();
    } finally {
      this.#flight = null;
    }
  }
}

export class Cache {
  readonly host: Host;
  readonly #heldMax: number;
  #entries = new Map<string, Entry<unknown>>();
  /** Kept however long nobody looks; what is in here is not in `#entries`. */
  #held = new Map<string, Entry<unknown>>();
  /** Who took longest ago comes first. */
  #holders = new Set<Holder>();

  constructor(host: Host, heldMax = HELD_ENTRIES_MAX) {
    this.host = host;
    this.#heldMax = heldMax;
  }

  /** Starts hearing of changes; returns how to stop. */
  connect(): () => void {
    return this.host.listen(
      (change) => this.invalidate(change.tags),
      () => this.invalidateAll(),
    );
  }

  /** The answer to a query, present or to come. The same question is the same entry. */
  query<C extends Command>(command: C, args: Args<C>): Entry<Result<C>> {
    const key = keyOf(command, args);
    const held = this.#held.get(key) as Entry<Result<C>> | undefined;
    if (held) return held;
    let entry = this.#entries.get(key) as Entry<Result<C>> | undefined;
    if (entry) {
      // Looked at last stays longest.
      this.#entries.delete(key);
    } else {
      const id = "id" in args ? String(args.id) : "";
      const tags = (READS[command] ?? []).map((tag) => tag.replace("::id", `:${id}`));
      entry = new Entry<Result<C>>(key, tags, () => this.host.rpc(command, args));
    }
    this.#entries.set(key, entry as Entry<unknown>);
    this.#forget();
    return entry;
  }

  /** Fetches what will probably be looked at next. */
  prefetch<C extends Command>(command: C, args: Args<C>): void {
    const entry = this.query(command, args);
    if (entry.stale) void entry.refresh();
  }

  /** Runs a command that changes nothing and whose answer nobody keeps. */
  read<C extends Command>(command: C, args: Args<C>): Promise<Result<C>> {
    return this.host.rpc(command, args);
  }

  /** Runs a command that changes something. Its own tags go stale without waiting for the event. */
  async act<C extends Command>(command: C, args: Args<C>): Promise<Result<C>> {
    try {
      return await this.host.rpc(command, args);
    } finally {
      // Also after a refusal: what is on screen was probably not what is.
      this.invalidate(touchedBy(command, args));
    }
  }

  invalidate(tags: readonly string[]): void {
    for (const entry of this.#all()) {
      if (entry.tags.some((tag) => tags.includes(tag))) entry.invalidate();
    }
  }

  invalidateAll(): void {
    for (const entry of this.#all()) entry.invalidate();
  }

  /**
   * Keeps an answer for a holder until it lets go, however long nobody looks at it. For one more
   * than there is room for, who took longest ago drops its own; false where all of them are
   * looked at.
   */
  hold(entry: Entry<unknown>, holder: Holder, tell: () => void): boolean {
    this.#holders.delete(holder);
    this.#holders.add(holder);
    for (const other of this.#holders) {
      if (this.#held.size < this.#heldMax && this.#holders.size <= HOLDERS_MAX) break;
      if (other === holder || other.watched) continue;
      other.drop();
      this.#holders.delete(other);
    }
    if (this.#held.size >= this.#heldMax) return false;
    entry.holders.set(holder, tell);
    this.#entries.delete(entry.key);
    this.#held.set(entry.key, entry);
    return true;
  }

  letGo(entry: Entry<unknown>, holder: Holder): void {
    entry.holders.delete(holder);
    if (entry.holders.size > 0 || !this.#held.delete(entry.key)) return;
    this.#entries.set(entry.key, entry);
    this.#forget();
  }

  *#all(): Iterable<Entry<unknown>> {
    yield* this.#entries.values();
    yield* this.#held.values();
  }

  #forget(): void {
    if (this.#entries.size <= IDLE_ENTRIES_MAX) return;
    let over = this.#entries.size - IDLE_ENTRIES_MAX;
    for (const [key, entry] of this.#entries) {
      if (over <= 0) return;
      if (entry.watched) continue;
      this.#entries.delete(key);
      over -= 1;
    }
  }
}

function keyOf(command: string, args: object): string {
  const sorted = Object.entries(args)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `${command} ${JSON.stringify(sorted)}`;
}

/** The tags a command's own act makes stale. */
function touchedBy(command: Command, args: object): string[] {
  const area = command.split(".")[0] ?? "";
  const id = "id" in args ? `submission:${String(args.id)}` : "";
  switch (area) {
    case "submission":
      return ["queue", "activity", id];
    case "inbox":
    case "alarms":
      return [
        "inbox",
        "mailboxes",
        "suppressions",
        ...("id" in args ? [`conversation:${String(args.id)}`] : []),
      ];
    case "consents":
      return ["suppressions"];
    case "contacts":
      return ["mailboxes", "inbox", "queue"];
    case "rehearsal":
      return ["agents", "mailboxes", "queue", "settings"];
    case "vault":
      return ["health", "settings"];
    default:
      return [area];
  }
}
