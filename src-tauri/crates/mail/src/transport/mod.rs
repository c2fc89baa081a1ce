//! Putting a sealed message on the wire, and saying exactly how far it got.
//!
//! [`Transport::send`] takes a [`policy::Clearance`] by value: proof of a judgement made a moment
//! ago, for one message, used up by this call. It refuses any other message than the one cleared.
//!
//! The closure `final_dot` is an ordinary generic `FnOnce() -> Future<Output = bool>`: called at
//! most once, when every octet of the message is written and nothing but the terminating dot is
//! missing. The caller makes its durable mark there. While it has not returned true, nothing was
//! accepted and a retry is safe; once it has, only a reply can tell, and where none comes the
//! outcome is [`Outcome::Unanswered`].
//!
//! How outcomes are to be read:
//! - `Answered` has a row for every recipient handed in, also where all were refused.
//! - `NotAccepted` in phase `Connect` or `Auth` is about the account, whatever the reply: retry,
//!   and tell the operator. In a later phase a 5xx reply is for good; a 4xx reply, or none, is
//!   worth a retry.
//! - Where the answer is known without asking (the message is over the server's SIZE, an address
//!   needs SMTPUTF8 and the server has none) the reply is ours: the RFC's code, and a text that
//!   begins with "not sent:".
//!
//! A new way out is a file beside [`smtp`] and a variant of [`Transport`].

pub mod rehearsal;
pub mod smtp;

use domain::delivery::Phase;
use domain::{AccountId, Address, Outcome, Sealed, SmtpReply, Timestamp};
use policy::Clearance;
use serde::Serialize;

use crate::steps::Witness;
pub use rehearsal::{Chaos, RehearsalRelay, Rehearsed};
pub use smtp::{SmtpTransport, Timeouts};

/// How an account's mail leaves. Cheap to clone; clones share the rehearsal relay's memory.
#[derive(Clone, Debug)]
pub enum Transport {
    /// A submission server.
    Smtp(SmtpTransport),
    /// The relay that keeps what it is given.
    Rehearsal(RehearsalRelay),
}

/// One message on its way out.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The bytes, the envelope and the Message-ID that were approved.
    pub sealed: &'a Sealed,
    /// Through which account; part of what was approved.
    pub account: AccountId,
    /// Not before; part of what was approved.
    pub send_at: Option<Timestamp>,
    /// Value of the `Date` header, see [`crate::compose::date_header`]; the same on every retry.
    pub date: &'a str,
    /// Whom to try now: all of the envelope's recipients, or those still open.
    pub recipients: &'a [Address],
}

/// Why a message was not even tried. The caller's mistake or a changed message, never the
/// network's: nothing was connected to, nothing was accepted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendRefused {
    /// The clearance is for another message, envelope, account or time.
    #[error("the clearance is for another message than this one; judge it again")]
    HashMismatch,
    /// Nobody to send to.
    #[error("no recipient of this message is still open")]
    NoRecipients,
    /// Somebody the approved envelope does not name.
    #[error("`{0}` is not in the envelope that was approved")]
    NotInEnvelope(Address),
    /// A `Date` with line breaks or other than ASCII.
    #[error("the date of the message cannot stand in a header")]
    BadDate,
    /// Bytes that servers read in different ways, the ground of SMTP smuggling.
    #[error("the message has {0}, which servers read in different ways; compose it again")]
    NotCanonical(&'static str),
}

/// What a live test of an account saw.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TestReport {
    /// `host:port`.
    pub server: String,
    /// The server's greeting.
    pub greeting: String,
    /// `TLS 1.3` or `TLS 1.2`; absent without encryption.
    pub tls: Option<String>,
    /// The mechanism that logged in; absent without AUTH.
    pub login: Option<&'static str>,
    /// Longest message the server says it takes, in octets (RFC 1870).
    pub size_max: Option<u64>,
    /// True if addresses beyond ASCII can be sent to (RFC 6531).
    pub smtputf8: bool,
}

