//! One connection to a relay: TCP, TLS, greeting, EHLO, STARTTLS, login; then commands.

use std::time::Duration;

use domain::delivery::Phase;
use domain::{Address, TlsMode};

use super::hello::Hello;
use super::reply::{Reply, said};
use super::wire::{Trouble, Wire};
use super::{SmtpTransport, Stop, TestReport, Timeouts, login, tls};
use crate::steps::{Step, Witness, reach, seconds};

/// How we introduce ourselves. An address literal is what RFC 5321 asks of those without a name of
/// their own; this one says nothing about the machine or its network.
const OUR_NAME: &str = "[127.0.0.1]";
/// How long QUIT may take once everything that matters has been said.
const QUIT_LIMIT: Duration = Duration::from_secs(2);

/// An open, encrypted (if asked for) and logged-in connection.
pub(super) struct Session<'a> {
    wire: Wire,
    transport: &'a SmtpTransport,
    server: String,
    greeting: String,
    hello: Hello,
    tls: Option<String>,
    login: Option<&'static str>,
}

impl<'a> Session<'a> {
    /// Everything up to and including AUTH.
    pub(super) async fn open(
        transport: &'a SmtpTransport,
        witness: Witness<'_>,
    ) -> Result<Session<'a>, Stop> {
        let settings = &transport.inner.settings;
        let mut session = Session::connect(transport, witness).await?;
        if settings.tls == TlsMode::Starttls {
            witness.begun(Step::Encrypt);
            session = session.starttls().await?;
            witness.passed(Step::Encrypt, || encrypted(session.tls()));
        }
        witness.begun(Step::Login);
        let secret = transport.inner.secret.as_ref();
        session.login = login::login(&mut session, &settings.auth, secret).await?;
        witness.passed(Step::Login, || match session.login {
            Some(mechanism) => format!("Logged in with {mechanism}"),
            None => "No login was asked for".to_owned(),
        });
        Ok(session)
    }

    /// Whether the server takes mail from this address with this login; nothing is sent.
    pub(super) async fn may_send_as(
        &mut self,
        sender: &Address,
        witness: Witness<'_>,
    ) -> Result<(), Stop> {
        witness.begun(Step::Sender);
        let utf8 = match sender.is_international() {
            true => " SMTPUTF8",
            false => "",
        };
        let reply = self
            .ask(Phase::MailFrom, &format!("MAIL FROM:<{sender}>{utf8}"))
            .await?;
        if !reply.is_done() {
            let record = reply.record();
            let reason = format!(
                "{} does not take mail from `{sender}` with this login ({}); allow the address \
                 there, or log in as its owner",
                self.server,
                said(&record)
            );
            return Err(Stop {
                phase: Phase::MailFrom,
                reply: Some(record),
                reason,
            });
        }
        self.ask(Phase::MailFrom, "RSET").await?;
        witness.passed(Step::Sender, || format!("Takes mail from {sender}"));
        Ok(())
    }

    /// TCP, implicit TLS, greeting and EHLO.
    async fn connect(
        transport: &'a SmtpTransport,
        witness: Witness<'_>,
    ) -> Result<Session<'a>, Stop> {
        let settings = &transport.inner.settings;
        let limits = &transport.inner.timeouts;
        let server = transport.server();
        let trust = match settings.tls {
            TlsMode::Implicit => {
                witness.begun(Step::Encrypt);
                Some(transport.trust().await?)
            }
            TlsMode::Starttls | TlsMode::None => None,
        };
        let (host, port) = (&settings.host, settings.port);
        let stream = reach(host, port, &server, limits.connect, witness)
            .await
            .map_err(|reason| Stop::new(Phase::Connect, reason))?;
        let mut tls = None;
        let mut wire = match trust {
            None => Wire::new(Box::new(stream)),
            Some(config) => {
                witness.begun(Step::Encrypt);
                let (stream, version) =
                    tls::handshake(Box::new(stream), config, &settings.host, limits.connect)
                        .await
                        .map_err(|why| Stop::new(Phase::Connect, format!("{server} {why}")))?;
                tls = Some(version);
                witness.passed(Step::Encrypt, || encrypted(tls.as_deref()));
                Wire::new(stream)
            }
        };
        if settings.tls == TlsMode::None {
            witness.passed(Step::Encrypt, || encrypted(None));
        }
        witness.begun(Step::Greeting);
        let greeting = wire.reply(limits.greeting).await.map_err(|trouble| {
            Stop::new(Phase::Connect, no_greeting(&server, settings.tls, &trouble))
        })?;
        if greeting.code != 220 {
            let record = greeting.record();
            let reason = format!(
                "{server} does not want to talk ({}); try again later, or ask its operator",
                said(&record)
            );
            return Err(Stop {
                phase: Phase::Connect,
                reply: Some(record),
                reason,
            });
        }
        let mut session = Session {
            wire,
            transport,
            server,
            greeting: greeting.record().text,
            hello: Hello::default(),
            tls,
            login: None,
        };
        session.ehlo().await?;
        witness.passed(Step::Greeting, || format!("It says: {}", session.greeting));
        Ok(session)
    }

    /// Encrypts, and forgets all that was said in the clear (RFC 3207, section 4.2). A server that
    /// does not offer it gets nothing: an attacker who strips the offer must not get the password.
    async fn starttls(mut self) -> Result<Session<'a>, Stop> {
        let server = self.server.clone();
        if !self.hello.starttls {
            return Err(Stop::new(
                Phase::Connect,
                format!(
                    "{server} does not offer STARTTLS, so nothing was sent; try `tls=implicit` on port \
                 465, or ask its operator"
                ),
            ));
        }
        let trust = self.transport.trust().await?;
        let ready = self.ask(Phase::Connect, "STARTTLS").await?;
        if ready.code != 220 {
            let record = ready.record();
            let reason = format!(
                "{server} refused STARTTLS ({}), so nothing was sent",
                said(&record)
            );
            return Err(Stop {
                phase: Phase::Connect,
                reply: Some(record),
                reason,
            });
        }
        let host = &self.transport.inner.settings.host;
        let limit = self.limits().connect;
        let (stream, version) = tls::handshake(self.wire.into_stream(), trust, host, limit)
            .await
            .map_err(|why| Stop::new(Phase::Connect, format!("{server} {why}")))?;
        self.wire = Wire::new(stream);
        self.tls = Some(version);
        self.ehlo().await?;
        Ok(self)
    }

    /// EHLO, or HELO for servers of before 1995.
    async fn ehlo(&mut self) -> Result<(), Stop> {
        let mut reply = self
            .ask(Phase::Connect, &format!("EHLO {OUR_NAME}"))
            .await?;
        self.hello = Hello::read(&reply);
        if reply.is_for_good() {
            reply = self
                .ask(Phase::Connect, &format!("HELO {OUR_NAME}"))
                .await?;
            self.hello = Hello::default();
        }
        if reply.is_done() {
            return Ok(());
        }
        let record = reply.record();
        let reason = format!(
            "{} refused our greeting ({}); ask its operator",
            self.server,
            said(&record)
        );
        Err(Stop {
            phase: Phase::Connect,
            reply: Some(record),
            reason,
        })
    }

    /// Writes one command and reads its reply, whatever it is.
    pub(super) async fn ask(&mut self, phase: Phase, line: &str) -> Result<Reply, Stop> {
        let limit = match phase {
            Phase::Data => self.limits().data_start,
            Phase::Connect | Phase::Auth | Phase::MailFrom | Phase::RcptTo => self.limits().command,
        };
        // One write, one packet: without Nagle a second one would be a round trip of its own.
        let line = zeroize::Zeroizing::new(format!("{line}\r\n"));
        let sent = self.wire.write(line.as_bytes(), limit).await;
        match sent {
            Ok(()) => self
                .wire
                .reply(limit)
                .await
                .map_err(|t| self.stop(phase, &t)),
            Err(trouble) => Err(self.stop(phase, &trouble)),
        }
    }

    /// Trouble on the wire as the place it stopped.
    pub(super) fn stop(&self, phase: Phase, trouble: &Trouble) -> Stop {
        let doing = match phase {
            Phase::Connect => "greeting it",
            Phase::Auth => "logging in",
            Phase::MailFrom => "giving the sender",
            Phase::RcptTo => "giving the recipients",
            Phase::Data => "sending the message",
        };
        Stop::new(
            phase,
            format!(
                "{} {} while {doing}; nothing was accepted",
                self.server,
                happened(trouble)
            ),
        )
    }

    /// What a live test reports.
    pub(super) fn report(&self) -> TestReport {
        TestReport {
            server: self.server.clone(),
            greeting: self.greeting.clone(),
            tls: self.tls.clone(),
            login: self.login,
            size_max: self.hello.size_max,
            smtputf8: self.hello.smtputf8,
        }
    }

    /// Leaves politely, waiting a moment for the answer.
    pub(super) async fn quit(&mut self) {
        if self.wire.write(b"QUIT\r\n", QUIT_LIMIT).await.is_ok() {
            let _ = self.wire.reply(QUIT_LIMIT).await;
        }
    }

    /// Leaves politely without waiting: the outcome is known, and must be recorded now.
    pub(super) async fn leave(&mut self) {
        let _ = self.wire.write(b"QUIT\r\n", QUIT_LIMIT).await;
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }
    pub(super) fn host(&self) -> (&str, u16) {
        let settings = &self.transport.inner.settings;
        (&settings.host, settings.port)
    }
    pub(super) fn hello(&self) -> &Hello {
        &self.hello
    }
    pub(super) fn tls(&self) -> Option<&str> {
        self.tls.as_deref()
    }
    pub(super) fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }
    pub(super) fn limits(&self) -> Timeouts {
        self.transport.inner.timeouts
    }
}

