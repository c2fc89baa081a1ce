//! One delivery against one script.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::delivery::Phase;
use domain::{Address, Outcome, RecipientOutcome, Sealed, SmtpAuth, SmtpSettings, TlsMode};
use mail::steps::{Told, Witness};
use mail::transport::{Outgoing, SmtpTransport, TestFailed, TestReport, Timeouts, Transport};
use tokio::net::TcpListener;

use crate::cleared::{DATE, account, clearance, sealed};
use crate::server::{Authority, Heard, play};

/// What a whole EHLO conversation needs, up to MAIL.
pub const HELLO: &str = "< 220 mail.test ready
    > EHLO [127.0.0.1]
    < 250-mail.test\\n250-8BITMIME\\n250-SIZE 10000\\n250 AUTH PLAIN LOGIN";

pub struct Case<'a> {
    pub script: String,
    pub sealed: Sealed,
    pub recipients: Option<&'a [&'a str]>,
    pub settings: SmtpSettings,
    pub secret: Option<&'a str>,
    pub authority: Option<&'a Authority>,
    pub dot: bool,
}

impl<'a> Case<'a> {
    pub fn new(script: impl Into<String>) -> Self {
        Case {
            script: script.into(),
            sealed: sealed(&["a@x.example", "b@y.example"]),
            recipients: None,
            settings: SmtpSettings {
                host: "127.0.0.1".into(),
                port: 0,
                tls: TlsMode::None,
                ca_file: None,
                auth: SmtpAuth::None,
            },
            secret: None,
            authority: None,
            dot: true,
        }
    }

    pub fn tls(mut self, mode: TlsMode, authority: &'a Authority) -> Self {
        self.settings.tls = mode;
        self.settings.ca_file = Some(authority.ca_file.clone());
        self.authority = Some(authority);
        self
    }

    pub fn password(mut self, password: &'a str) -> Self {
        self.settings.auth = SmtpAuth::Password { user: "me".into() };
        self.secret = Some(password);
        self
    }

    pub async fn listen(&mut self) -> (TcpListener, Transport) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.settings.port = listener.local_addr().unwrap().port();
        let step = Duration::from_millis(400);
        let timeouts = Timeouts {
            connect: Duration::from_secs(5),
            greeting: step,
            command: step,
            data_start: step,
            data_block: step,
            data_end: step,
        };
        let secret = self.secret.map(|s| zeroize::Zeroizing::new(s.to_owned()));
        let smtp = SmtpTransport::new(self.settings.clone(), secret, timeouts);
        (listener, Transport::Smtp(smtp))
    }

    /// Sends; gives the outcome, what was heard, and how often the last dot was asked for.
    pub async fn send(mut self) -> (Outcome, Heard, usize) {
        let (listener, transport) = self.listen().await;
        let asked = AtomicUsize::new(0);
        let recipients: Vec<Address> = match self.recipients {
            Some(some) => some.iter().map(|a| a.parse().unwrap()).collect(),
            None => self.sealed.envelope.rcpt_to.clone(),
        };
        let outgoing = Outgoing {
            sealed: &self.sealed,
            account: account(),
            send_at: None,
            date: DATE,
            recipients: &recipients,
        };
        let dot = || async {
            asked.fetch_add(1, Ordering::SeqCst);
            self.dot
        };
        let (heard, outcome) = tokio::join!(
            play(&listener, &self.script, self.authority.map(|a| &a.acceptor)),
            transport.send(clearance(&self.sealed), &outgoing, dot),
        );
        (outcome.unwrap(), heard, asked.load(Ordering::SeqCst))
    }

    /// A live test as this sender; with what a witness was told of each step.
    pub async fn test(
        mut self,
        sender: Option<&str>,
    ) -> (Result<TestReport, TestFailed>, Heard, Vec<Told>) {
        let (listener, transport) = self.listen().await;
        let sender: Option<Address> = sender.map(|sender| sender.parse().unwrap());
        let told = std::sync::Mutex::new(Vec::new());
        let hears = |one| told.lock().unwrap().push(one);
        let (heard, report) = tokio::join!(
            play(&listener, &self.script, self.authority.map(|a| &a.acceptor)),
            transport.test(sender.as_ref(), Witness::new(&hears)),
        );
        (report, heard, told.into_inner().unwrap())
    }

    /// Where it stopped, the reply's code, and the sentence; asserts that no dot was asked for.
    pub async fn stops(self) -> (Phase, Option<u16>, String) {
        let (outcome, heard, asked) = self.send().await;
        assert_eq!(asked, 0, "{outcome:?}");
        assert!(!heard.wire.ends_with(b"\r\n.\r\n"));
        match outcome {
            Outcome::NotAccepted {
                phase,
                reply,
                reason,
            } => (phase, reply.map(|r| r.code), reason),
            Outcome::Answered { .. } | Outcome::Unanswered { .. } => panic!("{outcome:?}"),
        }
    }
}

/// `address state code enhanced`, a line a recipient.
pub fn rows(rows: &[RecipientOutcome]) -> Vec<String> {
    rows.iter()
        .map(|row| {
            let reply = row.reply.as_ref().unwrap();
            let enhanced = reply.enhanced.as_deref().unwrap_or("-");
            format!(
                "{} {} {} {enhanced}",
                row.address,
                row.state.as_str(),
                reply.code
            )
        })
        .collect()
}

pub fn answered(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::Answered { recipients } => rows(recipients),
        Outcome::NotAccepted { .. } | Outcome::Unanswered { .. } => panic!("{outcome:?}"),
    }
}
