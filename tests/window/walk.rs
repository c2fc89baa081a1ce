//! The whole way: an agent posts, the row appears, one key approves it, the undo bar passes, and
//! Dovecot holds what was on the screen plus `Date`.

use std::time::Instant;

use tests::mailstack::as_sent;
use tests::wait::PATIENCE;
use tests::{ALICE, until};

use crate::opened::{Opened, letter};

#[test]
fn a_message_walks_from_the_agent_through_the_window_to_dovecot() {
    let desk = Opened::asking_always();
    desk.picture("1-empty");
    let asked = Instant::now();
    let id = desk.held(&letter("A date on Tuesday"));
    desk.window.wait_for_text("A date on Tuesday", PATIENCE);
    println!(
        "the row was in the window after {} ms",
        asked.elapsed().as_millis()
    );
    desk.until_rested("A date on Tuesday");
    desk.picture("2-held");
    assert!(
        desk.stack.delivered(ALICE).is_empty(),
        "it left before anybody said so"
    );

    // The command line sees the same exact bytes the window shows.
    let sealed = desk.desk.run(&["show", &id, "--source"]).ok();
    desk.window.press("a");
    until("the undo bar", PATIENCE, || {
        desk.window.page_text().contains("Undo").then_some(())
    });
    desk.picture("3-undo");
    assert!(
        desk.stack.delivered(ALICE).is_empty(),
        "it left before the undo window ended"
    );

    let mail = desk
        .stack
        .wait_for_mail(ALICE, PATIENCE, |mail: &[u8]| !mail.is_empty());
    let text = String::from_utf8_lossy(as_sent(&mail)).replace("\r\n", "\n");
    let (date, rest) = text.split_once('\n').unwrap();
    assert!(date.starts_with("Date: "), "{date}");
    assert_eq!(rest.trim_end(), sealed.replace("\r\n", "\n").trim_end());
    assert_eq!(desk.stack.delivered(ALICE).len(), 1);
}

#[test]
fn an_agent_that_may_write_by_itself_waits_for_nobody() {
    let desk = Opened::with(3, "", |_, _| {});
    let answer = desk.ask(&letter("By itself"));
    assert_eq!(answer.status, 200, "{answer:?}");
    desk.stack
        .wait_for_mail(ALICE, PATIENCE, |mail: &[u8]| !mail.is_empty());
    desk.window.wait_for_text("Nothing", PATIENCE);
    desk.picture("level-3");
}
