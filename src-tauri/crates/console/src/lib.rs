//! The operator's commands: what a person does and sees, in a window or at a terminal.
//!
//! Owns the table of commands ([`COMMANDS`], one line each in `table.rs`), the view models they
//! answer with, the tags that say which answers a change makes stale, the words on screen, and the
//! local operator socket ([`socket`]). Every building goes through one function, [`rpc`].
//!
//! Knows `engine` and `domain`; not axum, not tauri, not the rooms below. The loopback doors of
//! agents never reach this crate.
//!
//! To give a view data: a function in the file of its area, one line in `table.rs`, then
//! `UPDATE=1 cargo test -p sendoff-console` writes the TypeScript.

mod activity;
mod agents;
mod args;
mod batches;
#[cfg(test)]
mod bindings;
mod dialogue;
mod diff;
mod door;
mod dossier;
mod erasure;
mod frame;
mod html;
mod inbox;
mod mailboxes;
mod marks;
mod oauth;
mod operator;
mod pause;
mod people;
mod pictures;
mod policy;
mod policy_form;
mod policy_lines;
mod queue;
mod record;
mod rehearsal;
mod review;
mod rows;
mod search;
mod settings;
mod snippets;
pub mod socket;
mod submission;
mod suppression_lists;
mod suppressions;
mod table;
pub mod tags;
mod trials;
mod view;
mod words;

pub use domain::{Code, Problem};
pub use door::{DoorState, agents_door, smtp_door, vault_note};
pub use operator::Operator;
pub use record::{gone_words, reworded};
pub use search::FILTERS;
pub use settings::SMTP_PORT_SETTING;
pub use suppression_lists::{ListStretch, list_stretches};
pub use table::{COMMANDS, Command, Loosens, rpc};
pub use words::many;
