// New versions begun and not saved. Whatever leads to another mail leaves the edit, not its words:
// they are there when the mail is edited again, until they are saved or discarded. What was begun on
// a version that is not the newest any more is kept apart, to be taken up in the newest.

import type { SubmissionDetail } from "../../bindings";

/** The fields of an edit, as typed. */
export type Begun = {
  to: string;
  cc: string;
  bcc: string;
  replyTo: string;
  subject: string;
  text: string;
  html: string;
  kept: number[];
};

/** Edits kept; of more, the one touched longest ago goes. */
export const EDITS_MAX = 20;

export type Version = Pick<SubmissionDetail, "id" | "hash">;

const keyOf = ({ id, hash }: Version) => `${id} ${hash}`;

export class Edits {
  /** By version, the one touched last at the end. */
  readonly #begun = new Map<string, { on: Version; fields: Begun }>();

  /** What was begun on exactly this version. */
  of(version: Version): Begun | undefined {
    return this.#begun.get(keyOf(version))?.fields;
  }

  /** What was begun last on another version of the same mail, and on which. */
  other({ id, hash }: Version): { on: Version; fields: Begun } | undefined {
    return [...this.#begun.values()].findLast(({ on }) => on.id === id && on.hash !== hash);
  }

  keep({ id, hash }: Version, fields: Begun): void {
    const on = { id, hash };
    this.#begun.delete(keyOf(on));
    this.#begun.set(keyOf(on), { on, fields });
    const [oldest] = this.#begun.keys();
    if (this.#begun.size > EDITS_MAX && oldest !== undefined) this.#begun.delete(oldest);
  }

  drop(version: Version): void {
    this.#begun.delete(keyOf(version));
  }
}
