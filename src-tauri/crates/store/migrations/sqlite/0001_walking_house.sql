-- Times are microseconds since 1970 (UTC); ids are the 16 bytes of a UUIDv7; `n` is a table's own
-- running number, so that every hot key is appended, never scattered. Wide columns stand last.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The record. Bodies are canonical JSON (RFC 8785).
CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    prev    BLOB NOT NULL,
    hash    BLOB NOT NULL,
    body    TEXT NOT NULL
) STRICT;
CREATE INDEX journal_subject ON journal (subject);
CREATE TRIGGER journal_stands BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is not rewritten'); END;
CREATE TRIGGER journal_stays BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is not shortened'); END;

CREATE TABLE checkpoints (
    seq       INTEGER PRIMARY KEY,
    hash      BLOB NOT NULL,
    at        INTEGER NOT NULL,
    key       TEXT NOT NULL,
    signature BLOB NOT NULL
) STRICT;

-- What was committed, in order, for whoever listens. The oldest are dropped.
CREATE TABLE changes (
    seq        INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    submission BLOB,
    agent      BLOB,
    state      TEXT
) STRICT;

CREATE TABLE workspace (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    paused_at INTEGER
) STRICT;
INSERT INTO workspace (one) VALUES (1);

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE policies (
    version      INTEGER PRIMARY KEY,
    published_at INTEGER NOT NULL,
    text         TEXT NOT NULL
) STRICT;

CREATE TABLE accounts (
    n          INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    settings   TEXT NOT NULL
) STRICT;

