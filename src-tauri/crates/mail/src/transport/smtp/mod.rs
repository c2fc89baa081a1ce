//! SMTP submission (RFC 6409): one connection, one message, an exact outcome.
//!
//! Why a client of our own and not lettre's connection: its `message()` writes body and last dot
//! in one call, so nothing can be marked between them; it ends every message with one more line
//! break than was approved; its errors drop the reply they came from, and with it the code of each
//! recipient; STARTTLS works on its own streams alone. What would be left of it is writing a line
//! and reading one. The walk here is the RFC's: [`session`] opens and speaks, [`login`] is AUTH,
//! [`delivery`] is MAIL to the last dot, [`wire`] has the bytes and the time limits.
//!
//! RFC 5321, 3207 (STARTTLS), 8314 (implicit TLS), 4954 (AUTH), 3463 and 2034 (enhanced codes),
//! 1870 (SIZE), 6152 (8BITMIME), 6531 (SMTPUTF8), 2920 (PIPELINING, for RCPT alone).

mod delivery;
mod hello;
mod login;
mod reply;
mod session;
pub(crate) mod tls;
pub(crate) mod wire;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::delivery::Phase;
use domain::{Address, Outcome, SmtpReply, SmtpSettings};
use rustls::ClientConfig;
use zeroize::Zeroizing;

use super::{Outgoing, TestFailed, TestReport};
use crate::steps::Witness;
use session::Session;

/// A submission server, how to log in there, and how long to wait for it.
#[derive(Clone)]
pub struct SmtpTransport {
    inner: Arc<Inner>,
}

struct Inner {
    settings: SmtpSettings,
    secret: Option<Zeroizing<String>>,
    timeouts: Timeouts,
    /// Reading the system's roots takes milliseconds: once per transport.
    trust: Mutex<Option<Arc<ClientConfig>>>,
}

/// How long to wait, each for one step (RFC 5321, section 4.5.3.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// For name lookup and TCP over all addresses of the host, and again for a TLS handshake.
    pub connect: Duration,
    /// For the greeting. Some servers make strangers wait.
    pub greeting: Duration,
    /// For the reply to EHLO, STARTTLS, AUTH, MAIL and RCPT.
    pub command: Duration,
    /// For the reply to DATA.
    pub data_start: Duration,
    /// For each block of the message to leave.
    pub data_block: Duration,
    /// For the reply to the last dot. Long, because giving up here makes an uncertain message.
    pub data_end: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(30),
            greeting: Duration::from_secs(60),
            command: Duration::from_secs(60),
            data_start: Duration::from_secs(120),
            data_block: Duration::from_secs(180),
            data_end: Duration::from_secs(600),
        }
    }
}

impl Timeouts {
    /// For a live test that a person waits for: 10 s a step.
    pub fn for_a_person() -> Self {
        let step = Duration::from_secs(10);
        Timeouts {
            connect: step,
            greeting: step,
            command: step,
            data_start: step,
            data_block: step,
            data_end: step,
        }
    }
}

/// Where and why a walk stopped before anything was accepted.
pub(crate) struct Stop {
    phase: Phase,
    reply: Option<SmtpReply>,
    reason: String,
}

impl Stop {
    fn new(phase: Phase, reason: impl Into<String>) -> Self {
        Stop {
            phase,
            reply: None,
            reason: reason.into(),
        }
    }
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        Outcome::NotAccepted {
            phase: stop.phase,
            reply: stop.reply,
            reason: stop.reason,
        }
    }
}

impl From<Stop> for TestFailed {
    fn from(stop: Stop) -> Self {
        TestFailed {
            phase: stop.phase,
            reply: stop.reply,
            reason: stop.reason,
        }
    }
}

impl SmtpTransport {
    /// `secret` is the password or access token, if the settings name a user.
    pub fn new(
        settings: SmtpSettings,
        secret: Option<Zeroizing<String>>,
        timeouts: Timeouts,
    ) -> Self {
        SmtpTransport {
            inner: Arc::new(Inner {
                settings,
                secret,
                timeouts,
                trust: Mutex::new(None),
            }),
        }
    }

    /// `host:port`.
    pub fn server(&self) -> String {
        let SmtpSettings { host, port, .. } = &self.inner.settings;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }

    pub(super) async fn send<F, Fut>(&self, message: &Outgoing<'_>, final_dot: F) -> Outcome
    where
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = bool> + Send,
    {
        match Session::open(self, Witness::nobody()).await {
            Ok(session) => delivery::deliver(session, message, final_dot).await,
            Err(stop) => stop.into(),
        }
    }

    pub(super) async fn test(
        &self,
        sender: Option<&Address>,
        witness: Witness<'_>,
    ) -> Result<TestReport, TestFailed> {
        let mut session = Session::open(self, witness).await?;
        if let Some(sender) = sender {
            session.may_send_as(sender, witness).await?;
        }
        let report = session.report();
        session.quit().await;
        Ok(report)
    }

    /// Whom this transport trusts; read from disk the first time.
    async fn trust(&self) -> Result<Arc<ClientConfig>, Stop> {
        let kept = self
            .inner
            .trust
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(config) = kept {
            return Ok(config);
        }
        let ca_file = self.inner.settings.ca_file.clone();
        let read = tokio::task::spawn_blocking(move || tls::config(ca_file.as_deref())).await;
        let config = read
            .unwrap_or_else(|_| Err("the certificate authorities could not be read".to_owned()))
            .map_err(|reason| Stop::new(Phase::Connect, reason))?;
        *self
            .inner
            .trust
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(config.clone());
        Ok(config)
    }
}

impl fmt::Debug for SmtpTransport {
    /// Without the secret, and without the user name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SmtpTransport({}, {:?})",
            self.server(),
            self.inner.settings.tls
        )
    }
}
