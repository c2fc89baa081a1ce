// Answers begun and not sent, one a conversation. They outlive the conversation being left, and the
// window: kept on this machine until they are sent or thrown away.

import { SvelteMap } from "svelte/reactivity";
import { isRecord, isText, recall, remember } from "../../shared/remember";

export type Draft = {
  /** The message it answers. */
  message: string;
  text: string;
  /** To whom, as it was typed; as usual if it is left out. */
  to?: string;
};

/** Answers kept; of more, the one touched longest ago goes. */
export const DRAFTS_MAX = 50;

const NAME = "answers";

export class Drafts {
  /** By conversation, the one touched last at the end. */
  readonly #kept = new SvelteMap<string, Draft>();

  constructor() {
    for (const [id, draft] of Object.entries(recall(NAME, isRecord) ?? {})) {
      if (!isRecord(draft) || !isText(draft.message) || !isText(draft.text)) continue;
      const { message, text, to } = draft;
      this.#kept.set(id, { message, text, ...(isText(to) ? { to } : {}) });
    }
  }

  of(conversation: string): Draft | undefined {
    return this.#kept.get(conversation);
  }

  /** Keeps what was typed; nothing typed is no draft. */
  keep(conversation: string, draft: Draft): void {
    if (draft.text.trim() === "") {
      this.drop(conversation);
      return;
    }
    this.#kept.delete(conversation);
    this.#kept.set(conversation, draft);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > DRAFTS_MAX && oldest !== undefined) this.#kept.delete(oldest);
    this.#save();
  }

  drop(conversation: string): void {
    if (this.#kept.delete(conversation)) this.#save();
  }

  #save(): void {
    remember(NAME, Object.fromEntries(this.#kept));
  }
}
