-- Since when an account's mail is read: what came before is history. Accounts that are read already
-- were read as if from when they were made.
ALTER TABLE accounts ADD COLUMN read_since INTEGER;
UPDATE accounts SET read_since = created_at WHERE json_type(settings, '$.imap') = 'object';
