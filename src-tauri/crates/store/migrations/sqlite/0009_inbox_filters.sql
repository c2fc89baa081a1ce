-- Filters of the inbox look at many conversations, and at every message in each: what they ask is in
-- an index, so that no message is read for it. Its texts make a message several pages long.

DROP INDEX inbound_conversation;
CREATE INDEX inbound_conversation ON inbound
    (conversation, n, arrived_at, mailbox, contact, seen_at, intent, corrected);

CREATE INDEX inbound_with_files ON inbound (conversation)
    WHERE json_array_length(reading, '$.files') > 0;

DROP INDEX conversations_last;
CREATE INDEX conversations_last ON conversations (last_inbound, mailbox, unread)
    WHERE last_inbound IS NOT NULL;
