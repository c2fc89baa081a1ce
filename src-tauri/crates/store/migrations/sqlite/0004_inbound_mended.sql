-- What reviews of received mail asked for. Times, ids and `n` as in 0001.

-- True if a take-over alone put it with a person: handed back, it waits for agents again.
ALTER TABLE replies ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
CREATE INDEX replies_taken ON replies (inbound) WHERE taken = 1;
CREATE INDEX replies_person ON replies (inbound) WHERE state = 'person';

-- The message whose score `injection` is.
ALTER TABLE conversations ADD COLUMN injection_id TEXT;
CREATE INDEX inbound_shelved ON inbound (conversation, n) WHERE shelf <> 'clear';

-- Nobody fills or reads them.
ALTER TABLE contacts DROP COLUMN zone;
ALTER TABLE contacts DROP COLUMN away_until;
