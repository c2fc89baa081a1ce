//! The door as its visitors meet it: a real engine in memory behind the real router, most of it
//! without a socket, some of it over real ones.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do; clippy only knows the functions marked as tests"
)]

mod asks;
mod doors;
mod events;
mod guard;
mod headers;
mod lapse;
mod looks;
mod mcp;
mod mcp_inbox;
mod openapi;
mod postmark;
mod ratchet;
mod refusals;
mod resend;
mod rules;
mod slow;
mod support;
mod talk;
mod wire;