/// How the connection is protected, in words.
fn encrypted(tls: Option<&str>) -> String {
    match tls {
        Some(version) => format!("Encrypted with {version}; its certificate is trusted"),
        None => "Not encrypted, as the settings say".to_owned(),
    }
}

/// What went wrong, behind the server's name in a sentence.
pub(super) fn happened(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Silent(limit) => format!("did not answer within {}", seconds(*limit)),
        Trouble::Closed => "closed the connection".to_owned(),
        Trouble::Broken(error) => format!("cannot be reached any more ({error})"),
        Trouble::Garbage(sample) => format!("said something that is not SMTP (`{sample}`)"),
    }
}

fn no_greeting(server: &str, tls: TlsMode, trouble: &Trouble) -> String {
    match (trouble, tls) {
        // A server that wants TLS first waits for us in silence, and we for it.
        (Trouble::Silent(limit), TlsMode::Starttls | TlsMode::None) => format!(
            "{server} did not greet within {}; check the port, and whether it wants \
             `tls=implicit`",
            seconds(*limit)
        ),
        (Trouble::Garbage(sample), _) => format!(
            "{server} answers, but not as a mail server (`{sample}`); check the port and the kind \
             of encryption"
        ),
        (Trouble::Closed, _) => format!(
            "{server} closed the connection before greeting; check the port and the kind of \
             encryption"
        ),
        (Trouble::Silent(_) | Trouble::Broken(_), _) => {
            format!(
                "{server} {} before greeting; check the port",
                happened(trouble)
            )
        }
    }
}
