//! SQLite: files, the writer, the readers, and how domain values stand in rows.

pub(crate) mod codec;
pub(crate) mod directory;
pub(crate) mod facts;
pub(crate) mod fault;
pub(crate) mod known;
pub(crate) mod ledger;
pub(crate) mod open;
pub(crate) mod people;
pub(crate) mod readers;
pub(crate) mod sketches;
pub(crate) mod spend;
pub(crate) mod submissions;
pub(crate) mod tx;
pub(crate) mod usage;
pub(crate) mod writer;
