-- In which time zone a contact's day runs (an IANA name), as a person set it: quiet hours go by it.
-- Times and ids as in 0001.

CREATE TABLE contact_zones (
    id       INTEGER PRIMARY KEY,
    contact  INTEGER NOT NULL,
    zone     TEXT NOT NULL,
    set_at   INTEGER NOT NULL,
    ended_at INTEGER,
    salt     BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX contact_zones_live ON contact_zones (contact) WHERE ended_at IS NULL;
