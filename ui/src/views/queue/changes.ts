// What happened to a submission between the moment it was shown and now, in a sentence.

import type { SubmissionDetail } from "../../bindings";

/** Null when nothing changed that a decision would rest on. */
export function whatChanged(shown: SubmissionDetail, now: SubmissionDetail): string | null {
  if (shown.id !== now.id) return null;
  if (now.state !== shown.state) {
    return `It changed while you were reading. ${now.state_text}`;
  }
  if (now.version > shown.version) {
    const by = now.versions.at(-1)?.by ?? "somebody";
    return `Version ${now.version} was written by ${by} while you were reading. Below is what would leave now.`;
  }
  if (now.hash !== shown.hash) {
    return "The message changed while you were reading. Below is what would leave now.";
  }
  if (now.decision.id !== shown.decision.id && now.decision.sentence !== shown.decision.sentence) {
    return `It was judged again while you were reading: ${now.decision.sentence}`;
  }
  return null;
}
