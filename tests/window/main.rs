//! The real window, driven: a display, a bus, Postfix and Dovecot, and the application as built.
//!
//! Set `SENDOFF_PICTURES` to a folder to keep what the window looked like on the way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a surprise in a test is a failed test"
)]

mod opened;

mod outside;
mod review;
mod settled;
mod walk;
mod whole;
