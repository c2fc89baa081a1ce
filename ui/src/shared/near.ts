// Finding a row again in a long list: what moves in it moves a little, so it is looked for from
// where it was outward. Deep in 100,000 rows, a key that walked them all would be felt.

/** Where the row with this id is, sought from a place outward; -1 if nowhere. */
export function indexNear<Row>(
  rows: readonly Row[],
  id: (row: Row) => string,
  wanted: string,
  from: number,
): number {
  const start = Math.max(0, Math.min(from, rows.length - 1));
  for (let by = 0; start - by >= 0 || start + by < rows.length; by += 1) {
    for (const at of [start + by, start - by]) {
      const row = rows[at];
      if (row !== undefined && id(row) === wanted) return at;
    }
  }
  return -1;
}

export const rowId = ({ id }: { id: string }): string => id;
