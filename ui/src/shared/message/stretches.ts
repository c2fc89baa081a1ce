// A long text in stretches of lines, so that a browser lays out the one in sight and not five
// megabytes before anything is seen.

import type { Mark } from "../../bindings";

/** Shorter texts are drawn in one piece. */
export const WHOLE_CHARS_MAX = 50_000;
/** Lines of a stretch. */
export const STRETCH_LINES = 200;
/** A line longer than this goes on in the next stretch, as if it were wrapped there. */
export const STRETCH_CHARS_MAX = 20_000;

/** From one place in a text to another; `lines` is how many it has. */
export type Stretch = { start: number; end: number; lines: number };

/** The stretches of a text, in order. The line break between two of them is in neither. */
export function stretches(text: string): Stretch[] {
  if (text.length <= WHOLE_CHARS_MAX) return [{ start: 0, end: text.length, lines: 1 }];
  const found: Stretch[] = [];
  let start = 0;
  let lines = 0;
  let at = 0;
  const close = (end: number, next: number) => {
    found.push({ start, end, lines });
    start = next;
    at = next;
    lines = 0;
  };
  while (at <= text.length) {
    const brk = text.indexOf("\n", at);
    const end = brk < 0 ? text.length : brk;
    if (end - start > STRETCH_CHARS_MAX && lines > 0) {
      close(at - 1, at);
      continue;
    }
    lines += 1;
    if (end - start > STRETCH_CHARS_MAX) {
      const cut = start + STRETCH_CHARS_MAX;
      // Not between the two halves of a letter.
      const low = text.charCodeAt(cut);
      const whole = low >= 0xdc00 && low <= 0xdfff ? cut - 1 : cut;
      close(whole, whole);
      continue;
    }
    if (brk < 0 || lines === STRETCH_LINES) close(end, end + 1);
    else at = end + 1;
  }
  return found;
}

/** A piece of text; `what` is what a rule saw there, if it looked at it. */
export type Run = { text: string; what: string | null };

/** A stretch in runs: what a mark covers is a run of its own, also where it goes on in the next. */
export function runs(text: string, marks: readonly Mark[], { start, end }: Stretch): Run[] {
  const found: Run[] = [];
  let at = start;
  for (const mark of marks) {
    if (mark.end > text.length || mark.end <= at || mark.start >= end) continue;
    // Of two that cover the same place, the first is shown.
    if (mark.start < at && mark.start >= start) continue;
    const [from, to] = [Math.max(mark.start, at), Math.min(mark.end, end)];
    found.push({ text: text.slice(at, from), what: null });
    found.push({ text: text.slice(from, to), what: mark.what });
    at = to;
  }
  found.push({ text: text.slice(at, end), what: null });
  return found.filter((run) => run.text !== "");
}
