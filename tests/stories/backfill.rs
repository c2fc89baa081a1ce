//! A mailbox is read for the first time while Sendoff is killed again and again, with the real
//! Postfix and the real Dovecot.

use std::time::Duration;

use serde_json::{Value, json};
use tests::wait::PATIENCE;
use tests::{ALICE, BOB, Desk, MailStack, until};

use crate::inbound::{Office, read_mail};
use crate::world::{SWIFT, publish};

/// Messages of the backfill; the issue's own number is 5000.
fn backfill() -> usize {
    let said = std::env::var("SENDOFF_BACKFILL").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(1_500)
}

/// Lives that end in the middle of it.
const KILLS: usize = 10;

#[test]
fn ten_kills_in_a_backfill_take_every_message_in_once() {
    let count = backfill();
    let stack = MailStack::start();
    let desk = Desk::initialised();
    let token = desk.with_agent(ALICE.address, stack.smtp_port(), 3);
    publish(&desk, SWIFT);
    // What comes back to these is waiting when the mailbox is read for the first time.
    let serving = desk.serve();
    let api = serving.api(&token);
    let office = Office {
        serving,
        desk,
        api,
        stack,
        token,
    };
    let gone: Vec<String> = (0..3).map(|n| format!("gone-{n}@example.test")).collect();
    let bounced: Vec<String> = gone
        .iter()
        .map(|to| office.send(to, &format!("hello {to}"), &json!({})).0)
        .collect();
    let (_, news) = office.send(BOB.address, "news", &json!({}));
    let Office {
        serving,
        desk,
        stack,
        ..
    } = office;
    serving.kill9();
    for n in 0..count {
        let message = format!(
            "From: Writer {n} <w{n}@other.test>\r\nTo: {}\r\nSubject: Letter {n}\r\n\
             Message-ID: <l{n}@other.test>\r\n\r\nThis is letter number {n}.\r\n",
            ALICE.address
        );
        stack.put(ALICE, None, &message);
        if n == count / 2 {
            let stop = format!(
                "From: <{}>\r\nTo: {}\r\nSubject: Re: news\r\nMessage-ID: <stop@bob.test>\r\n\
                 In-Reply-To: {news}\r\n\r\nPlease unsubscribe me and never email me again.\r\n",
                BOB.address, ALICE.address
            );
            stack.put(ALICE, None, &stop);
        }
    }
    read_mail(&desk, &stack, ALICE.password);
    let inbox = || -> Vec<Value> {
        let list = desk.run(&["inbox", "list", "--json"]).json();
        list.as_array().unwrap().clone()
    };
    let taken = || inbox().len();
    // The reports stand there too, and the opt-out.
    let whole = count + gone.len() + 1;
    let (mut before, mut met) = (0, 0);
    for _ in 0..KILLS {
        let serving = desk.serve();
        let now = until("something more is taken in", PATIENCE, || {
            let now = taken();
            (now > before || now >= whole).then_some(now)
        });
        serving.kill9();
        met += usize::from(now < whole);
        before = now;
    }
    let serving = desk.serve();
    until("every message", Duration::from_secs(240), || {
        (taken() >= whole).then_some(())
    });
    // A moment for what must not come: the same again.
    std::thread::sleep(Duration::from_secs(2));
    let all = inbox();
    assert_eq!(all.len(), whole);
    for row in &all {
        assert_eq!(row["received"], 1, "twice: {row}");
    }
    assert!(met >= KILLS / 3, "only {met} kills met a half-read folder");

    let list = desk.run(&["suppression", "list", "--json"]).json();
    let mut stopped: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["pattern"].as_str())
        .collect();
    stopped.sort_unstable();
    let mut wanted: Vec<&str> = gone.iter().map(String::as_str).collect();
    wanted.insert(0, BOB.address);
    assert_eq!(stopped, wanted);
    for id in &bounced {
        let shown = desk.run(&["show", id, "--json"]).json();
        let journal = shown["journal"].as_array().unwrap().iter();
        let bounces = journal.filter(|line| line["kind"] == "delivery.bounced");
        assert_eq!(bounces.count(), 1, "{shown}");
    }
    drop(serving);
    desk.run(&["verify"]).ok();
}
