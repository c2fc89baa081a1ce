//! Received mail: one transaction per message, and what is read, done and worked on afterwards.
//!
//! - `ingest`: a message arrives. Known before: nothing happens. New: linked, threaded, kept, its
//!   plan carried out, journaled, the cursor moved, all in one transaction.
//! - `link`: what of ours a message is tied to.
//! - `effects`: what follows by itself: bounces, opt-outs, absences. `meanwhile`: the same for mail
//!   that was still on the wire.
//! - `replies`: leases for whoever works on them. `person`: what a person decides about them.
//! - `sent`: copies in Sent folders, and mail that went around the gate.
//! - `filing`: copies Sendoff files in Sent itself. `aside`: what a server lists and does not give.
//! - `reads`, `listing`: conversations and messages as they stand. `shown`: what agents see of them.

mod aside;
pub(crate) mod asks;
mod effects;
mod filing;
mod hand;
mod ingest;
mod link;
pub(crate) mod listing;
mod meanwhile;
pub(crate) mod pack;
mod person;
pub(crate) mod reads;
mod replies;
pub(crate) mod rows;
mod sent;
mod shown;

pub(crate) use link::{is_foreign, message_key};
pub(crate) use reads::conversation_n;
