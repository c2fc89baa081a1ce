//! Every step of a delivery against a server that follows a script: what the outcome says, what
//! the server heard, and whether the last dot was asked for.

mod cleared;
mod server;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cleared::{DATE, account, clearance, sealed, sealed_from};
use domain::delivery::Phase;
use domain::{
    Address, Outcome, RecipientOutcome, RecipientState, Sealed, SmtpAuth, SmtpSettings, TlsMode,
};
use mail::transport::{
    Outgoing, RehearsalRelay, SendRefused, SmtpTransport, TestFailed, TestReport, Timeouts,
    Transport,
};
use server::{Authority, Heard, play};
use tokio::net::TcpListener;

/// What a whole EHLO conversation needs, up to MAIL.
const HELLO: &str = "< 220 mail.test ready
    > EHLO [127.0.0.1]
    < 250-mail.test\\n250-8BITMIME\\n250-SIZE 10000\\n250 AUTH PLAIN LOGIN";

struct Case<'a> {
    script: String,
    sealed: Sealed,
    recipients: Option<&'a [&'a str]>,
    settings: SmtpSettings,
    secret: Option<&'a str>,
    authority: Option<&'a Authority>,
    dot: bool,
}

impl<'a> Case<'a> {
    fn new(script: impl Into<String>) -> Self {
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

    fn tls(mut self, mode: TlsMode, authority: &'a Authority) -> Self {
        self.settings.tls = mode;
        self.settings.ca_file = Some(authority.ca_file.clone());
        self.authority = Some(authority);
        self
    }

    fn password(mut self, password: &'a str) -> Self {
        self.settings.auth = SmtpAuth::Password { user: "me".into() };
        self.secret = Some(password);
        self
    }

    async fn listen(&mut self) -> (TcpListener, Transport) {
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
    async fn send(mut self) -> (Outcome, Heard, usize) {
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

    async fn test(mut self) -> (Result<TestReport, TestFailed>, Heard) {
        let (listener, transport) = self.listen().await;
        let (heard, report) = tokio::join!(
            play(&listener, &self.script, self.authority.map(|a| &a.acceptor)),
            transport.test(),
        );
        (report, heard)
    }

    /// Where it stopped, the reply's code, and the sentence; asserts that no dot was asked for.
    async fn stops(self) -> (Phase, Option<u16>, String) {
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
fn rows(rows: &[RecipientOutcome]) -> Vec<String> {
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

fn answered(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::Answered { recipients } => rows(recipients),
        Outcome::NotAccepted { .. } | Outcome::Unanswered { .. } => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn a_message_arrives_octet_for_octet_behind_its_date() {
    let case = Case::new(format!(
        "{HELLO}
        > MAIL FROM:<sales@here.example> SIZE=
        < 250 2.1.0 ok
        > RCPT TO:<a@x.example>
        < 250 2.1.5 ok
        > RCPT TO:<b@y.example>
        < 250 2.1.5 ok
        > DATA
        < 354 go
        body
        < 250 2.0.0 queued as 7"
    ));
    let bytes = case.sealed.with_date(DATE);
    let (outcome, heard, asked) = case.send().await;
    assert_eq!(
        answered(&outcome),
        [
            "a@x.example accepted 250 2.0.0",
            "b@y.example accepted 250 2.0.0"
        ]
    );
    assert_eq!(asked, 1);
    assert!(heard.lines.contains(&format!(
        "MAIL FROM:<sales@here.example> SIZE={}",
        bytes.len()
    )));
    assert_eq!(heard.lines.last().unwrap(), "QUIT");
    let wire = String::from_utf8(heard.wire).unwrap();
    assert!(
        wire.ends_with("\r\n\r\none\r\n..\r\n...two\r\n.\r\n"),
        "{wire:?}"
    );
    let unstuffed = wire
        .strip_suffix(".\r\n")
        .unwrap()
        .replace("\r\n..", "\r\n.");
    assert_eq!(unstuffed.as_bytes(), bytes);
}

#[tokio::test]
async fn recipients_are_settled_each_by_their_own_reply() {
    let case = Case::new(format!(
        "{HELLO}
        > MAIL
        < 250 ok
        > RCPT TO:<a@x.example>
        < 550-5.1.1 no such\\n550 5.1.1 user
        > RCPT TO:<b@y.example>
        < 250 ok
        > RCPT TO:<c@z.example>
        < 450 4.2.1 greylisted
        > DATA
        < 354 go
        body
        < 250 2.6.0 taken"
    ));
    let case = Case {
        sealed: sealed(&["a@x.example", "b@y.example", "c@z.example"]),
        ..case
    };
    let (outcome, heard, _) = case.send().await;
    let mut rows = answered(&outcome);
    rows.sort();
    assert_eq!(
        rows,
        [
            "a@x.example refused 550 5.1.1",
            "b@y.example accepted 250 2.6.0",
            "c@z.example deferred 450 4.2.1"
        ]
    );
    assert!(!heard.wire.is_empty());
}

#[tokio::test]
async fn pipelined_recipients_get_their_replies_in_order() {
    let case = Case::new(
        "< 220 hi
        > EHLO
        < 250-mail.test\\n250 PIPELINING
        > MAIL FROM:<sales@here.example>
        < 250 ok
        > RCPT TO:<a@x.example>
        > RCPT TO:<b@y.example>
        < 550 no\\n250 yes
        > DATA
        < 354 go
        body
        < 250 ok",
    );
    let (outcome, heard, _) = case.send().await;
    assert_eq!(
        answered(&outcome),
        ["a@x.example refused 550 -", "b@y.example accepted 250 -"]
    );
    assert!(
        heard
            .lines
            .contains(&"MAIL FROM:<sales@here.example>".to_owned()),
        "no SIZE where it is not offered"
    );
}

#[tokio::test]
async fn where_every_recipient_is_refused_no_data_is_sent() {
    let case = Case::new(format!(
        "{HELLO}
        > MAIL
        < 250 ok
        > RCPT
        < 550 5.1.1 no
        > RCPT
        < 451 4.3.0 later
        > QUIT"
    ));
    let (outcome, heard, asked) = case.send().await;
    assert_eq!(
        answered(&outcome),
        [
            "a@x.example refused 550 5.1.1",
            "b@y.example deferred 451 4.3.0"
        ]
    );
    assert_eq!((heard.wire.len(), asked), (0, 0));
}

#[tokio::test]
async fn only_those_still_open_are_tried_again() {
    let case = Case::new(format!(
        "{HELLO}
        > MAIL
        < 250 ok
        > RCPT TO:<b@y.example>
        < 250 ok
        > DATA
        < 354 go
        body
        < 250 ok"
    ));
    let (outcome, ..) = Case {
        recipients: Some(&["b@y.example"]),
        ..case
    }
    .send()
    .await;
    assert_eq!(answered(&outcome), ["b@y.example accepted 250 -"]);
}

#[tokio::test]
async fn a_refused_message_is_refused_for_everyone_it_was_accepted_for() {
    for (at_data, at_dot, state) in [
        ("451 4.3.0 disk", "", "deferred 451 4.3.0"),
        ("554 5.7.1 spam", "", "refused 554 5.7.1"),
        ("354 go", "451 4.3.0 disk", "deferred 451 4.3.0"),
        ("354 go", "554 5.7.1 spam", "refused 554 5.7.1"),
        ("354 go", "421 4.3.2 leaving", "deferred 421 4.3.2"),
    ] {
        let body = if at_dot.is_empty() {
            String::new()
        } else {
            format!("body\n< {at_dot}")
        };
        let case = Case::new(format!(
            "{HELLO}
            > MAIL
            < 250 ok
            > RCPT
            < 250 ok
            > RCPT
            < 550 5.1.1 no
            > DATA
            < {at_data}
            {body}"
        ));
        let (outcome, ..) = case.send().await;
        let expected = [
            "b@y.example refused 550 5.1.1".to_owned(),
            format!("a@x.example {state}"),
        ];
        assert_eq!(answered(&outcome), expected);
    }
}

#[tokio::test]
async fn too_many_at_once_is_for_now() {
    let case = Case::new(format!(
        "{HELLO}
        > MAIL
        < 250 ok
        > RCPT
        < 250 ok
        > RCPT
        < 552 too many recipients
        > DATA
        < 354 go
        body
        < 250 ok"
    ));
    let (outcome, ..) = case.send().await;
    assert_eq!(
        answered(&outcome),
        ["b@y.example deferred 552 -", "a@x.example accepted 250 -"]
    );
}

#[tokio::test]
async fn whatever_breaks_before_the_dot_was_not_accepted() {
    let mail = format!("{HELLO}\n> MAIL\n< 250 ok\n");
    let data = format!("{mail}> RCPT\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n");
    for (script, phase, code, words) in [
        (
            "close".to_owned(),
            Phase::Connect,
            None,
            "closed the connection before greeting",
        ),
        (
            "hang".into(),
            Phase::Connect,
            None,
            "did not greet within 400 ms",
        ),
        (
            "< 554 5.7.1 blocked".into(),
            Phase::Connect,
            Some(554),
            "blocked",
        ),
        ("< 421 busy".into(), Phase::Connect, Some(421), "busy"),
        (
            "< SSH-2.0-OpenSSH_9.2\nhang".into(),
            Phase::Connect,
            None,
            "`SSH-2.0-OpenSSH_9.2`",
        ),
        (
            "< HTTP/1.1 400 Bad Request".into(),
            Phase::Connect,
            None,
            "not as a mail server",
        ),
        (
            "< 220 hi\n> EHLO\nclose".into(),
            Phase::Connect,
            None,
            "closed the connection while greeting",
        ),
        (
            "< 220 hi\n> EHLO\n< 421 no".into(),
            Phase::Connect,
            Some(421),
            "refused our greeting",
        ),
        (
            format!("{HELLO}\n> MAIL\n< 451 4.3.0 later"),
            Phase::MailFrom,
            Some(451),
            "refused the sender",
        ),
        (
            format!("{HELLO}\n> MAIL\n< 553 5.7.1 not you"),
            Phase::MailFrom,
            Some(553),
            "not you",
        ),
        (
            format!("{HELLO}\n> MAIL\nhang"),
            Phase::MailFrom,
            None,
            "did not answer within 400 ms",
        ),
        (
            format!("{mail}> RCPT\n< 250 ok\n> RCPT\n< 421 4.3.2 shutdown"),
            Phase::RcptTo,
            Some(421),
            "shutdown",
        ),
        (
            format!("{mail}> RCPT\nclose"),
            Phase::RcptTo,
            None,
            "closed the connection",
        ),
        (
            format!("{mail}> RCPT\n< gibberish"),
            Phase::RcptTo,
            None,
            "not SMTP (`gibberish`)",
        ),
        (
            format!("{data}close"),
            Phase::Data,
            None,
            "closed the connection",
        ),
        (format!("{data}hang"), Phase::Data, None, "did not answer"),
        (
            format!("{data}< 250 what"),
            Phase::Data,
            Some(250),
            "broke off at the message",
        ),
    ] {
        let (stopped, reply, reason) = Case::new(script.clone()).stops().await;
        assert_eq!((stopped, reply), (phase, code), "{script}: {reason}");
        assert!(reason.contains(words), "{reason}");
        assert!(
            reason.starts_with("127.0.0.1:") && !reason.ends_with('.'),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn a_server_that_leaves_in_the_middle_of_the_message_has_not_accepted_it() {
    // Larger than every buffer in between: the client is still writing when the server goes.
    let text = format!("{}\n", "x".repeat(70)).repeat(128 * 1024);
    let big = sealed_from("sales@here.example", &["a@x.example"], &text);
    let until_data = "< 220 hi
        > EHLO
        < 250 mail.test
        > MAIL
        < 250 ok
        > RCPT
        < 250 ok
        > DATA
        < 354 go
        line";
    let case = Case {
        sealed: big.clone(),
        ..Case::new(format!("{until_data}\nclose"))
    };
    let (phase, code, reason) = case.stops().await;
    assert_eq!((phase, code), (Phase::Data, None), "{reason}");
    // One that stops reading: the write's own limit ends it.
    let case = Case {
        sealed: big,
        ..Case::new(format!("{until_data}\nstall"))
    };
    let (phase, _, reason) = case.stops().await;
    assert_eq!(phase, Phase::Data);
    assert!(reason.contains("did not answer within"), "{reason}");
}

#[tokio::test]
async fn a_server_that_gives_up_on_a_message_is_heard_before_the_dot() {
    let case = Case::new(
        "< 220 hi
        > EHLO
        < 250 mail.test
        > MAIL
        < 250 ok
        > RCPT
        < 250 ok
        > RCPT
        < 250 ok
        > DATA
        < 354 go\\n421 4.3.2 shutting down",
    );
    let (phase, code, _) = case.stops().await;
    assert_eq!((phase, code), (Phase::Data, Some(421)));
}

#[tokio::test]
async fn without_the_mark_the_dot_is_not_sent() {
    let case = Case::new(format!(
        "{HELLO}\n> MAIL\n< 250 ok\n> RCPT\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n< 354 go\nbody"
    ));
    let (outcome, heard, asked) = Case { dot: false, ..case }.send().await;
    assert_eq!(asked, 1);
    assert!(
        heard.wire.ends_with(b"...two\r\n"),
        "the message came, its end did not"
    );
    assert!(
        matches!(
            outcome,
            Outcome::NotAccepted {
                phase: Phase::Data,
                reply: None,
                ..
            }
        ),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn after_the_dot_only_a_reply_can_tell() {
    for (end, words) in [
        ("close", "closed the connection"),
        ("hang", "did not answer within 400 ms"),
        ("< gibberish", "not SMTP"),
        ("< 354 again", "answered the last dot with 354"),
        ("< 250-half\nclose", "closed the connection"),
    ] {
        let case = Case::new(format!(
            "{HELLO}
            > MAIL
            < 250 ok
            > RCPT
            < 250 ok
            > RCPT
            < 550 5.1.1 no
            > DATA
            < 354 go
            body
            {end}"
        ));
        let (outcome, _, asked) = case.send().await;
        let Outcome::Unanswered {
            reason,
            maybe,
            refused,
        } = outcome
        else {
            panic!("{end}: {outcome:?}")
        };
        assert!(reason.contains(words), "{reason}");
        assert_eq!(maybe, ["a@x.example".parse().unwrap()]);
        assert_eq!(rows(&refused), ["b@y.example refused 550 5.1.1"]);
        assert_eq!(asked, 1);
    }
}

#[tokio::test]
async fn a_password_goes_by_plain_where_offered_and_by_login_where_not() {
    let rest = "> MAIL\n< 451 enough";
    let plain = format!("{HELLO}\n> AUTH PLAIN AG1lAHB3\n< 235 ok\n{rest}");
    assert_eq!(
        Case::new(plain).password("pw").stops().await.0,
        Phase::MailFrom
    );
    let login = format!(
        "< 220 hi\n> EHLO\n< 250-x\\n250 AUTH LOGIN
        > AUTH LOGIN\n< 334 VXNlcm5hbWU6\n> bWU=\n< 334 UGFzc3dvcmQ6\n> cHc=\n< 235 ok\n{rest}"
    );
    assert_eq!(
        Case::new(login).password("pw").stops().await.0,
        Phase::MailFrom
    );
    let mut token = Case::new(format!(
        "< 220 hi\n> EHLO\n< 250-x\\n250 AUTH PLAIN XOAUTH2
        > AUTH XOAUTH2 dXNlcj1tZQFhdXRoPUJlYXJlciB0b2sBAQ==\n< 334 eyJzdGF0dXMiOiI0MDEifQ==
        > \n< 535 5.7.8 expired"
    ))
    .password("tok");
    token.settings.auth = SmtpAuth::Xoauth2 { user: "me".into() };
    let (phase, code, reason) = token.stops().await;
    assert_eq!((phase, code), (Phase::Auth, Some(535)));
    assert!(reason.contains("renew the access token"), "{reason}");
}

#[tokio::test]
async fn a_long_secret_waits_for_its_challenge() {
    let long = "p".repeat(600);
    let case = Case::new(format!(
        "{HELLO}\n> AUTH PLAIN\n< 334 \n> AG1lAHBwcHBw\n< 235 ok\n> MAIL\n< 451 enough"
    ));
    let (outcome, heard, _) = case.password(&long).send().await;
    assert!(matches!(
        outcome,
        Outcome::NotAccepted {
            phase: Phase::MailFrom,
            ..
        }
    ));
    assert!(heard.lines.contains(&"AUTH PLAIN".to_owned()));
}

#[tokio::test]
async fn a_wrong_password_is_said_in_words_and_never_shown() {
    let case = Case::new(format!(
        "{HELLO}\n> AUTH PLAIN\n< 535 5.7.8 no: AUTH PLAIN AG1lAGh1bnRlcjI= (hunter2)"
    ));
    let (outcome, ..) = case.password("hunter2").send().await;
    let all = format!("{outcome:?}");
    assert!(
        all.contains("refused the login of `me`")
            && all.contains("check the user name and the password")
    );
    assert!(
        !all.contains("hunter2") && !all.contains("AG1lAGh1bnRlcjI"),
        "{all}"
    );
}

#[tokio::test]
async fn no_common_way_to_log_in_is_said_before_anything_is_sent() {
    for (offer, words) in [
        ("250 x", "no login without encryption"),
        (
            "250-x\\n250 AUTH GSSAPI NTLM",
            "does not offer PLAIN or LOGIN but GSSAPI, NTLM",
        ),
    ] {
        let case = Case::new(format!("< 220 hi\n> EHLO\n< {offer}")).password("pw");
        let (phase, code, reason) = case.stops().await;
        assert_eq!((phase, code), (Phase::Auth, None));
        assert!(reason.contains(words), "{reason}");
    }
    let missing = Case {
        secret: None,
        ..Case::new(HELLO).password("pw")
    };
    let (phase, _, reason) = missing.stops().await;
    assert_eq!(phase, Phase::Auth);
    assert!(reason.contains("there is no password for `me`"), "{reason}");
}

#[tokio::test]
async fn a_message_over_the_servers_limit_is_refused_before_it_is_sent() {
    let big = sealed_from("sales@here.example", &["a@x.example"], &"x\n".repeat(6_000));
    let case = Case {
        sealed: big,
        ..Case::new(format!("{HELLO}\n> QUIT"))
    };
    let (phase, code, reason) = case.stops().await;
    assert_eq!((phase, code), (Phase::MailFrom, Some(552)));
    assert!(
        reason.contains("takes 10000") && reason.starts_with("not sent:"),
        "{reason}"
    );
}

#[tokio::test]
async fn addresses_beyond_ascii_go_only_where_smtputf8_is_offered() {
    // In a header: the whole message needs it.
    let case = Case {
        sealed: sealed(&["jörg@x.example"]),
        ..Case::new(format!("{HELLO}\n> QUIT"))
    };
    assert_eq!(case.stops().await.1, Some(553));

    let offered = "< 220 hi\n> EHLO\n< 250-x\\n250-8BITMIME\\n250 SMTPUTF8
        > MAIL FROM:<sales@here.example> BODY=8BITMIME SMTPUTF8\n< 250 ok
        > RCPT TO:<jörg@x.example>\n< 250 ok\n> DATA\n< 354 go\nbody\n< 250 ok";
    let case = Case {
        sealed: sealed(&["jörg@x.example"]),
        ..Case::new(offered)
    };
    assert_eq!(
        answered(&case.send().await.0),
        ["jörg@x.example accepted 250 -"]
    );

    // In the envelope alone: that recipient is refused, the others are served.
    let mut hidden = sealed(&["a@x.example"]);
    hidden
        .envelope
        .rcpt_to
        .push("jörg@x.example".parse().unwrap());
    let script = format!(
        "{HELLO}\n> MAIL FROM:<sales@here.example> SIZE=\n< 250 ok\n> RCPT TO:<a@x.example>\n< 250 ok
        > DATA\n< 354 go\nbody\n< 250 ok"
    );
    let (outcome, heard, _) = Case {
        sealed: hidden,
        ..Case::new(script)
    }
    .send()
    .await;
    assert_eq!(
        answered(&outcome),
        [
            "jörg@x.example refused 553 5.6.7",
            "a@x.example accepted 250 -"
        ]
    );
    assert!(!heard.lines.iter().any(|line| line.contains("SMTPUTF8")));
}

#[tokio::test]
async fn an_old_server_is_greeted_by_helo() {
    let case = Case::new(
        "< 220 hi\n> EHLO\n< 502 what\n> HELO [127.0.0.1]\n< 250 hi\n> MAIL FROM:<sales@here.example>\n< 451 enough",
    );
    assert_eq!(case.stops().await.0, Phase::MailFrom);
}

#[tokio::test]
async fn both_kinds_of_tls_carry_the_login_and_the_message() {
    let authority = Authority::for_name("127.0.0.1");
    let mail = "> EHLO\n< 250-x\\n250 AUTH PLAIN\n> AUTH PLAIN\n< 235 ok
        > MAIL\n< 250 ok\n> RCPT\n< 250 ok\n> RCPT\n< 250 ok\n> DATA\n< 354 go\nbody\n< 250 2.0.0 ok";
    let implicit = Case::new(format!("tls\n< 220 hi\n{mail}")).tls(TlsMode::Implicit, &authority);
    let starttls = Case::new(format!(
        "< 220 hi\n> EHLO\n< 250-x\\n250 STARTTLS\n> STARTTLS\n< 220 go\ntls\n{mail}"
    ))
    .tls(TlsMode::Starttls, &authority);
    for case in [implicit, starttls] {
        let (outcome, heard, _) = case.password("pw").send().await;
        assert_eq!(answered(&outcome).len(), 2, "{outcome:?}");
        assert!(heard.wire.ends_with(b"\r\n.\r\n"));
    }
}

#[tokio::test]
async fn a_stripped_starttls_gets_neither_password_nor_message() {
    let authority = Authority::for_name("127.0.0.1");
    for (script, words) in [
        (
            HELLO.to_owned(),
            "does not offer STARTTLS, so nothing was sent",
        ),
        (
            "< 220 hi\n> EHLO\n< 250-x\\n250 STARTTLS\n> STARTTLS\n< 454 not now".into(),
            "refused STARTTLS",
        ),
    ] {
        let case = Case::new(script)
            .tls(TlsMode::Starttls, &authority)
            .password("pw");
        let (outcome, heard, _) = case.send().await;
        let Outcome::NotAccepted {
            phase: Phase::Connect,
            reason,
            ..
        } = outcome
        else {
            panic!("{outcome:?}")
        };
        assert!(reason.contains(words), "{reason}");
        assert!(
            !heard
                .lines
                .iter()
                .any(|l| l.starts_with("AUTH") || l.starts_with("MAIL"))
        );
    }
}

#[tokio::test]
async fn what_is_slipped_in_before_the_encryption_is_not_believed() {
    let authority = Authority::for_name("127.0.0.1");
    // The injected lines would be read as the answer to the EHLO inside TLS.
    let case = Case::new(
        "< 220 hi\n> EHLO\n< 250-x\\n250 STARTTLS\n> STARTTLS
        < 220 go\\n250-evil\\n250 AUTH LOGIN
        tls\n> EHLO\n< 250-honest\\n250 AUTH PLAIN\n> AUTH PLAIN\n< 535 5.7.8 enough",
    );
    let (phase, code, _) = case
        .tls(TlsMode::Starttls, &authority)
        .password("pw")
        .stops()
        .await;
    assert_eq!((phase, code), (Phase::Auth, Some(535)));
}

#[tokio::test]
async fn a_bad_certificate_is_named_and_gets_nothing() {
    let ours = Authority::for_name("127.0.0.1");
    let other = Authority::called("Other authority", "127.0.0.1");
    let renewed = Authority::for_name("127.0.0.1");
    let elsewhere = Authority::for_name("elsewhere.example");
    let mut wrong_ca = Case::new("tls").tls(TlsMode::Implicit, &ours);
    wrong_ca.settings.ca_file = Some(other.ca_file.clone());
    let mut old_ca = Case::new("tls").tls(TlsMode::Implicit, &ours);
    old_ca.settings.ca_file = Some(renewed.ca_file.clone());
    let wrong_name = Case::new("tls").tls(TlsMode::Implicit, &elsewhere);
    let mut no_file = Case::new("close").tls(TlsMode::Implicit, &ours);
    no_file.settings.ca_file = Some("/nowhere/ca.pem".into());
    let plain = Case::new("< 220 plain here\nhang").tls(TlsMode::Implicit, &ours);
    for (case, words) in [
        (wrong_ca, "of an authority this machine does not trust"),
        (old_ca, "not signed by the authority it names"),
        (
            wrong_name,
            "a certificate for elsewhere.example, not for `127.0.0.1`",
        ),
        (plain, "does not speak TLS on this port"),
    ] {
        let (phase, _, reason) = case.password("pw").stops().await;
        assert_eq!(phase, Phase::Connect);
        assert!(reason.contains(words), "{reason}");
    }
    let (_, transport) = no_file.listen().await;
    let failed = transport.test().await.unwrap_err();
    assert!(
        failed
            .reason
            .contains("the CA file `/nowhere/ca.pem` cannot be read"),
        "{failed}"
    );
}

#[tokio::test]
async fn a_live_test_logs_in_reports_and_sends_nothing() {
    let authority = Authority::for_name("127.0.0.1");
    let script = "tls\n< 220 mail.test ready\n> EHLO\n< 250-x\\n250-SIZE 0\\n250-SMTPUTF8\\n250 AUTH PLAIN\n> AUTH PLAIN\n< 235 ok\n> QUIT\n< 221 bye";
    let case = Case::new(script)
        .tls(TlsMode::Implicit, &authority)
        .password("pw");
    let (report, heard) = case.test().await;
    let report = report.unwrap();
    assert_eq!(report.greeting, "mail.test ready");
    assert_eq!(
        (report.tls.as_deref(), report.login),
        (Some("TLS 1.3"), Some("PLAIN"))
    );
    assert_eq!((report.size_max, report.smtputf8), (None, true));
    assert!(!heard.lines.iter().any(|line| line.starts_with("MAIL")));
}

#[tokio::test]
async fn a_live_test_of_nothing_says_what_is_wrong() {
    let mut case = Case::new("");
    let (listener, transport) = case.listen().await;
    drop(listener);
    let failed = transport.test().await.unwrap_err();
    assert_eq!(failed.phase, Phase::Connect);
    assert!(
        failed.reason.contains("nothing answers at 127.0.0.1:"),
        "{failed}"
    );
    case.settings.host = "no-such-host.invalid".into();
    let smtp = SmtpTransport::new(case.settings, None, Timeouts::for_a_person());
    let failed = Transport::Smtp(smtp).test().await.unwrap_err();
    assert!(
        failed
            .reason
            .contains("`no-such-host.invalid` cannot be found"),
        "{failed}"
    );
}

#[tokio::test]
async fn nothing_leaves_but_the_message_that_was_cleared() {
    let relay = RehearsalRelay::new();
    let transport = Transport::Rehearsal(relay.clone());
    let cleared = sealed(&["a@x.example", "b@y.example"]);
    let mut changed = cleared.clone();
    changed.bytes.extend_from_slice(b"ps\r\n");
    let mut more = cleared.clone();
    more.envelope.rcpt_to.push("c@z.example".parse().unwrap());
    let everyone = cleared.envelope.rcpt_to.clone();
    let stranger: Vec<Address> = vec!["c@z.example".parse().unwrap()];
    let base = Outgoing {
        sealed: &cleared,
        account: account(),
        send_at: None,
        date: DATE,
        recipients: &everyone,
    };
    let other = "acc_00000000000000000000000000000002".parse().unwrap();
    let later = domain::Timestamp::from_seconds(1);
    for (message, refusal) in [
        (
            Outgoing {
                sealed: &changed,
                ..base
            },
            SendRefused::HashMismatch,
        ),
        (
            Outgoing {
                sealed: &more,
                ..base
            },
            SendRefused::HashMismatch,
        ),
        (
            Outgoing {
                account: other,
                ..base
            },
            SendRefused::HashMismatch,
        ),
        (
            Outgoing {
                send_at: Some(later),
                ..base
            },
            SendRefused::HashMismatch,
        ),
        (
            Outgoing {
                recipients: &[],
                ..base
            },
            SendRefused::NoRecipients,
        ),
        (
            Outgoing {
                recipients: &stranger,
                ..base
            },
            SendRefused::NotInEnvelope(stranger[0].clone()),
        ),
        (
            Outgoing {
                date: "x\r\nBcc: y",
                ..base
            },
            SendRefused::BadDate,
        ),
    ] {
        let refused = transport
            .send(clearance(&cleared), &message, || async { panic!("no dot") })
            .await;
        assert_eq!(refused, Err(refusal));
    }
    assert!(relay.delivered().is_empty());
    let sent = transport
        .send(clearance(&cleared), &base, || async { true })
        .await
        .unwrap();
    assert_eq!(answered(&sent).len(), 2);
    let kept = relay.find("<1@here.example>").unwrap();
    assert_eq!(kept.bytes.as_ref(), cleared.with_date(DATE));
    assert_eq!(kept.rcpt_to, everyone);
}

#[tokio::test]
async fn the_rehearsal_relay_can_be_asked_to_misbehave() {
    let relay = RehearsalRelay::new();
    let transport = Transport::Rehearsal(relay.clone());
    let send = async |to: &[&str], dot: bool| {
        let sealed = sealed(to);
        let rcpt = sealed.envelope.rcpt_to.clone();
        let message = Outgoing {
            sealed: &sealed,
            account: account(),
            send_at: None,
            date: DATE,
            recipients: &rcpt,
        };
        transport
            .send(clearance(&sealed), &message, || async { dot })
            .await
            .unwrap()
    };
    let mixed = send(
        &["refuse@x.example", "later+1@x.example", "a@x.example"],
        true,
    )
    .await;
    assert_eq!(
        answered(&mixed),
        [
            "refuse@x.example refused 550 5.1.1",
            "later+1@x.example deferred 451 4.7.1",
            "a@x.example accepted 250 2.0.0"
        ]
    );
    assert_eq!(
        relay.delivered()[0].rcpt_to,
        ["a@x.example".parse().unwrap()]
    );
    let gone = send(&["vanish@x.example", "refuse@x.example"], true).await;
    assert!(
        matches!(&gone, Outcome::Unanswered { maybe, refused, .. }
        if maybe.len() == 1 && refused[0].state == RecipientState::Refused),
        "{gone:?}"
    );
    for (to, dot) in [("drop@x.example", true), ("a@x.example", false)] {
        let stopped = send(&[to], dot).await;
        assert!(matches!(
            stopped,
            Outcome::NotAccepted {
                phase: Phase::Data,
                ..
            }
        ));
    }
    assert_eq!(relay.delivered().len(), 1, "only what was accepted is kept");
}

#[test]
fn secrets_do_not_print() {
    let settings = Case::new("").password("pw").settings;
    let secret = Some(zeroize::Zeroizing::new("hunter2".to_owned()));
    let smtp = SmtpTransport::new(settings, secret, Timeouts::default());
    let printed = format!("{:?} {:?}", smtp, Transport::Smtp(smtp.clone()));
    assert!(
        printed.contains("127.0.0.1") && !printed.contains("hunter2"),
        "{printed}"
    );
}
