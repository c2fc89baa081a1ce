//! Every step of a delivery against a server that follows a script: what the outcome says, what
//! the server heard, and whether the last dot was asked for.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

mod breaks;
mod case;
mod cleared;
mod delivery;
mod encryption;
mod gate;
mod login;
mod server;
