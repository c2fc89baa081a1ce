// What every part of the demo answers with: refusals, and pages of a list.

import { Refusal } from "../host";

export function refuse(code: string, detail: string, pointer: string | null = null): Refusal {
  return new Refusal({ code, detail, pointer });
}

export function page<T extends { id: string | number }>(
  rows: T[],
  after?: string | null,
  size?: number | null,
) {
  const limit = size ?? 100;
  const from = after == null ? 0 : rows.findIndex((row) => String(row.id) === after) + 1;
  const cut = rows.slice(from, from + limit);
  const more = from + limit < rows.length;
  const last = cut.at(-1);
  return { rows: cut, next: more && last ? String(last.id) : null, total: rows.length };
}
