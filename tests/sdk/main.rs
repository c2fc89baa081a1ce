//! Published clients, unmodified, pointed at the doors: those of other services, mail programs, and
//! assistants. `cargo xtask test` installs them from npm and PyPI at the locked versions.
//!
//! `drivers/` holds one small program per client that turns a JSON line into one call of it; what
//! is asked and what must come of it is written here, once for each kind (`cases`, `programs`,
//! `assistants`, `snippets`), and what leaves goes over a real Postfix to a real Dovecot.
//! `snippets/` holds what the README and the window show, and is run here as it is shown; the step
//! `clients-check` holds it to the clients' own types.
//!
//! Who is asked what; a letter is a cell that cannot be, with its reason below:
//!
//! | | node resend | python resend | resend-mcp | postmark.js | postmark-python | MCP node HTTP, stdio | MCP python HTTP, stdio | smtplib | nodemailer | lettre | swaks | LangChain |
//! |---|---|---|---|---|---|---|---|---|---|---|---|---|
//! | allowed, one delivery              | x | x | x | x | x | x | x | x | x | x | x | x |
//! | held, approved, delivered          | x | x | x | x | x | x | x | x | x | x | x | x |
//! | rejected with its reason           | x | x | a | b | b | x | x | x | x | x | x | x |
//! | asked again: one delivery          | x | x | x | x | x | x | x | x | x | x | x | x |
//! | answer lost, again: one delivery   | x | x | c | x | x | x | x | x | x | x | x | x |
//! | suppressed                         | x | x | x | x | x | x | x | x | x | x | x | x |
//! | too many: deferred, or refused     | x | x | x | x | x | x | x | x | x | x | x | x |
//! | wrong token                        | x | x | x | x | x | x | x | x | x | x | x | x |
//! | oversize, and it goes on           | x | x | x | x | x | x | x | x | x | x | x | x |
//! | a file byte by byte                | x | x | x | x | x | x | x | x | x | x | x | g |
//! | names, subject, file beyond ASCII  | x | x | d | x | x | x | x | x | x | x | e | g |
//! | over STARTTLS                       | | | | | | | | x | x | x | h | |
//! | refused for a while, then taken     | i | i | i | i | i | i | i | x | x | x | x | x |
//!
//! a: its tool passes on the word `canceled` and no reason. b: its service has no call that shows a
//! message; the reason is read at our own door with the same token. c: its tool has no timeout to
//! set; the connection breaks instead. d: its tool takes recipients as bare addresses; subject and
//! file name are tried. e: it sends headers as they are typed, so they are typed as encoded words
//! (RFC 2047), and its text stays ASCII. g: the tool has no argument for a file; names, subject and
//! text are tried. h: Debian's package speaks TLS only with another one beside it. i: the same mechanism,
//! tried at the door itself (`api/tests/it`).

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
fn lettre_works_unmodified() {
    programs::all(&Client::lettre());
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
