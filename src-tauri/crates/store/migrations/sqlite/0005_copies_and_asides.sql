-- What Sendoff files in Sent itself, and what a server lists and does not give. Times, ids and `n` as
-- in 0001.

-- Copies of what left that are to stand in the account's Sent folder, by the submission that left:
-- `version` with the `Date` of `dated_at`. The state is due, filed or given_up.
CREATE TABLE filings (
    submission INTEGER PRIMARY KEY,
    account    INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    dated_at   INTEGER NOT NULL,
    state      TEXT NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER NOT NULL,
    ended_at   INTEGER,
    why        TEXT
) STRICT;
CREATE INDEX filings_due ON filings (account, due_at) WHERE state = 'due';
CREATE INDEX filings_given_up ON filings (account, ended_at) WHERE state = 'given_up';
CREATE INDEX sent_copies_submission ON sent_copies (submission) WHERE submission IS NOT NULL;

-- Return addresses that carry a token, by half of the digest of the address in small letters.
CREATE TABLE reply_tokens (
    token      BLOB PRIMARY KEY,
    submission INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Messages a server lists and does not give. Until `passed` their folder waits for them; then it goes
-- on, and they are asked for again at `due_at`.
CREATE TABLE put_aside (
    account      INTEGER NOT NULL,
    folder       TEXT NOT NULL,
    uid          INTEGER NOT NULL,
    uid_validity INTEGER NOT NULL,
    octets       INTEGER NOT NULL,
    tries        INTEGER NOT NULL,
    first_at     INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    passed       INTEGER NOT NULL,
    why          TEXT NOT NULL,
    PRIMARY KEY (account, folder, uid)
) STRICT, WITHOUT ROWID;
