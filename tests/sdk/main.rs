//! Published clients of other services, unmodified, pointed at the doors: `cargo xtask test`
//! installs them from npm and PyPI at the locked versions.
//!
//! `drivers/` holds one small program per client that turns a JSON line into one call of it; what
//! is asked and what must come of it is written here, once for all of them, and what leaves goes
//! over a real Postfix to a real Dovecot. `snippets/` holds what the README and the window show,
//! and is run here as it is shown.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    reason = "a surprise in a test is a failed test"
)]

mod cases;
mod driver;
mod office;
mod schema;
mod snippets;

use driver::Client;
use driver::Idiom::{Mcp, Postmark, Resend};

#[test]
fn the_resend_client_for_node_works_unmodified() {
    cases::all(&Client::node("node_resend.mjs", Resend));
}

#[test]
fn the_resend_client_for_python_works_unmodified() {
    cases::all(&Client::python("python_resend.py", Resend));
}

#[test]
fn the_resend_mcp_server_works_unmodified() {
    cases::all(&Client::node("node_resend_mcp.mjs", Mcp));
}

#[test]
fn the_postmark_client_for_node_works_unmodified() {
    cases::all(&Client::node("node_postmark.mjs", Postmark));
}

#[test]
fn the_postmark_client_for_python_works_unmodified() {
    cases::all(&Client::python("python_postmark.py", Postmark));
}
