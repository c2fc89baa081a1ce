// What an edit changes: words for text, addresses for recipients.

import { diffWordsWithSpace } from "diff";
import type { DiffPart, DraftEdit } from "../bindings";

/** Longest text compared word by word; beyond it the answer is one removal and one addition. */
export const DIFF_CHARS_MAX = 100_000;

/** With less than this part of both texts kept, a word by word account only confuses. */
const KEPT_MIN = 0.2;

/** Word by word, in reading order; equal texts give one `same` part or none. */
export function wordDiff(before: string, after: string): DiffPart[] {
  if (before === after) return before === "" ? [] : [{ kind: "same", text: before }];
  if (before.length + after.length > DIFF_CHARS_MAX) return replaced(before, after);
  const parts = diffWordsWithSpace(before, after).map(
    (part): DiffPart => ({
      kind: part.added ? "added" : part.removed ? "removed" : "same",
      text: part.value,
    }),
  );
  const kept = parts.reduce(
    (sum, part) => sum + (part.kind === "same" ? part.text.trim().length : 0),
    0,
  );
  return kept * 2 < (before.length + after.length) * KEPT_MIN ? replaced(before, after) : parts;
}

/** The changes with so many lines around each; what is left out between them is one `⋯`. */
export function nearChanges(parts: readonly DiffPart[], around: number): DiffPart[] {
  return parts.map((part, at) => {
    if (part.kind !== "same") return part;
    const lines = part.text.split("\n");
    const head = at === 0 ? 0 : around + 1;
    const tail = at === parts.length - 1 ? 0 : around + 1;
    if (lines.length <= head + tail + 1) return part;
    const kept = [lines.slice(0, head).join("\n"), lines.slice(lines.length - tail).join("\n")];
    return { kind: "same", text: kept.join(head > 0 ? "\n⋯\n" : "⋯\n") };
  });
}

function replaced(before: string, after: string): DiffPart[] {
  const parts: DiffPart[] = [
    { kind: "removed", text: before },
    { kind: "added", text: after },
  ];
  return parts.filter((part) => part.text !== "");
}

export type RecipientChange = {
  field: "to" | "cc" | "bcc" | "reply_to";
  kind: "added" | "removed";
  address: string;
};

/** Who is added to and removed from each field. Order and case of the domain do not count. */
export function recipientDiff(before: DraftEdit, after: DraftEdit): RecipientChange[] {
  const changes: RecipientChange[] = [];
  for (const field of ["to", "cc", "bcc", "reply_to"] as const) {
    const was = new Set(before[field].map(folded));
    const is = new Set(after[field].map(folded));
    for (const address of after[field]) {
      if (!was.has(folded(address))) changes.push({ field, kind: "added", address });
    }
    for (const address of before[field]) {
      if (!is.has(folded(address))) changes.push({ field, kind: "removed", address });
    }
  }
  return changes;
}

/** True if two drafts would leave as the same message. */
export function sameDraft(a: DraftEdit, b: DraftEdit): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

/** Addresses out of a field: separated by commas, semicolons or line breaks, but not inside quotes. */
export function splitAddresses(field: string): string[] {
  return (field.match(/(?:"[^"]*"|[^,;\n"])+/g) ?? [])
    .map((address) => address.trim())
    .filter((address) => address !== "");
}

function canonical(draft: DraftEdit): unknown[] {
  const { to, cc, bcc, reply_to, subject, text, html, keep_attachments } = draft;
  return [to, cc, bcc, reply_to, subject, text, html, [...keep_attachments].sort((a, b) => a - b)];
}

function folded(address: string): string {
  const bare = /<([^>]*)>\s*$/.exec(address)?.[1] ?? address;
  const at = bare.lastIndexOf("@");
  return bare.slice(0, at) + bare.slice(at).toLowerCase();
}
