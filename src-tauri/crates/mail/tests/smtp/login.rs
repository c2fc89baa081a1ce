//! Logging in, and that no secret is ever shown.

use crate::case::{Case, HELLO};
use domain::delivery::Phase;
use domain::{Outcome, SmtpAuth};
use mail::transport::{SmtpTransport, Timeouts, Transport};

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
    let mut token = Case::new(
        "< 220 hi\n> EHLO\n< 250-x\\n250 AUTH PLAIN XOAUTH2
        > AUTH XOAUTH2 dXNlcj1tZQFhdXRoPUJlYXJlciB0b2sBAQ==\n< 334 eyJzdGF0dXMiOiI0MDEifQ==
        > \n< 535 5.7.8 expired",
    )
    .password("tok");
    token.settings.auth = SmtpAuth::Xoauth2 { user: "me".into() };
    let (phase, code, reason) = token.stops().await;
    assert_eq!((phase, code), (Phase::Auth, Some(535)));
    assert!(reason.contains("sign in again"), "{reason}");
    let mut standard = Case::new(
        "< 220 hi\n> EHLO\n< 250-x\\n250 AUTH PLAIN OAUTHBEARER
        > AUTH OAUTHBEARER\n< 334 eyJzdGF0dXMiOiI0MDEifQ==\n> AQ==\n< 535 5.7.8 expired",
    )
    .password("tok");
    standard.settings.auth = SmtpAuth::Xoauth2 { user: "me".into() };
    let (phase, code, _) = standard.stops().await;
    assert_eq!((phase, code), (Phase::Auth, Some(535)));
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
