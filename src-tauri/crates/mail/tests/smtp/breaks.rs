//! The wire breaks at every place it can: before the last dot nothing was accepted, behind it only a
//! reply can tell.

use crate::case::{Case, HELLO, rows};
use crate::cleared::sealed_from;
use domain::Outcome;
use domain::delivery::Phase;

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
