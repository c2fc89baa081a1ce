//! The SMTP door: agents' mail programs submit here as to any mail server (RFC 6409), on loopback.
//!
//! Owns SMTP towards agents: the listener, the conversation, TLS on it, and how a decision is said
//! in reply codes. Must not know store, mail or console: what a client composed is handed to the
//! engine as it came, and read there. No reply waits for a person or a relay; nothing here approves,
//! resumes, raises or lifts.
//!
//! Offered: `SIZE`, `8BITMIME`, `SMTPUTF8`, `PIPELINING`, `ENHANCEDSTATUSCODES`, `STARTTLS` and
//! `AUTH PLAIN LOGIN`; the parameters of `DSN` are tolerated. Not offered, on purpose: `CHUNKING`.
//! Only CRLF ends a line, and only CRLF.CRLF ends a message.

mod answer;
mod data;
mod limits;
mod login;
mod reply;
mod serve;
mod session;
mod tls;
mod wire;

pub use engine::Shares;
pub use limits::{
    CLOSING_TIME_MAX, COMMAND_OCTETS_MAX, COMMAND_TIME_MAX, DATA_TIME_MAX, ERRORS_MAX,
    GOODBYE_TIME_MAX, LOGIN_TIME_MAX, LOGINS_MAX, LONG_DATA_TIME_MAX,
};
pub use serve::{BindError, Bound, bind};
pub use tls::{Certificate, CertificateError};

use std::sync::Arc;

use engine::Budget;

/// What the building chooses about the door.
#[derive(Clone)]
pub struct Options {
    /// What each agent may take, shared with the house's other doors.
    pub budget: Arc<Budget>,
    /// What STARTTLS shows; without one it is not offered.
    pub certificate: Option<Certificate>,
    /// How many connections it keeps.
    pub shares: Shares,
}
