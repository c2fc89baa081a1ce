//! The conversation itself: order, login, pipelining, limits.

use std::time::Duration;

use domain::{Actor, Level, SuppressionReason};
use engine::AskRate;
use tokio::io::AsyncWriteExt as _;

use crate::client::{MAILBOX, desk, desk_with, letter, plain};

#[tokio::test]
async fn it_offers_what_it_does_and_nothing_else() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.client().await;
    let said = client.ask("EHLO client.example").await;
    for offered in [
        "PIPELINING",
        "SIZE 36700160",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "AUTH PLAIN LOGIN",
    ] {
        assert!(said.contains(offered), "{offered} is not in {said}");
    }
    assert!(
        !said.contains("CHUNKING") && !said.contains("STARTTLS"),
        "{said}"
    );
    assert!(client.ask("BDAT 3 LAST").await.starts_with("502 "));
    assert!(client.ask("QUIT").await.starts_with("221 "));
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn nothing_is_taken_before_a_login() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.client().await;
    client.ask("EHLO client.example").await;
    for line in [
        "MAIL FROM:<ann@example.com>",
        "RCPT TO:<bob@x.example>",
        "DATA",
    ] {
        assert!(client.ask(line).await.starts_with("530 5.7.0 "), "{line}");
    }
}

#[tokio::test]
async fn every_way_to_log_in_works() {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let desk = desk(Level::AskAlways).await;
    for user in ["helper", "HELPER", MAILBOX] {
        let mut client = desk.client().await;
        client.ask("EHLO c").await;
        assert!(client.ask("AUTH PLAIN").await.starts_with("334 "));
        let reply = client.ask(&plain(user, &desk.token)).await;
        assert!(reply.starts_with("235 "), "{reply}");

        let mut client = desk.client().await;
        client.ask("EHLO c").await;
        assert_eq!(client.ask("AUTH LOGIN").await, "334 VXNlcm5hbWU6\r\n");
        assert_eq!(client.ask(&encode(user)).await, "334 UGFzc3dvcmQ6\r\n");
        assert!(client.ask(&encode(&desk.token)).await.starts_with("235 "));

        let mut client = desk.client().await;
        client.ask("EHLO c").await;
        let challenge = client.ask(&format!("AUTH LOGIN {}", encode(user))).await;
        assert_eq!(challenge, "334 UGFzc3dvcmQ6\r\n");
        assert!(client.ask(&encode(&desk.token)).await.starts_with("235 "));
        assert!(client.ask("AUTH PLAIN").await.starts_with("503 "));
    }
}

#[tokio::test]
async fn a_wrong_token_a_wrong_user_and_a_cut_token_are_refused_and_the_third_ends_it() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.client().await;
    client.ask("EHLO c").await;
    let cut = &desk.token[..desk.token.len() - 1];
    for (user, token) in [
        ("helper", "so_live_x"),
        ("somebody", &desk.token),
        ("helper", cut),
    ] {
        let reply = client
            .ask(&format!("AUTH PLAIN {}", plain(user, token)))
            .await;
        assert!(reply.starts_with("535 5.7.8 "), "{reply}");
    }
    assert_eq!(client.rest().await, "");
    // And the door still opens to who is right.
    desk.logged_in().await;
}

#[tokio::test]
async fn a_token_that_ends_during_a_conversation_has_ended() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    desk.engine.revoke_agent(desk.agent.id).await.unwrap();
    let reply = client.deliver(&["bob@x.example"], &letter("")).await;
    assert!(reply.starts_with("535 5.7.8 token_ended"), "{reply}");
    assert_eq!(desk.count().await, 0);
}

#[tokio::test]
async fn commands_may_be_sent_ahead_and_are_answered_in_order() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let ahead = "MAIL FROM:<ann@example.com> BODY=8BITMIME\r\nRCPT TO:<bob@x.example>\r\nRCPT TO:<bad>\r\nDATA\r\n";
    client.send(ahead.as_bytes()).await;
    for code in ["250 2.1.0", "250 2.1.5", "553 5.1.3", "354 "] {
        let reply = client.reply().await;
        assert!(reply.starts_with(code), "{code}: {reply}");
    }
    client
        .send(
            format!(
                "{}.\r\nNOOP\r\nQUIT\r\n",
                letter("").replace("\r\n.", "\r\n..")
            )
            .as_bytes(),
        )
        .await;
    for code in ["250 2.0.0 Ok: held", "250 ", "221 "] {
        let reply = client.reply().await;
        assert!(reply.starts_with(code), "{code}: {reply}");
    }
}

