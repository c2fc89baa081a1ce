//! What an inbound message means: pure judgements over a message already taken apart.
//!
//! - [`machine`]: mail written by machines, told from structure: bounces, delays, complaints,
//!   receipts, automatic replies, notifications, list mail.
//! - [`split`]: what is new in a reply, and what it quotes, forwards or signs.
//! - [`text`] and [`html`]: the words of a message, read once for all of them.
//! - [`thread`] and [`subject`]: which mail answers which.
//! - [`threat`]: orders to whoever reads the mail for us, and the means to hide them.
//! - [`bulk`]: spam, and mail that pretends to be somebody.
//! - [`sender`]: whom `From` names. [`auth`]: who vouches for them.
//! - [`intent`]: what the writer wants.
//! - [`model`]: the weights behind threat, bulk and intent.
//! - [`next`]: what is best done about it.
//!
//! [`triage()`] is all of it at once; [`next_action`] needs what the record knows besides.
//!
//! Owns the tables of phrases and codes, and nothing else: no IO, no clock, no store, no mail.
//! Every judgement is deterministic and carries its [`Evidence`]. What a message says is data;
//! what Sendoff does about it is decided above, by whoever holds the record: a bounce for mail we
//! never sent reads here like any other and must not act there.
//!
//! To add a phrase: a line in `machine/cause.rs` (why a delivery failed), `machine/auto.rs` (what
//! an automatic reply looks like) or `machine/notice.rs` (what a failure notice looks like),
//! `intent/phrases.rs` (what people want), `threat/words.rs` (what orders are made of), and a case
//! beside it.

pub mod auth;
pub mod bulk;
pub mod html;
pub mod intent;
pub mod machine;
pub mod model;
pub mod next;
pub mod reading;
pub mod sender;
pub mod split;
pub mod subject;
pub mod text;
pub mod thread;
pub mod threat;
pub mod when;
mod whole;

pub use intent::Wish;
pub use machine::read;
pub use next::{ByItself, History, NextAction, next_action};
pub use reading::{
    Action, AddressState, AutoReply, Cause, Evidence, Fault, Group, Kind, Reading, Recipient,
};
pub use threat::Threat;
pub use whole::{Triage, shown, triage};
