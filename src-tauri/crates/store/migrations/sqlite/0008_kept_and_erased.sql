-- What was taken out of the record's surroundings on purpose, and what stands for it.

-- `about` is 0 for a submission and 1 for a received message, `n` its row; `what` is 0 bodies, 1 raw
-- bytes, 2 attachments, 3 everything. `seq` is the journal entry that names it: without one that
-- does, a text that is missing was tampered with.
CREATE TABLE gone (
    about INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    what  INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (about, n, what)
) STRICT, WITHOUT ROWID;

-- Bytes that arrived twice are kept once: they go with the last message that has them.
CREATE INDEX inbound_raw ON inbound (raw);
