//! Both kinds of TLS, what an attacker tries before it, bad certificates, and the live test.

use crate::case::{Case, HELLO, answered};
use crate::server::Authority;
use domain::delivery::Phase;
use domain::{Outcome, TlsMode};
use mail::steps::{Step, Told, Witness};
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
    let failed = transport.test(None, Witness::nobody()).await.unwrap_err();
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
    let (report, heard, _) = case.test(None).await;
    let report = report.unwrap();
    assert_eq!(report.greeting, "mail.test ready");
    assert_eq!(
        (report.tls.as_deref(), report.login),
        (Some("TLS 1.3"), Some("PLAIN"))
    );
    assert_eq!((report.size_max, report.smtputf8), (None, true));
    assert!(!heard.lines.iter().any(|line| line.starts_with("MAIL")));
}

/// The steps that went well, and the one begun last if it did not.
fn course(told: &[Told]) -> (Vec<Step>, Option<Step>) {
    let passed: Vec<Step> = told
        .iter()
        .filter_map(|one| match one {
            Told::Passed(step, _) => Some(*step),
            Told::Begun(_) => None,
        })
        .collect();
    let open = match told.last() {
        Some(Told::Begun(step)) => Some(*step),
        Some(Told::Passed(..)) | None => None,
    };
    (passed, open)
}

#[tokio::test]
async fn a_live_test_tells_each_step_as_it_goes_and_where_it_stops() {
    use Step::{Connect, Encrypt, Greeting, Login, LookUp, Sender};
    let authority = Authority::for_name("127.0.0.1");
    let hello = "tls\n< 220 mail.test ready\n> EHLO\n< 250-x\\n250 AUTH PLAIN\n> AUTH PLAIN";
    let tried = async |rest: &str| {
        let case = Case::new(format!("{hello}{rest}"));
        let case = case.tls(TlsMode::Implicit, &authority).password("pw");
        case.test(Some("me@x.example")).await
    };
    let mail = "\n< 235 ok\n> MAIL FROM:<me@x.example>";
    let (report, heard, told) = tried(&format!(
        "{mail}\n< 250 ok\n> RSET\n< 250 ok\n> QUIT\n< 221 bye"
    ))
    .await;
    report.unwrap();
    let implicit = vec![LookUp, Connect, Encrypt, Greeting, Login, Sender];
    assert_eq!(course(&told), (implicit, None));
    assert!(!heard.lines.iter().any(|line| line.starts_with("RCPT")));
    assert!(told.contains(&Told::Passed(Greeting, "It says: mail.test ready".into())));

    let (report, _, told) = tried(&format!("{mail}\n< 553 5.7.1 not yours")).await;
    let failed = report.unwrap_err();
    assert_eq!(failed.phase, Phase::MailFrom);
    assert!(
        failed
            .reason
            .contains("does not take mail from `me@x.example`"),
        "{failed}"
    );
    assert_eq!(course(&told).1, Some(Sender));

    let (report, _, told) = tried("\n< 535 5.7.8 no").await;
    assert_eq!(report.unwrap_err().phase, Phase::Auth);
    assert_eq!(
        course(&told),
        (vec![LookUp, Connect, Encrypt, Greeting], Some(Login))
    );

    let starttls = "< 220 hi\n> EHLO\n< 250-x\\n250 STARTTLS\n> STARTTLS\n< 220 go\ntls\n> EHLO\n< 250 x\n> QUIT";
    let case = Case::new(starttls).tls(TlsMode::Starttls, &authority);
    let (report, _, told) = case.test(None).await;
    report.unwrap();
    assert_eq!(
        course(&told),
        (vec![LookUp, Connect, Greeting, Encrypt, Login], None)
    );
}

#[tokio::test]
async fn a_live_test_of_nothing_says_what_is_wrong() {
    let mut case = Case::new("");
    let (listener, transport) = case.listen().await;
    drop(listener);
    let failed = transport.test(None, Witness::nobody()).await.unwrap_err();
    assert_eq!(failed.phase, Phase::Connect);
    assert!(
        failed.reason.contains("nothing answers at 127.0.0.1:"),
        "{failed}"
    );
    case.settings.host = "no-such-host.invalid".into();
    let smtp = SmtpTransport::new(case.settings, None, Timeouts::for_a_person());
    let failed = Transport::Smtp(smtp)
        .test(None, Witness::nobody())
        .await
        .unwrap_err();
    assert!(
        failed
            .reason
            .contains("`no-such-host.invalid` cannot be found"),
        "{failed}"
    );
}
