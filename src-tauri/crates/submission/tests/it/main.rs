//! The SMTP door, spoken to by hand over a real loopback connection.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a surprise in a test is a failed test, and the door under test needs a task of its own"
)]

mod answers;
mod client;
mod conversation;
mod encryption;
mod garbage;
mod headers;
mod ratchet;
mod refusals;
mod retries;
mod shares;
