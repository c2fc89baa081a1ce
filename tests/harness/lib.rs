//! What the tests stand on: real servers, real processes, a real window session, each private to one test.
//!
//! | page | gives |
//! |---|---|
//! | [`mailstack`] | a private Postfix and Dovecot on loopback: [`MailStack`] |
//! | [`lossy`] | an HTTP wire that loses answers: [`LossyWire`] |
//! | [`smtp_sink`] | an SMTP server that misbehaves on request and counts Message-IDs: [`SmtpSink`] |
//! | [`process`] | `sendoff` as a user starts it: [`Desk`], [`Serving`] |
//! | [`session`] | a display, a bus, a keyring and a WebDriver: [`Session`] |
//! | [`webdriver`] | the small client that clicks and types in the window |
//!
//! Three habits hold everywhere. A missing part is a failure that names the command which installs it, never a
//! silent skip. Every wait has a deadline and says what it waited for. Whatever a value here started ends when the
//! value is dropped, by process id, with everything below it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    reason = "test support: a surprise here is a failed test and should stop at once, and real servers need a real clock"
)]

pub mod child;
pub mod http;
pub mod lossy;
pub mod mailstack;
pub mod parts;
pub mod ports;
pub mod process;
pub mod session;
pub mod smtp;
pub mod smtp_sink;
pub mod tls;
pub mod wait;
pub mod webdriver;

pub use http::{Answer, Api};
pub use lossy::LossyWire;
pub use mailstack::{ALICE, BOB, MailStack, User};
pub use process::{Desk, PASSPHRASE, Ran, Serving, sendoff_bin};
pub use session::Session;
pub use smtp::Smtp;
pub use smtp_sink::{Act, SmtpSink};
pub use wait::until;
pub use webdriver::{Element, Window};

/// The rules that mind strangers, likeness and volume, off: for tests that mail many strangers
/// about something else.
pub const UNWORRIED: &str = "[rules.risk_message]\nenabled = false\n\
    [rules.risk_budget]\nenabled = false\n[rules.warmup]\nenabled = false\n\
    [rules.near_duplicate]\nenabled = false\n[rules.lookalike_recipient]\nenabled = false\n\
    [rules.collision]\nenabled = false\n[rules.domain_throttle]\nenabled = false\n";
