// A list in CSV, cut between its rows: a long one is imported stretch by stretch, and none of it is
// sent twice.

/** Rows of a stretch: fewer than the engine adds at a time. */
export const STRETCH_ROWS = 1_000;
/** Characters of a stretch, unless one row has more. */
export const STRETCH_CHARS = 256 * 1024;

export type Stretch = {
  /** Its rows, as they stand in the list. */
  text: string;
  /** Lines of the list before them. */
  line: number;
  /** The first row of the list, which may name the columns; the first stretch has it itself. */
  header?: string;
  /** Where the list goes on. */
  end: number;
};

/** Cuts a list where a row ends. In quotes, a line that ends is part of its row. */
export function* stretches(list: string): Generator<Stretch> {
  let [from, rows, line, linesBefore] = [0, 0, 0, 0];
  let header: string | null = null;
  let quoted = false;
  let fieldBegins = true;
  const cut = (end: number): Stretch => ({
    text: list.slice(from, end),
    line: linesBefore,
    ...(from > 0 && header !== null ? { header } : {}),
    end,
  });
  for (let at = 0; at < list.length; at += 1) {
    const char = list[at];
    if (char === "\n") line += 1;
    if (quoted) {
      if (char === '"' && list[at + 1] === '"') at += 1;
      else if (char === '"') quoted = false;
      continue;
    }
    quoted = char === '"' && fieldBegins;
    fieldBegins = char === "," || char === "\n" || char === "\r";
    if (char !== "\n") continue;
    rows += 1;
    const end = at + 1;
    // Empty lines before it are no row.
    if (header === null) header = list.slice(0, end).trim() || null;
    if (rows < STRETCH_ROWS && end - from < STRETCH_CHARS) continue;
    yield cut(end);
    [from, rows, linesBefore] = [end, 0, line];
  }
  if (from < list.length || list === "") yield cut(list.length);
}
