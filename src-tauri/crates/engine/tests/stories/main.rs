//! What the engine promises, told as stories: the whole engine, a clock that a test moves, and the
//! rehearsal relay with its ill-behaved recipients. Each file is one part of the promise.

#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a surprise in a test is a failed test"
)]

mod world;

mod copies;
mod crowd;
mod delivery;
mod erased_export;
mod growing;
mod heard;
mod imap;
mod limits;
mod oauth;
mod odd_mail;
mod pause;
mod provider;
mod reading;
mod record;
mod rehearsal;
mod review;
mod search;
mod suppression;
mod warmup;
