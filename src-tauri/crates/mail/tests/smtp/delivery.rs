//! What becomes of each recipient, and that the message arrives octet for octet.

use crate::case::{Case, HELLO, answered};
use crate::cleared::{DATE, sealed, sealed_from};
use domain::delivery::Phase;

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
