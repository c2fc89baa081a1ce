-- Written by `UPDATE=1 cargo test -p sendoff-store`; do not edit.

CREATE TABLE accounts (
    n          INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    settings   TEXT NOT NULL
, read_since INTEGER) STRICT;

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
, listed_only INTEGER NOT NULL DEFAULT 0, lowered_at INTEGER, canary TEXT) STRICT;

CREATE TABLE alarms (
    n       INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    mailbox INTEGER NOT NULL,
    sent    INTEGER,
    seen_at INTEGER
) STRICT;

CREATE INDEX alarms_open ON alarms (n) WHERE seen_at IS NULL;

CREATE TABLE approved_sketches (
    agent  INTEGER NOT NULL,
    place  INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    sketch BLOB NOT NULL,
    PRIMARY KEY (agent, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachments (
    n        INTEGER PRIMARY KEY,
    version  INTEGER NOT NULL,
    content  BLOB NOT NULL
) STRICT;

CREATE INDEX attachments_version ON attachments (version);

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

CREATE INDEX attempts_open ON attempts (leased_until) WHERE ended_at IS NULL;

CREATE INDEX attempts_submission ON attempts (submission);

CREATE TABLE changes (
    seq        INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    submission BLOB,
    agent      BLOB,
    state      TEXT
, conversation BLOB) STRICT;

CREATE TABLE checkpoints (
    seq       INTEGER PRIMARY KEY,
    hash      BLOB NOT NULL,
    at        INTEGER NOT NULL,
    key       TEXT NOT NULL,
    signature BLOB NOT NULL
) STRICT;

CREATE TABLE client_ids (
    message    BLOB PRIMARY KEY,
    submission INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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

CREATE TABLE contact_sends (
    contact    INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    submission INTEGER NOT NULL,
    agent      INTEGER NOT NULL,
    commit_seq INTEGER NOT NULL,
    PRIMARY KEY (contact, at, submission)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_sends_agent ON contact_sends (contact, agent, at);

CREATE TABLE contact_zones (
    id       INTEGER PRIMARY KEY,
    contact  INTEGER NOT NULL,
    zone     TEXT NOT NULL,
    set_at   INTEGER NOT NULL,
    ended_at INTEGER,
    salt     BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX contact_zones_live ON contact_zones (contact) WHERE ended_at IS NULL;

CREATE TABLE contacts (
    n            INTEGER PRIMARY KEY,
    folded       TEXT NOT NULL UNIQUE,
    delivered_at INTEGER,
    bounced_at   INTEGER,
    wrote_at     INTEGER,
    inbound_at   INTEGER
, person_at INTEGER) STRICT;

CREATE TABLE conversation_reads (
    conversation INTEGER NOT NULL,
    agent        INTEGER NOT NULL,
    inbound_at   INTEGER NOT NULL,
    PRIMARY KEY (conversation, agent)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
    n          INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    mailbox    INTEGER NOT NULL,
    inbound_at INTEGER,
    inbound_id TEXT,
    tainted_at INTEGER,
    injection  INTEGER NOT NULL DEFAULT 0,
    person_at  INTEGER
, contact INTEGER, agent INTEGER, subject TEXT NOT NULL DEFAULT '', subject_key TEXT NOT NULL DEFAULT '', last_inbound INTEGER, received INTEGER NOT NULL DEFAULT 0, unread INTEGER NOT NULL DEFAULT 0, injection_id TEXT) STRICT;

CREATE INDEX conversations_last ON conversations (last_inbound, mailbox, unread)
    WHERE last_inbound IS NOT NULL;

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

CREATE TABLE dedupe (
    digest     BLOB PRIMARY KEY,
    submission INTEGER NOT NULL,
    request    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE domain_hours (
    domain INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (domain, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE domain_keys (
    key    TEXT NOT NULL,
    domain INTEGER NOT NULL,
    PRIMARY KEY (key, domain)
) STRICT, WITHOUT ROWID;

CREATE TABLE domains (
    n          INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    sends_at   INTEGER,
    written_at INTEGER,
    written_by INTEGER,
    commit_seq INTEGER,
    known_at   INTEGER
) STRICT;

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

CREATE VIRTUAL TABLE finds USING fts5 (
    subject, people, body, said,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE gone (
    about INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    what  INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (about, n, what)
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
    agent   INTEGER NOT NULL,
    mailbox INTEGER NOT NULL,
    level   INTEGER,
    PRIMARY KEY (agent, mailbox)
) STRICT, WITHOUT ROWID;

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

CREATE INDEX inbound_contact ON inbound (contact) WHERE contact IS NOT NULL;

CREATE INDEX inbound_conversation ON inbound
    (conversation, n, arrived_at, mailbox, contact, seen_at, intent, corrected);

CREATE UNIQUE INDEX inbound_identity ON inbound (identity, account);

CREATE INDEX inbound_opt_out ON inbound (conversation) WHERE opt_out = 1;

CREATE INDEX inbound_quarantine ON inbound (conversation) WHERE shelf = 'quarantined';

CREATE INDEX inbound_raw ON inbound (raw);

CREATE INDEX inbound_shelved ON inbound (conversation, n) WHERE shelf <> 'clear';

CREATE INDEX inbound_submission ON inbound (submission) WHERE submission IS NOT NULL;

CREATE INDEX inbound_with_files ON inbound (conversation)
    WHERE json_array_length(reading, '$.files') > 0;

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

CREATE TRIGGER journal_stands BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is not rewritten'); END;

CREATE TRIGGER journal_stays BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is not shortened'); END;

CREATE INDEX journal_subject ON journal (subject);

CREATE TABLE known_hosts (
    host       TEXT PRIMARY KEY,
    submission INTEGER NOT NULL,
    commit_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mail_cursors (
    account      INTEGER NOT NULL,
    folder       TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    uid          INTEGER NOT NULL,
    modseq       INTEGER,
    at           INTEGER NOT NULL,
    PRIMARY KEY (account, folder)
) STRICT, WITHOUT ROWID;

CREATE TABLE mailboxes (
    n            INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE,
    address      TEXT NOT NULL UNIQUE COLLATE NOCASE,
    display_name TEXT,
    account      INTEGER NOT NULL,
    paused_at    INTEGER,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

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

CREATE TABLE policies (
    version      INTEGER PRIMARY KEY,
    published_at INTEGER NOT NULL,
    text         TEXT NOT NULL
) STRICT;

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

CREATE TABLE raws (
    n      INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    octets INTEGER NOT NULL,
    packed BLOB NOT NULL
) STRICT;

CREATE TABLE receipts (
    agent INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (agent, kind)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE replies (
    inbound      INTEGER PRIMARY KEY,
    mailbox      INTEGER NOT NULL,
    agent        INTEGER,
    state        TEXT NOT NULL,
    leased_by    INTEGER,
    leased_until INTEGER,
    leases       INTEGER NOT NULL DEFAULT 0,
    note         TEXT
, taken INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE INDEX replies_open ON replies (mailbox, inbound) WHERE state IN ('waiting', 'leased');

CREATE INDEX replies_person ON replies (inbound) WHERE state = 'person';

CREATE INDEX replies_taken ON replies (inbound) WHERE taken = 1;

CREATE TABLE reply_tokens (
    token      BLOB PRIMARY KEY,
    submission INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE risk_hours (
    agent  INTEGER NOT NULL,
    hour   INTEGER NOT NULL,
    points INTEGER NOT NULL,
    PRIMARY KEY (agent, hour)
) STRICT, WITHOUT ROWID;

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

CREATE INDEX sent_copies_submission ON sent_copies (submission) WHERE submission IS NOT NULL;

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signals (
    scope        INTEGER NOT NULL,
    key          INTEGER NOT NULL,
    bucket       INTEGER NOT NULL,
    sent         INTEGER NOT NULL DEFAULT 0,
    hard_bounces INTEGER NOT NULL DEFAULT 0,
    complaints   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (scope, key, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE sketches (
    submission INTEGER PRIMARY KEY,
    sketch     BLOB NOT NULL
) STRICT;

CREATE TABLE soft_bounces (
    contact INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    inbound INTEGER NOT NULL,
    PRIMARY KEY (contact, at, inbound)
) STRICT, WITHOUT ROWID;

CREATE TABLE stranger_hosts (
    host TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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
, released TEXT, if_latest TEXT, conversation INTEGER, points INTEGER NOT NULL DEFAULT 0, approved_tried INTEGER NOT NULL DEFAULT 0, salt BLOB) STRICT;

CREATE INDEX submissions_agent ON submissions (agent);

CREATE INDEX submissions_content ON submissions (content) WHERE live = 1;

CREATE INDEX submissions_conversation ON submissions (conversation, mailbox)
    WHERE conversation IS NOT NULL;

CREATE INDEX submissions_held ON submissions (state_at) WHERE state = 'held';

CREATE INDEX submissions_outbox
    ON submissions (mailbox, agent, MAX(state_at, COALESCE(leased_until, state_at)))
    WHERE state IN ('queued', 'deferred');

CREATE INDEX submissions_send_by ON submissions (send_by)
    WHERE state IN ('queued', 'deferred') AND attempts = 0;

CREATE INDEX submissions_snoozed ON submissions (snoozed_until)
    WHERE state = 'held' AND snoozed_until IS NOT NULL;

CREATE INDEX submissions_state ON submissions (state);

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

CREATE TABLE tallies (
    agent INTEGER NOT NULL,
    state TEXT NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (agent, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE threads (
    message      BLOB PRIMARY KEY,
    conversation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
    scope  INTEGER NOT NULL,
    key    INTEGER NOT NULL,
    span   INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (scope, key, span, bucket)
) STRICT, WITHOUT ROWID;

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
, salt BLOB) STRICT;

CREATE INDEX versions_submission ON versions (submission);

CREATE TABLE warmup (
    domain INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (domain, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE workspace (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    paused_at INTEGER
) STRICT;
