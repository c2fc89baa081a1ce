//! The operator's commands against a real engine in memory.

#![allow(clippy::unwrap_used, reason = "a surprise in a test is a failed test")]

mod erasure;
mod looking;
mod operator;
mod review;
mod rules;
mod set_up;
mod world;
