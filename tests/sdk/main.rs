//! Published clients, unmodified, pointed at the doors: those of other services, mail programs, and
//! assistants. `cargo xtask test` installs them from npm and PyPI at the locked versions.
//!
//! `drivers/` holds one small program per client that turns a JSON line into one call of it; what
//! is asked and what must come of it is written here, once for each kind (`cases`, `programs`,
//! `assistants`), and what leaves goes over a real Postfix to a real Dovecot. `snippets/` holds what the README and the window show,
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

mod assistants;
mod cases;
mod driver;
mod lost_word;
mod office;
mod programs;
mod schema;
mod snippets;

use driver::Client;
use driver::Idiom::{Mcp, Own, Postmark, Resend};

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

#[test]
fn pythons_own_smtp_client_works_unmodified() {
    programs::all(&Client::python("python_smtplib.py", Own));
}

#[test]
fn nodemailer_works_unmodified() {
    programs::all(&Client::node("node_nodemailer.mjs", Own));
}

#[test]
fn swaks_works_unmodified() {
    tests::parts::program("swaks", "swaks");
    programs::all(&Client::python("swaks.py", Own));
}

#[test]
fn an_assistant_with_the_official_client_for_node_works_over_http() {
    assistants::all(&Client::node("node_mcp.mjs", Own));
}

#[test]
fn an_assistant_with_the_official_client_for_node_works_over_standard_input() {
    assistants::all(&over_standard_input(Client::node("node_mcp.mjs", Own)));
}

#[test]
fn an_assistant_with_the_official_client_for_python_works_over_http() {
    assistants::all(&Client::python("python_mcp.py", Own));
}

#[test]
fn an_assistant_with_the_official_client_for_python_works_over_standard_input() {
    assistants::all(&over_standard_input(Client::python("python_mcp.py", Own)));
}

fn over_standard_input(client: Client) -> Client {
    let sendoff = tests::process::sendoff_bin();
    client.with("SENDOFF_STDIO", &sendoff.display().to_string())
}
