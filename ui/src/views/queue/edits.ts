// New versions begun and not saved. Whatever leads to another mail leaves the edit, not its words:
// they are there when the mail is edited again, until they are saved or discarded.

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

type Version = Pick<SubmissionDetail, "id" | "hash">;

export class Edits {
  /** By mail, the one touched last at the end. */
  readonly #begun = new Map<string, { hash: string; fields: Begun }>();

  /** What was begun on exactly this version. */
  of({ id, hash }: Version): Begun | undefined {
    const begun = this.#begun.get(id);
    return begun?.hash === hash ? begun.fields : undefined;
  }

  keep({ id, hash }: Version, fields: Begun): void {
    this.#begun.delete(id);
    this.#begun.set(id, { hash, fields });
    const [oldest] = this.#begun.keys();
    if (this.#begun.size > EDITS_MAX && oldest !== undefined) this.#begun.delete(oldest);
  }

  drop(id: string): void {
    this.#begun.delete(id);
  }
}
