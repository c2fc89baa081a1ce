//! The whole way through the real window: an agent posts, the row appears, one key approves it,
//! the undo bar passes, and Dovecot holds what was on the screen plus `Date`.
//!
//! Set `SENDOFF_PICTURES` to a folder to keep what the window looked like on the way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a surprise in a test is a failed test"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use tests::mailstack::as_sent;
use tests::process::desktop_bin;
use tests::wait::PATIENCE;
use tests::{ALICE, Api, Desk, MailStack, Session, Window, until};

const SENDER: &str = "hello@example.test";

/// Keeps a picture of the window, if somebody wants to look.
fn picture(window: &Window, name: &str) {
    if let Some(dir) = std::env::var_os("SENDOFF_PICTURES") {
        window.screenshot_to(&Path::new(&dir).join(format!("{name}.png")));
    }
}

fn letter(subject: &str) -> serde_json::Value {
    json!({
        "mailbox": SENDER,
        "to": [ALICE.address],
        "subject": subject,
        "text": "Dear Alice,\n\nshall we talk on Tuesday?\n\nDana\n",
        "reason": "She asked for a date.",
    })
}

/// Waits until the message on screen may be acted on: painted, loaded, and rested.
fn until_rested(window: &Window, subject: &str) {
    window.wait_for_text(subject, PATIENCE);
    window.wait_for("[data-rested=true]", PATIENCE);
}

#[test]
fn a_message_walks_from_the_agent_through_the_window_to_dovecot() {
    let stack = MailStack::start();
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, stack.smtp_port(), 1);
    let mut session = Session::start();
    let http = format!("127.0.0.1:{}", desk.port(0));
    let data = desk.data().display().to_string();
    let window = session.open(&desktop_bin(), &["--data", &data, "--http", &http]);
    window.wait_for("nav", PATIENCE);
    tests::wait::until_port_answers("the agents' door", desk.port(0), PATIENCE);
    picture(&window, "1-empty");

    let api = Api::new(&format!("http://{http}"), &token);
    let answer = api.post("/v1/submissions", &letter("A date on Tuesday"));
    let asked = Instant::now();
    assert_eq!(answer.status, 202, "{answer:?}");
    window.wait_for_text("A date on Tuesday", PATIENCE);
    println!(
        "the row was in the window after {} ms",
        asked.elapsed().as_millis()
    );
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    until_rested(&window, "A date on Tuesday");
    picture(&window, "2-held");
    assert!(
        stack.delivered(ALICE).is_empty(),
        "it left before anybody said so"
    );

    // The command line sees the same exact bytes the window shows.
    let sealed = desk.run(&["show", &id, "--source"]).ok();
    window.press("a");
    until("the undo bar", PATIENCE, || {
        window.page_text().contains("Undo").then_some(())
    });
    picture(&window, "3-undo");
    assert!(
        stack.delivered(ALICE).is_empty(),
        "it left before the undo window ended"
    );

    let mail = stack.wait_for_mail(ALICE, PATIENCE, |mail: &[u8]| !mail.is_empty());
    let text = String::from_utf8_lossy(as_sent(&mail)).replace("\r\n", "\n");
    let (date, rest) = text.split_once('\n').unwrap();
    assert!(date.starts_with("Date: "), "{date}");
    assert_eq!(rest.trim_end(), sealed.replace("\r\n", "\n").trim_end());
    assert_eq!(stack.delivered(ALICE).len(), 1);
}

#[test]
fn an_undone_approval_in_the_window_leaves_nothing_and_a_rejection_tells_the_agent_why() {
    let stack = MailStack::start();
    let desk = Desk::initialised();
    let token = desk.with_agent(SENDER, stack.smtp_port(), 1);
    let mut session = Session::start();
    let http = format!("127.0.0.1:{}", desk.port(0));
    let data = desk.data().display().to_string();
    let window = session.open(&desktop_bin(), &["--data", &data, "--http", &http]);
    window.wait_for("nav", PATIENCE);
    tests::wait::until_port_answers("the agents' door", desk.port(0), PATIENCE);
    let api = Api::new(&format!("http://{http}"), &token);
    let answer = api.post("/v1/submissions", &letter("Taken back"));
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let state = || {
        let answer = api.get(&format!("/v1/submissions/{id}")).json();
        answer["state"].as_str().unwrap_or_default().to_owned()
    };
    let wait_for = |wanted: &str| {
        until(
            &format!("the state {wanted}"),
            Duration::from_secs(20),
            || (state() == wanted).then_some(()),
        );
    };
    until_rested(&window, "Taken back");
    window.press("a");
    wait_for("queued");
    window.press("z");
    wait_for("held");
    until_rested(&window, "Taken back");
    window.press("d");
    let reason = window.wait_for("#reject-reason", PATIENCE);
    window.type_into(&reason, "wrong person");
    picture(&window, "4-reject");
    window.press("\u{E007}");
    wait_for("rejected");
    let told = api.get(&format!("/v1/submissions/{id}")).json();
    assert_eq!(told["review"]["reason"], "wrong person", "{told}");
    assert!(stack.delivered(ALICE).is_empty());
}
