//! What a mailbox's own server is asked for besides reading: copies in Sent, and return addresses
//! that name their message. With the real Postfix and the real Dovecot.

use serde_json::json;
use tests::wait::PATIENCE;
use tests::{ALICE, BOB, Smtp, until};

use crate::inbound::Office;

/// Has Alice's mailbox read with these settings besides.
fn read_with(office: &Office, more: &str) {
    let imap = format!(
        "imap://alice%40example.test@localhost:{}?tls=implicit&ca={}&people=no&{more}",
        office.stack.imaps_port(),
        office.stack.ca_file().display()
    );
    office
        .desk
        .with_secrets(
            &["mailbox", "imap", ALICE.address, "--imap", &imap],
            &[
                ("--passphrase-fd", tests::PASSPHRASE),
                ("--imap-password-fd", ALICE.password),
            ],
        )
        .ok();
}

#[test]
fn what_left_is_filed_in_sent_once_though_the_process_is_killed() {
    let office = Office::open();
    read_with(&office, "sent=append");
    let (_, first) = office.send(BOB.address, "the first", &json!({}));
    let delivered = office.stack.wait_for_mail(BOB, PATIENCE, |mail: &[u8]| {
        String::from_utf8_lossy(mail).contains("the first")
    });
    let copies = |id: &str| {
        let held = office.stack.filed(ALICE, "Sent");
        let ours = held
            .into_iter()
            .filter(|mail| String::from_utf8_lossy(mail).contains(&format!("Message-ID: {id}")));
        ours.collect::<Vec<_>>()
    };
    until("a copy in Sent", PATIENCE, || {
        (copies(&first).len() == 1).then_some(())
    });
    assert_eq!(
        String::from_utf8_lossy(&copies(&first)[0]),
        String::from_utf8_lossy(tests::mailstack::as_sent(&delivered)),
        "the copy is what left"
    );

    // Killed around the next filing, again and again, each time at another point of the way.
    let Office {
        serving,
        desk,
        stack,
        token,
        ..
    } = office;
    let mut serving = serving;
    let mut ids = Vec::new();
    for moment in ["asked", "claimed", "arrived", "sent"] {
        let subject = format!("killed once {moment}");
        let letter = json!({
            "mailbox": ALICE.address, "to": [BOB.address],
            "subject": subject, "text": format!("This is {moment}."),
        });
        let api = serving.api(&token);
        let answer = api.post("/v1/submissions", &letter).json();
        let id = answer["id"].as_str().unwrap().to_owned();
        let state = || api.get(&format!("/v1/submissions/{id}")).json()["state"].clone();
        match moment {
            "claimed" => until("it is on its way", PATIENCE, || {
                (state() != "queued").then_some(())
            }),
            "arrived" => drop(stack.wait_for_mail(BOB, PATIENCE, |mail: &[u8]| {
                String::from_utf8_lossy(mail).contains(&subject)
            })),
            "sent" => until("it is sent", PATIENCE, || (state() == "sent").then_some(())),
            _ => {}
        }
        ids.push(id);
        serving.kill9();
        serving = desk.serve();
    }
    let filed = |id: &str| {
        let shown = desk.run(&["show", id, "--json"]).json();
        let id = shown["message"]["message_id"].as_str().unwrap().to_owned();
        let held = stack.filed(ALICE, "Sent").into_iter();
        let named = format!("Message-ID: {id}");
        held.filter(|mail| String::from_utf8_lossy(mail).contains(&named))
            .count()
    };
    for id in &ids {
        let state = || {
            let answer = serving.api(&token).get(&format!("/v1/submissions/{id}"));
            answer.json()["state"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        until("it is told where it is", PATIENCE, || {
            ["sent", "uncertain"]
                .contains(&state().as_str())
                .then_some(())
        });
        // An uncertain one has no answer, and no copy.
        let wanted = usize::from(state() == "sent");
        until("its copy", PATIENCE * 4, || {
            (filed(id) >= wanted).then_some(())
        });
        assert_eq!(filed(id), wanted, "{id}");
    }
    let alarms = desk.run(&["inbox", "alarms", "--json"]).json();
    assert_eq!(alarms, json!([]), "our own copies went around nothing");
    desk.run(&["verify"]).ok();
}

#[test]
fn a_bounce_that_quotes_nothing_is_known_by_the_address_it_comes_to() {
    let office = Office::open();
    read_with(&office, "sent=provider&tokens=plus");
    let (id, _) = office.send(BOB.address, "a plain word", &json!({}));
    let delivered = office.stack.wait_for_mail(BOB, PATIENCE, |mail: &[u8]| {
        String::from_utf8_lossy(mail).contains("a plain word")
    });
    let delivered = String::from_utf8_lossy(&delivered).into_owned();
    let returns = delivered
        .lines()
        .find_map(|line| line.strip_prefix("Return-Path: <"))
        .unwrap()
        .trim_end()
        .trim_end_matches('>')
        .to_owned();
    assert!(returns.starts_with("alice+so-"), "{returns}");
    // What Bob sees and answers is the mailbox.
    let headers = delivered.split("\r\n\r\n").next().unwrap();
    let own = headers.split("From:").nth(1).unwrap();
    assert!(!own.contains("+so-"), "{headers}");

    let bounce = |to: &str, who: &str| {
        let report = format!(
            "From: MAILER-DAEMON@example.test\r\nTo: <{to}>\r\nSubject: Undelivered\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\
             Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nUser unknown.\r\n\r\n--b\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.test\r\n\r\n\
             Final-Recipient: rfc822; {who}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
        );
        let (mut smtp, _) = Smtp::connect(office.stack.smtp_port());
        let reply = smtp.deliver("", &[to], &report).unwrap();
        assert_eq!(reply.code, 250, "{reply:?}");
    };
    // A token nobody gave, and a right one with somebody it was not sent to, change nothing.
    bounce("alice+so-00000000000000000000@example.test", BOB.address);
    bounce(&returns, "carol@example.test");
    until("both reports are in", PATIENCE, || {
        let rows = office.inbox("all");
        let bounces: u64 = rows
            .iter()
            .filter(|row| row["kind"] == "bounce")
            .filter_map(|row| row["received"].as_u64())
            .sum();
        (bounces >= 2).then_some(())
    });
    assert!(office.suppressed().is_empty(), "{:?}", office.suppressed());
    assert_eq!(office.state(&id), "sent");

    bounce(&returns, BOB.address);
    let row = office.wait_for_suppression();
    assert_eq!(row["pattern"], BOB.address, "{row}");
    office.wait_for_state(&id, "bounced");
    office.desk.run(&["verify"]).ok();
}
