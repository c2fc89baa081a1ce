-- What was received, what it is tied to, and who works on it. Times, ids and `n` as in 0001.

-- The bytes of received messages, packed, each once however often it was received.
CREATE TABLE raws (
    n      INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    octets INTEGER NOT NULL,
    packed BLOB NOT NULL
) STRICT;

-- Received messages. `identity` is half of the digest of what makes two arrivals the same message;
-- `reading` is what was read in it, `next` and `done` what followed.
CREATE TABLE inbound (
    n            INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE,
    account      INTEGER NOT NULL,
    identity     BLOB NOT NULL,
    raw          INTEGER NOT NULL,
    folder       TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    uid          INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    mailbox      INTEGER NOT NULL,
    contact      INTEGER,
    submission   INTEGER,
    link         TEXT,
    arrived_at   INTEGER NOT NULL,
    written_at   INTEGER,
    kind         TEXT NOT NULL,
    intent       TEXT NOT NULL,
    corrected    TEXT,
    shelf        TEXT NOT NULL,
    opt_out      INTEGER NOT NULL DEFAULT 0,
    seen_at      INTEGER,
    message_id   TEXT,
    subject      TEXT NOT NULL,
    reading      TEXT NOT NULL,
    next         TEXT NOT NULL,
    done         TEXT NOT NULL,
    journal_seq  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX inbound_identity ON inbound (identity, account);
CREATE INDEX inbound_conversation ON inbound (conversation);
CREATE INDEX inbound_contact ON inbound (contact) WHERE contact IS NOT NULL;
CREATE INDEX inbound_submission ON inbound (submission) WHERE submission IS NOT NULL;
CREATE INDEX inbound_quarantine ON inbound (conversation) WHERE shelf = 'quarantined';
CREATE INDEX inbound_opt_out ON inbound (conversation) WHERE opt_out = 1;

-- Message-IDs of submissions that are not of our making, by half of their digest.
CREATE TABLE client_ids (
    message    BLOB PRIMARY KEY,
    submission INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is on the other side of a thread, whose it is on ours, and where it stands.
ALTER TABLE conversations ADD COLUMN contact INTEGER;
ALTER TABLE conversations ADD COLUMN agent INTEGER;
ALTER TABLE conversations ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN subject_key TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN last_inbound INTEGER;
ALTER TABLE conversations ADD COLUMN received INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;
CREATE INDEX conversations_last ON conversations (last_inbound) WHERE last_inbound IS NOT NULL;
CREATE INDEX submissions_conversation ON submissions (conversation)
    WHERE conversation IS NOT NULL;

-- Received messages somebody is to work on. `agent` is the only one it may go to; without one, any
-- that the mailbox is granted to.
CREATE TABLE replies (
    inbound      INTEGER PRIMARY KEY,
    mailbox      INTEGER NOT NULL,
    agent        INTEGER,
    state        TEXT NOT NULL,
    leased_by    INTEGER,
    leased_until INTEGER,
    leases       INTEGER NOT NULL DEFAULT 0,
    note         TEXT
) STRICT;
CREATE INDEX replies_open ON replies (mailbox, inbound) WHERE state IN ('waiting', 'leased');

-- How far each folder of an account was read.
CREATE TABLE mail_cursors (
    account      INTEGER NOT NULL,
    folder       TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    uid          INTEGER NOT NULL,
    modseq       INTEGER,
    at           INTEGER NOT NULL,
    PRIMARY KEY (account, folder)
) STRICT, WITHOUT ROWID;

-- Deliveries that failed for a reason that may pass.
CREATE TABLE soft_bounces (
    contact INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    inbound INTEGER NOT NULL,
    PRIMARY KEY (contact, at, inbound)
) STRICT, WITHOUT ROWID;

-- Mail seen in a Sent folder: ours where `submission` says so, a person's or a stranger's otherwise.
CREATE TABLE sent_copies (
    n          INTEGER PRIMARY KEY,
    account    INTEGER NOT NULL,
    identity   BLOB NOT NULL,
    mailbox    INTEGER NOT NULL,
    submission INTEGER,
    at         INTEGER NOT NULL,
    written_at INTEGER,
    message_id TEXT,
    subject    TEXT NOT NULL,
    recipients TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sent_copies_identity ON sent_copies (identity, account);

-- What a person should know and has not seen: mail that left around the gate.
CREATE TABLE alarms (
    n       INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    mailbox INTEGER NOT NULL,
    sent    INTEGER,
    seen_at INTEGER
) STRICT;
CREATE INDEX alarms_open ON alarms (n) WHERE seen_at IS NULL;

-- The conversation of a change about received mail, whose own id stands in `submission`.
ALTER TABLE changes ADD COLUMN conversation BLOB;

-- When a contact is back, as they said.
ALTER TABLE contacts ADD COLUMN away_until INTEGER;

-- The word that marks what a stranger wrote for an agent; seen in what the agent sends, it leaked.
ALTER TABLE agents ADD COLUMN canary TEXT;

-- Words of received and sent messages: `rowid` is twice the row of `inbound`, or twice the row of
-- `versions` and one.
CREATE VIRTUAL TABLE texts USING fts5 (
    subject, body, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