#[tokio::test]
async fn parameters_of_dsn_are_tolerated_and_what_is_not_offered_is_not() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let reply = client
        .ask("MAIL FROM:<ann@example.com> RET=HDRS ENVID=abc SIZE=1000 BODY=7BIT AUTH=<>")
        .await;
    assert!(reply.starts_with("250 "), "{reply}");
    let reply = client
        .ask("RCPT TO:<bob@x.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@x.example")
        .await;
    assert!(reply.starts_with("250 "), "{reply}");
    client.ask("RSET").await;
    for bad in ["BODY=BINARYMIME", "REQUIRETLS", "HOLDFOR=60", "X-ODD=1"] {
        let reply = client
            .ask(&format!("MAIL FROM:<ann@example.com> {bad}"))
            .await;
        assert!(reply.starts_with("555 5.5.4 "), "{bad}: {reply}");
    }
    let reply = client
        .ask("MAIL FROM:<ann@example.com> SIZE=99999999")
        .await;
    assert!(reply.starts_with("552 5.3.4 "), "{reply}");
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_its_parameter() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    client.ask("MAIL FROM:<ann@example.com>").await;
    assert!(
        client
            .ask("RCPT TO:<jürgen@x.example>")
            .await
            .starts_with("553 5.6.7 ")
    );
    client.ask("RSET").await;
    client.ask("MAIL FROM:<ann@example.com> SMTPUTF8").await;
    assert!(
        client
            .ask("RCPT TO:<jürgen@x.example>")
            .await
            .starts_with("250 ")
    );
}

#[tokio::test]
async fn there_is_a_most_of_recipients() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    client.ask("MAIL FROM:<ann@example.com>").await;
    for n in 0..500 {
        assert!(
            client
                .ask(&format!("RCPT TO:<r{n}@x.example>"))
                .await
                .starts_with("250 ")
        );
    }
    let reply = client.ask("RCPT TO:<r500@x.example>").await;
    assert!(reply.starts_with("452 4.5.3 "), "{reply}");
}

#[tokio::test]
async fn a_message_that_is_too_long_is_refused_and_the_next_is_taken() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    let line = format!("{}\r\n", "x".repeat(900));
    let long = format!("{}{}", letter(""), line.repeat(42_000));
    assert!(
        client
            .deliver(&["bob@x.example"], &long)
            .await
            .starts_with("552 5.3.4 ")
    );
    let reply = client.deliver(&["bob@x.example"], &letter("")).await;
    assert!(reply.starts_with("250 "), "{reply}");
    assert_eq!(desk.count().await, 1);
}

#[tokio::test]
async fn whoever_only_makes_mistakes_is_hung_up_on() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.client().await;
    for _ in 0..21 {
        assert!(client.ask("WHAT").await.starts_with("500 "));
    }
    assert!(client.rest().await.starts_with("421 4.7.0 "));
}

#[tokio::test]
async fn whoever_is_told_no_or_later_makes_no_mistake() {
    let rate = AskRate {
        per_second: 1,
        burst: 30,
    };
    let desk = desk_with(Level::AskAlways, rate, None).await;
    let reason = SuppressionReason::Unsubscribe;
    let gone = "gone@x.example".to_owned();
    let suppress = desk
        .engine
        .suppress(Actor::Operator, gone, None, reason, None);
    suppress.await.unwrap();
    let mut client = desk.logged_in().await;
    for _ in 0..30 {
        let no = client.deliver(&["gone@x.example"], &letter("")).await;
        assert!(no.starts_with("550 5.7.1 suppression: "), "{no}");
    }
    for _ in 0..30 {
        let later = client.deliver(&["bob@x.example"], &letter("")).await;
        assert!(later.starts_with("450 4.7.1 "), "{later}");
    }
    assert!(client.ask("NOOP").await.starts_with("250 "));
}

#[tokio::test]
async fn a_line_without_end_and_a_page_that_speaks_http_are_hung_up_on() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.client().await;
    // The door may hang up before everything is written.
    let _ = client.stream.get_mut().write_all(&[b'x'; 20_000]).await;
    assert!(client.rest().await.starts_with("500 5.5.6 "));
    let mut client = desk.client().await;
    client
        .send(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nEHLO x\r\n")
        .await;
    let said = client.rest().await;
    assert!(
        said.starts_with("421 ") && said.lines().count() == 1,
        "{said}"
    );
}

#[tokio::test]
async fn a_door_that_shuts_leaves_its_port_at_once_whoever_is_still_inside() {
    let desk = desk(Level::AskAlways).await;
    let mut client = desk.logged_in().await;
    for (line, code) in [
        ("MAIL FROM:<ann@example.com>", "250"),
        ("RCPT TO:<bob@there.example>", "250"),
        ("DATA", "354"),
    ] {
        let reply = client.ask(line).await;
        assert!(reply.starts_with(code), "{reply}");
    }
    client
        .send(b"From: ann@example.com\r\nSubject: slow\r\n")
        .await;
    let at = desk.at;
    drop(desk.close);
    let again = async {
        loop {
            match submission::bind(at).await {
                Ok(bound) => return bound,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let again = tokio::time::timeout(Duration::from_secs(20), again).await;
    assert_eq!(again.unwrap().address(), at);
    // Had the door been given up by now, nobody would answer.
    client.send(b"\r\nstill here\r\n.\r\n").await;
    let reply = client.reply().await;
    assert!(reply.starts_with("250"), "{reply}");
}
