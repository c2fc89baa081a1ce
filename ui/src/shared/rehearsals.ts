// Which mail is a rehearsal's, where it does not say so itself.

import type { MailboxView } from "../bindings";

/** The addresses whose mail leaves nothing. */
export function rehearsals(mailboxes: readonly MailboxView[] | undefined): ReadonlySet<string> {
  const own = (mailboxes ?? []).filter(({ kind }) => kind === "rehearsal");
  return new Set(own.map(({ address }) => address));
}
