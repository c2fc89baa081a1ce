//! The room that owns SQL: whole operations in domain words, each one transaction.
//!
//! Owns the database file, its lock and its migrations, the journal's chain, the counters, the
//! outbox and the change numbers. Must not know policy, mail or engine: whoever calls brings the
//! judgement as a function, and it runs between the store's own reads and writes.
//!
//! One writer thread takes the first job, then what arrived meanwhile, one savepoint each, one
//! COMMIT with `synchronous=FULL`; then it replies, then it announces. Reads come from a small
//! pool of snapshots. Nothing here asks what time it is.
//!
//! To change the schema: the next `migrations/sqlite/NNNN_x.sql`, a line in `sqlite/open.rs`, and
//! `UPDATE=1 cargo test -p sendoff-store` for the golden `schema.sqlite.sql`.
//! To let rules see a new fact: a field in `domain::facts`, its read in `sqlite/facts.rs`.

mod admission;
mod again;
mod asks;
mod copy;
mod counted;
mod dispatch;
mod erasure;
mod error;
mod expiry;
mod finding;
mod handle;
mod inbound;
mod lists;
mod lookback;
mod message;
mod operator;
mod outcome;
mod people;
mod reads;
mod reads_setup;
mod receipts;
mod repeat;
mod replay;
mod reply;
mod review;
mod rows;
mod settle;
mod setup;
mod signals;
mod sqlite;
mod talk;
mod trust;
mod verify;
mod zones;

pub use asks::{
    Admit, Approve, ClaimAsk, Finish, HeldOnes, ListFilter, ListOrder, NewSuppression, PauseScope,
    Retry, Revise,
};
pub use copy::{
    CopyRow, ExportItem, ExportScope, ExportedDecision, ExportedGone, ExportedMessage,
    ExportedReceived, Exporting,
};
pub use counted::PeopleList;
pub use erasure::retain::{Aged, RetainFrom, Retained};
pub use erasure::{Gone, Inside, Kept, Naming, Opens, Taking};
pub use error::StoreError;
pub use finding::{Find, SEARCH_LOOK_MAX, SEARCH_WORDS_MAX, Search};
pub use handle::Store;
pub use inbound::asks::{
    ClaimReply, ConversationFilter, ConversationTab, Ingest, Place, SentSeen, Withheld,
};
pub use inbound::listing::CONVERSATION_LOOK_MAX;
pub use inbound::reads::STORY_MAX;
pub use inbound::rows::{
    AlarmRow, AsideRow, ConversationRow, ConversationStory, Filing, FilingStanding, InboundRow,
    InboxCounts, Ingested, MailCursor, ReplyRow, ReplyState, SentJudged, ThreadPlace,
};
pub use lists::{HeldBy, LIST_LOOK_MAX};
pub use lookback::AskedRow;
pub use people::{ConsentRow, InHand, RecipientRule, RecipientRules};
pub use receipts::{Receipts, Would};
pub use replay::{Flip, FlipCount, Replay, ReplayAsk};
pub use reply::Reply;
pub use rows::{
    Admission, Answer, Approval, Changes, Checkpoint, Claim, Counts, Cursor, CursorError,
    DecisionRow, Departure, Expired, Note, NoteRow, Page, PublishedPolicy, RecipientRow, Recovered,
    Review, ReviewRow, Role, StoryRows, SubmissionRow, VersionRow,
};
pub use signals::Heeded;
pub use trust::{NamedKey, Record};
pub use verify::{Again, Divergence, GoneCount, VerifyReport};
pub use zones::ContactZone;

#[cfg(test)]
extern crate self as store;
#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;
#[cfg(test)]
mod disk_full_tests;
