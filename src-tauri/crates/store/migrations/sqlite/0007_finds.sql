-- Search over everything: one document for each submission (its subjects, people and texts in
-- every version, what was decided and said about it) and for each received message. `rowid` is
-- the number of the journal entry with which it began: `submission.submitted`, `inbound.arrived`.
-- Who erases a thing has it indexed anew (`Tx::refind`), from its rows as they stand then.
--
-- Filled by following the journal from its beginning; `meta.finds_seq` says how far that is.
CREATE VIRTUAL TABLE finds USING fts5 (
    subject, people, body, said,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