/// Why a live test failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[error("{reason}")]
pub struct TestFailed {
    /// Where it stopped.
    pub phase: Phase,
    /// What the server said, if it did.
    pub reply: Option<SmtpReply>,
    /// One sentence with what to do.
    pub reason: String,
}

impl Transport {
    /// Sends one message to the given recipients, see the module's page.
    pub async fn send<F, Fut>(
        &self,
        clearance: Clearance,
        message: &Outgoing<'_>,
        final_dot: F,
    ) -> Result<Outcome, SendRefused>
    where
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = bool> + Send,
    {
        admissible(&clearance, message)?;
        Ok(match self {
            Transport::Smtp(smtp) => smtp.send(message, final_dot).await,
            Transport::Rehearsal(relay) => relay.send(message, final_dot).await,
        })
    }

    /// Connects, encrypts, greets, logs in, asks whether mail from `sender` is taken, and leaves;
    /// sends nothing. Each step is told to `witness`. The rehearsal relay is always there.
    pub async fn test(
        &self,
        sender: Option<&Address>,
        witness: Witness<'_>,
    ) -> Result<TestReport, TestFailed> {
        match self {
            Transport::Smtp(smtp) => smtp.test(sender, witness).await,
            Transport::Rehearsal(_) => Ok(TestReport {
                server: "rehearsal".to_owned(),
                greeting: "the built-in relay keeps every message and sends none".to_owned(),
                tls: None,
                login: None,
                size_max: None,
                smtputf8: true,
            }),
        }
    }
}

/// Everything that can be said before a socket is opened.
fn admissible(clearance: &Clearance, message: &Outgoing<'_>) -> Result<(), SendRefused> {
    let sealed = message.sealed;
    if clearance.hash() != sealed.approval_hash(message.account, message.send_at) {
        return Err(SendRefused::HashMismatch);
    }
    if message.recipients.is_empty() {
        return Err(SendRefused::NoRecipients);
    }
    if let Some(stranger) = message
        .recipients
        .iter()
        .find(|address| !sealed.envelope.rcpt_to.contains(address))
    {
        return Err(SendRefused::NotInEnvelope(stranger.clone()));
    }
    let date_holds = |c: char| c == ' ' || c.is_ascii_graphic();
    if message.date.is_empty() || !message.date.chars().all(date_holds) {
        return Err(SendRefused::BadDate);
    }
    canonical(&sealed.bytes)
}

/// CRLF alone ends lines, no NUL, no line over 998 octets (RFC 5321, sections 2.3.8 and 4.5.3.1.6).
fn canonical(bytes: &[u8]) -> Result<(), SendRefused> {
    const LINE_OCTETS_MAX: usize = 998;
    let mut line = 0_usize;
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' if rest.next_if_eq(&b'\n').is_some() => line = 0,
            b'\r' => return Err(SendRefused::NotCanonical("a bare CR")),
            b'\n' => return Err(SendRefused::NotCanonical("a bare LF")),
            0 => return Err(SendRefused::NotCanonical("a NUL octet")),
            _ if line >= LINE_OCTETS_MAX => {
                return Err(SendRefused::NotCanonical("a line over 998 octets"));
            }
            _ => line += 1,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_servers_read_differently_do_not_leave() {
        assert_eq!(canonical(b"a: b\r\n\r\n.\r\nx"), Ok(()));
        for (bytes, what) in [
            (b"a\n.\r\n".as_slice(), "a bare LF"),
            (b"a\r.\r\n", "a bare CR"),
            (b"a\r\r\n", "a bare CR"),
            (b"a\r", "a bare CR"),
            (b"a\0b", "a NUL octet"),
            (&[b'x'; 999], "a line over 998 octets"),
        ] {
            assert_eq!(canonical(bytes), Err(SendRefused::NotCanonical(what)));
        }
        assert_eq!(canonical(&[b'x'; 998]), Ok(()));
    }
}
