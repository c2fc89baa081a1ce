// A conversation read further back: pages put before what is on screen, nothing lost between them
// and nothing twice.

import type { ConversationDetail, InboxBefore, ThreadItem } from "../../bindings";

const idOf = (item: ThreadItem) => item.inbound?.id ?? item.outbound?.id ?? "";

/** The oldest message of each direction: where the page further back ends. */
export function oldest(detail: ConversationDetail): InboxBefore {
  const received = detail.messages.find((item) => item.inbound)?.inbound?.id;
  const sent = detail.messages.find((item) => item.outbound)?.outbound?.id;
  return { ...(received ? { received } : {}), ...(sent ? { sent } : {}) };
}

/** The newest messages with the pages before them. A page that is not there yet ends it. */
export function withEarlier(
  newest: ConversationDetail,
  pages: readonly (readonly [InboxBefore, ConversationDetail | undefined])[],
): ConversationDetail {
  let { messages, has_earlier } = newest;
  for (const [before, page] of pages) {
    const has = new Set(messages.map(idOf));
    // So much came meanwhile that the newest no longer reach back to this page: a gap, if it were
    // shown. It can be asked for anew.
    const joins = [before.received, before.sent].every((id) => id === undefined || has.has(id));
    if (!page || !joins) break;
    messages = [...page.messages.filter((item) => !has.has(idOf(item))), ...messages];
    messages.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    has_earlier = page.has_earlier;
  }
  return { ...newest, messages, has_earlier };
}
