// Where a view stands: which list, narrowed by what, how far down, what is chosen. Each view says it
// as often as it moves; it is written down a moment later, and found by the next start.
//
// What somebody typed is never written down, nor whom it names: it would lie on the disk beside a
// record from which a contact can be erased. A list narrowed by words is left out with them.

import { forgetWhere, isRecord, isText, recall, remember } from "./remember";

/** How far down a list is: its first row in sight, and how much of that is out of sight above. */
export type Depth = {
  /** Empty where the row was not loaded. */
  row: string;
  index: number;
  /** Of the row's height, 0 to 1. */
  past: number;
};

/** How far down one list is, and which list: in another that place means nothing. */
export type ListDepth = Depth & { of: string };

/** A view that comes back as far down its list as it was left. */
export abstract class Standing {
  /** How far down the list was that was looked at last. */
  protected left: ListDepth | null = null;
  /** The same of the last one that no typed words narrow: kept with the rest of where it stands. */
  #lasting: ListDepth | null = null;

  /** Which list is on screen, with what narrows it. */
  abstract readonly key: string;

  /** Words somebody typed that narrow it; empty if none do. */
  abstract readonly words: string;

  /** To be run in an effect: the next start finds its place again. */
  abstract remember(): void;

  /** How far down the list on screen was when it was looked at last. */
  get depth(): Depth | null {
    return this.left?.of === this.key ? this.left : null;
  }

  scrolled(to: Depth): void {
    this.left = { of: this.key, ...to };
    if (this.words === "") this.#lasting = this.left;
    this.remember();
  }

  /** How far down it is to be kept. */
  protected get lasting(): ListDepth | null {
    return this.#lasting;
  }

  /** Begins as far down as it was kept. */
  protected found(depth: unknown): void {
    this.left = depthIn(depth);
    this.#lasting = this.left;
  }

  /** The next look at this list begins at its top. */
  protected toTop(): void {
    this.left = null;
    this.#lasting = null;
  }
}

/** Deeper than this nothing is come back to: all rows above would be loaded first. */
export const DEPTH_ROWS_MAX = 5_000;

/** A depth that was kept, if it still is one. */
export function depthIn(kept: unknown): ListDepth | null {
  if (!isRecord(kept) || !isText(kept.of) || !isText(kept.row)) return null;
  const { of, row, index, past } = kept;
  const isPlace = typeof index === "number" && Number.isSafeInteger(index) && index >= 0;
  if (!isPlace || index > DEPTH_ROWS_MAX) return null;
  return { of, row, index, past: typeof past === "number" && past >= 0 && past < 1 ? past : 0 };
}

/**
 * What to choose where nothing is: the first row that is wholly in sight, as soon as it is there;
 * in a list that became shorter, the last one.
 */
export function rowInSight<Row>(
  { rows, ended }: { readonly rows: readonly Row[]; readonly ended: boolean },
  depth: Depth | null,
): Row | undefined {
  if (depth === null || depth.index === 0) return rows[0];
  return rows[depth.index + 1] ?? (ended ? rows.at(-1) : undefined);
}

/** Scrolling says where it is with every frame; it is written down this much later at most. */
export const WRITTEN_AFTER_MS = 250;

const waiting = new Map<string, object>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Raised whenever what older versions wrote must not stay on the disk. */
const PREFIX = "stand.2.";

/** Removes what versions before this one wrote down: it may hold words somebody typed. */
export function dropOldStands(): void {
  forgetWhere((key) => key.startsWith("stand.") && !key.startsWith(PREFIX));
}

/** Keeps where a view stands; without words somebody typed. */
export function keepStand(view: string, stand: object): void {
  waiting.set(view, stand);
  timer ??= setTimeout(writeDown, WRITTEN_AFTER_MS);
}

/** Where a view stood when it was looked at last; nothing if that is not known. */
export function keptStand(view: string): Record<string, unknown> {
  return (
    (waiting.get(view) as Record<string, unknown> | undefined) ??
    recall(PREFIX + view, isRecord) ??
    {}
  );
}

/** Writes down what waits, at once. */
export function writeDown(): void {
  clearTimeout(timer);
  timer = undefined;
  for (const [view, stand] of waiting) remember(PREFIX + view, stand);
  waiting.clear();
}

/** For tests: nothing is known, nothing waits. */
export function forgetStands(): void {
  clearTimeout(timer);
  timer = undefined;
  waiting.clear();
}

dropOldStands();

// The window may be closed before the moment is over.
if (typeof addEventListener === "function") addEventListener("pagehide", writeDown);
