-- A message may be in a conversation of another mailbox than the one it leaves from. Which conversations
-- a mailbox has a part in is in an index: no message is read for it.

DROP INDEX submissions_conversation;
CREATE INDEX submissions_conversation ON submissions (conversation, mailbox)
    WHERE conversation IS NOT NULL;
