//! The operator's commands against a real engine in memory.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a surprise in a test is a failed test"
)]

mod answers;
mod connected;
mod each;
mod erasure;
mod looking;
mod marked;
mod operator;
mod people;
mod review;
mod rules;
mod set_up;
mod world;
