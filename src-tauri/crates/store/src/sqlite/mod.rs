//! SQLite: files, the writer, the readers, and how domain values stand in rows.

pub(crate) mod codec;
pub(crate) mod directory;
pub(crate) mod facts;
pub(crate) mod fault;
pub(crate) mod ledger;
pub(crate) mod open;
pub(crate) mod readers;
pub(crate) mod submissions;
pub(crate) mod tx;
pub(crate) mod usage;
pub(crate) mod writer;
