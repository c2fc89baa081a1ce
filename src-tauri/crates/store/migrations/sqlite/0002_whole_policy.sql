-- What the whole policy looks at. Times, ids and `n` as in 0001; ingest fills what comes from
-- inbound mail, and rules read every table here by key or in one bounded range.

-- What a person and an agent said to each other about a submission, and why a block was released.
CREATE TABLE notes (
    n           INTEGER PRIMARY KEY,
    submission  INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    by          TEXT NOT NULL,
    kind        TEXT NOT NULL,
    journal_seq INTEGER NOT NULL,
    salt        BLOB NOT NULL,
    text        TEXT NOT NULL
) STRICT;
CREATE INDEX notes_submission ON notes (submission);

-- Findings whose block a person has released for exactly the approved bytes.
ALTER TABLE submissions ADD COLUMN released TEXT;
-- The inbound message its agent said was the latest it had read.
ALTER TABLE submissions ADD COLUMN if_latest TEXT;
-- The thread it continues, if it continues one.
ALTER TABLE submissions ADD COLUMN conversation INTEGER;
-- Risk points it spends of its agent's budget while it is committed to leave.
ALTER TABLE submissions ADD COLUMN points INTEGER NOT NULL DEFAULT 0;

-- What became of an agent's asks since its level was last set by a person.
CREATE TABLE receipts (
    agent INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (agent, kind)
) STRICT, WITHOUT ROWID;

-- True if the agent may write to nobody but those its recipient rows allow.
ALTER TABLE agents ADD COLUMN listed_only INTEGER NOT NULL DEFAULT 0;
-- When Sendoff last lowered it by itself.
ALTER TABLE agents ADD COLUMN lowered_at INTEGER;

-- Addresses and @domains an agent may write to, or must not.
CREATE TABLE agent_recipients (
    id         INTEGER PRIMARY KEY,
    agent      INTEGER NOT NULL,
    pattern    TEXT NOT NULL,
    allowed    INTEGER NOT NULL,
    added_at   INTEGER NOT NULL,
    expires_at INTEGER,
    removed_at INTEGER,
    salt       BLOB NOT NULL
) STRICT;
CREATE INDEX agent_recipients_pattern ON agent_recipients (agent, pattern)
    WHERE removed_at IS NULL;

-- Who agreed to receive marketing, and how we know.
CREATE TABLE consents (
    id          INTEGER PRIMARY KEY,
    contact     INTEGER NOT NULL,
    source      TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    expires_at  INTEGER,
    ended_at    INTEGER,
    salt        BLOB NOT NULL
) STRICT;
CREATE INDEX consents_contact ON consents (contact) WHERE ended_at IS NULL;

-- What a person holds in their own hands: a conversation, or a contact for a mailbox.
CREATE TABLE takeovers (
    id           INTEGER PRIMARY KEY,
    mailbox      INTEGER NOT NULL,
    conversation INTEGER,
    contact      INTEGER,
    at           INTEGER NOT NULL,
    ended_at     INTEGER,
    salt         BLOB NOT NULL,
    note         TEXT
) STRICT;
CREATE INDEX takeovers_contact ON takeovers (contact, mailbox)
    WHERE ended_at IS NULL AND contact IS NOT NULL;
CREATE INDEX takeovers_conversation ON takeovers (conversation)
    WHERE ended_at IS NULL AND conversation IS NOT NULL;

-- A thread of mail in a mailbox. `inbound_*` is the newest message somebody else wrote in it;
-- `injection` the highest score of any of them, in basis points; `person_at` when a person of ours
-- last wrote in it.
CREATE TABLE conversations (
    n          INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    mailbox    INTEGER NOT NULL,
    inbound_at INTEGER,
    inbound_id TEXT,
    tainted_at INTEGER,
    injection  INTEGER NOT NULL DEFAULT 0,
    person_at  INTEGER
) STRICT;

-- The thread a Message-ID belongs to, ours or theirs; keyed by half of its digest.
CREATE TABLE threads (
    message      BLOB PRIMARY KEY,
    conversation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The newest message of a thread that an agent was shown.
CREATE TABLE conversation_reads (
    conversation INTEGER NOT NULL,
    agent        INTEGER NOT NULL,
    inbound_at   INTEGER NOT NULL,
    PRIMARY KEY (conversation, agent)
) STRICT, WITHOUT ROWID;

-- When a person of ours last wrote to them, and in which zone their day runs (IANA).
ALTER TABLE contacts ADD COLUMN person_at INTEGER;
ALTER TABLE contacts ADD COLUMN zone TEXT;

-- Mail domains, ours and theirs: since when we send from one, since when we write to one (and which
-- submission was the first, under which journal entry), since when a contact there is established.
CREATE TABLE domains (
    n          INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    sends_at   INTEGER,
    written_at INTEGER,
    written_by INTEGER,
    commit_seq INTEGER,
    known_at   INTEGER
) STRICT;

-- A known domain under every key it could be mistaken by (`domain::lookalike`).
CREATE TABLE domain_keys (
    key    TEXT NOT NULL,
    domain INTEGER NOT NULL,
    PRIMARY KEY (key, domain)
) STRICT, WITHOUT ROWID;

-- Recipients at a domain, by minute: what its hourly throttle counts.
CREATE TABLE domain_hours (
    domain INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (domain, bucket)
) STRICT, WITHOUT ROWID;

-- Risk points of an agent's sends, by hour.
CREATE TABLE risk_hours (
    agent  INTEGER NOT NULL,
    hour   INTEGER NOT NULL,
    points INTEGER NOT NULL,
    PRIMARY KEY (agent, hour)
) STRICT, WITHOUT ROWID;

-- Recipients of mail from one of our domains, by UTC day: what warm-up counts.
CREATE TABLE warmup (
    domain INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (domain, day)
) STRICT, WITHOUT ROWID;

-- Hosts we have linked to, and hosts that first reached us in strangers' mail.
CREATE TABLE known_hosts (
    host       TEXT PRIMARY KEY,
    submission INTEGER NOT NULL,
    commit_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE stranger_hosts (
    host TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a submission's text looks like, for comparing it with the next.
CREATE TABLE sketches (
    submission INTEGER PRIMARY KEY,
    sketch     BLOB NOT NULL
) STRICT;

-- The last texts of an agent that a person approved: a ring, oldest overwritten.
CREATE TABLE approved_sketches (
    agent  INTEGER NOT NULL,
    place  INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    sketch BLOB NOT NULL,
    PRIMARY KEY (agent, place)
) STRICT, WITHOUT ROWID;

-- How mail is received, in buckets of six hours: scope 1 mailbox, 2 agent, as in `usage`.
CREATE TABLE signals (
    scope        INTEGER NOT NULL,
    key          INTEGER NOT NULL,
    bucket       INTEGER NOT NULL,
    sent         INTEGER NOT NULL DEFAULT 0,
    hard_bounces INTEGER NOT NULL DEFAULT 0,
    complaints   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (scope, key, bucket)
) STRICT, WITHOUT ROWID;

-- What an agent has sent is tallied too.
INSERT INTO tallies (agent, state, n)
    SELECT agent, 'sent', COUNT(*) FROM submissions WHERE state = 'sent' GROUP BY agent;
