//! Stories: one sentence each, through the doors a user has, with real processes and a real relay
//! where something leaves. What must not happen is told with the same care.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    reason = "a surprise in a test is a failed test"
)]

mod attacks;
mod backfill;
mod bad_input;
mod crowded;
mod inbound;
mod inbound_more;
mod limits;
mod operator;
mod over_postfix;
mod policy;
mod post;
mod record;
mod reported;
mod review;
mod rules_over_postfix;
mod smtp_door;
mod trials;
mod walk;
mod world;
