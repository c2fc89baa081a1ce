//! Both kinds of TLS, what an attacker tries before it, bad certificates, and the live test.

use crate::case::{Case, HELLO, answered};
use crate::server::Authority;
use domain::delivery::Phase;
use domain::{Outcome, TlsMode};
use mail::transport::{SmtpTransport, Timeouts, Transport};

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