CREATE TABLE mailboxes (
    n            INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE,
    address      TEXT NOT NULL UNIQUE COLLATE NOCASE,
    display_name TEXT,
    account      INTEGER NOT NULL,
    paused_at    INTEGER,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE agents (
    n          INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    name       TEXT NOT NULL UNIQUE COLLATE NOCASE,
    token      BLOB NOT NULL UNIQUE,
    level      INTEGER NOT NULL,
    paused_at  INTEGER,
    revoked_at INTEGER,
    expires_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE grants (
    agent   INTEGER NOT NULL,
    mailbox INTEGER NOT NULL,
    level   INTEGER,
    PRIMARY KEY (agent, mailbox)
) STRICT, WITHOUT ROWID;

CREATE TABLE suppressions (
    id         INTEGER PRIMARY KEY,
    pattern    TEXT NOT NULL,
    scope      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    note       TEXT,
    added_by   TEXT NOT NULL,
    added_at   INTEGER NOT NULL,
    expires_at INTEGER,
    lifted_at  INTEGER,
    lift_note  TEXT,
    salt       BLOB NOT NULL
) STRICT;
CREATE INDEX suppressions_pattern ON suppressions (pattern) WHERE lifted_at IS NULL;

-- One remote address (folded) and what we know of it.
CREATE TABLE contacts (
    n            INTEGER PRIMARY KEY,
    folded       TEXT NOT NULL UNIQUE,
    delivered_at INTEGER,
    bounced_at   INTEGER,
    wrote_at     INTEGER,
    inbound_at   INTEGER
) STRICT;

-- `state_at` is the state's own time: expiry of a hold, slot of a deferral, due time of a queued
-- one, otherwise when it came about. `live` marks what counts as a first for duplicates, `content`
-- is the first half of its content's digest.
CREATE TABLE submissions (
    n                 INTEGER PRIMARY KEY,
    id                BLOB NOT NULL UNIQUE,
    agent             INTEGER NOT NULL,
    mailbox           INTEGER NOT NULL,
    state             TEXT NOT NULL,
    state_at          INTEGER NOT NULL,
    snoozed_until     INTEGER,
    attempt           BLOB,
    state_reason      TEXT,
    live              INTEGER NOT NULL,
    version           INTEGER NOT NULL,
    version_n         INTEGER NOT NULL,
    content           BLOB NOT NULL,
    stream            TEXT NOT NULL,
    keyed             INTEGER NOT NULL,
    asked_at          INTEGER NOT NULL,
    changed_at        INTEGER NOT NULL,
    send_at           INTEGER,
    send_by           INTEGER NOT NULL,
    slot              INTEGER,
    commit_seq        INTEGER,
    decision_n        INTEGER NOT NULL,
    attempts          INTEGER NOT NULL,
    first_attempt_at  INTEGER,
    leased_until      INTEGER,
    seen              INTEGER NOT NULL,
    seq               INTEGER NOT NULL,
    journal_seq       INTEGER NOT NULL,
    approved_hash     BLOB,
    approved_at       INTEGER,
    approved_decision BLOB,
    review            TEXT,
    review_at         INTEGER,
    review_reason     TEXT,
    answered          TEXT
) STRICT;
CREATE INDEX submissions_agent ON submissions (agent);
CREATE INDEX submissions_state ON submissions (state);
CREATE INDEX submissions_held ON submissions (state_at) WHERE state = 'held';
CREATE INDEX submissions_outbox ON submissions (state_at, agent, mailbox, leased_until)
    WHERE state IN ('queued', 'deferred');
CREATE INDEX submissions_send_by ON submissions (send_by)
    WHERE state IN ('queued', 'deferred') AND attempts = 0;
CREATE INDEX submissions_content ON submissions (content) WHERE live = 1;

-- What would leave, version by version. `draft` lacks the bytes of attachments.
CREATE TABLE versions (
    n          INTEGER PRIMARY KEY,
    submission INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    by         TEXT NOT NULL,
    hash       BLOB NOT NULL,
    message_id TEXT NOT NULL,
    subject    TEXT NOT NULL,
    reason     TEXT,
    tags       TEXT NOT NULL,
    scan       TEXT NOT NULL,
    envelope   TEXT NOT NULL,
    draft      TEXT NOT NULL,
    sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX versions_submission ON versions (submission);

CREATE TABLE attachments (
    n        INTEGER PRIMARY KEY,
    version  INTEGER NOT NULL,
    content  BLOB NOT NULL
) STRICT;
CREATE INDEX attachments_version ON attachments (version);

CREATE TABLE recipients (
    submission INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    contact    INTEGER NOT NULL,
    address    TEXT NOT NULL,
    role       TEXT NOT NULL,
    state      TEXT NOT NULL,
    reply      TEXT,
    PRIMARY KEY (submission, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipients_contact ON recipients (contact);

-- `decision` and `facts` are the exact bytes the journal's salted digest covers; `usage` is the
-- packed part of the facts.
CREATE TABLE decisions (
    n            INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE,
    submission   INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    moment       TEXT NOT NULL,
    verdict      TEXT NOT NULL,
    policy       INTEGER NOT NULL,
    journal_seq  INTEGER NOT NULL,
    primary_rule TEXT,
    sentence     TEXT,
    salt         BLOB NOT NULL,
    decision     TEXT NOT NULL,
    facts        TEXT NOT NULL,
    usage        BLOB NOT NULL
) STRICT;
CREATE INDEX decisions_submission ON decisions (submission);

CREATE TABLE attempts (
    n            INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE,
    submission   INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    started_at   INTEGER NOT NULL,
    leased_until INTEGER NOT NULL,
    final_dot_at INTEGER,
    ended_at     INTEGER,
    salt         BLOB NOT NULL,
    outcome      TEXT
) STRICT;
CREATE INDEX attempts_submission ON attempts (submission);
CREATE INDEX attempts_open ON attempts (leased_until) WHERE ended_at IS NULL;

-- Idempotency keys, as keyed digests cut to 16 octets, for good.
CREATE TABLE dedupe (
    digest     BLOB PRIMARY KEY,
    submission INTEGER NOT NULL,
    request    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Slots taken and promised: scope 0 workspace, 1 mailbox, 2 agent; span 0 minute … 3 month.
CREATE TABLE usage (
    scope  INTEGER NOT NULL,
    key    INTEGER NOT NULL,
    span   INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (scope, key, span, bucket)
) STRICT, WITHOUT ROWID;

-- How many submissions of an agent stand in a state that waits for something.
CREATE TABLE tallies (
    agent INTEGER NOT NULL,
    state TEXT NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (agent, state)
) STRICT, WITHOUT ROWID;

-- Sends committed to leave, or left, per contact; `at` is the slot.
CREATE TABLE contact_sends (
    contact    INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    submission INTEGER NOT NULL,
    agent      INTEGER NOT NULL,
    commit_seq INTEGER NOT NULL,
    PRIMARY KEY (contact, at, submission)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_sends_agent ON contact_sends (contact, agent, at);
