//! What a person does at the queue: undo, reject, edit; and what never comes there.

use serde_json::json;
use tests::wait::PATIENCE;
use tests::{ALICE, UNWORRIED};

use crate::opened::{Opened, letter};

/// WebDriver's names of keys.
const ENTER: &str = "\u{E007}";
const CONTROL: &str = "\u{E009}";

#[test]
fn an_undone_approval_leaves_nothing_and_a_rejection_tells_the_agent_why() {
    let desk = Opened::asking_always();
    let id = desk.held(&letter("Taken back"));
    desk.until_rested("Taken back");
    desk.window.press("a");
    desk.until_state(&id, "queued");
    desk.window.press("z");
    desk.until_state(&id, "held");
    desk.until_rested("Taken back");
    desk.window.press("d");
    let reason = desk.window.wait_for("#reject-reason", PATIENCE);
    desk.window.type_into(&reason, "wrong person");
    desk.picture("4-reject");
    desk.window.press(ENTER);
    desk.until_state(&id, "rejected");
    let told = desk.told(&id);
    assert_eq!(told["review"]["reason"], "wrong person", "{told}");
    assert!(desk.stack.delivered(ALICE).is_empty());
}

#[test]
fn an_edited_message_leaves_as_edited_and_the_agent_sees_both_versions() {
    let desk = Opened::with(1, "[review]\nundo_window_seconds = 0\n", |_, _| {});
    let id = desk.held(&letter("To be mended"));
    desk.until_rested("To be mended");
    desk.window.press("e");
    let text = desk.window.wait_for("#edit-text", PATIENCE);
    desk.window.type_into(&text, " MENDED");
    desk.picture("5-edit");
    desk.window.type_into(&text, &format!("{CONTROL}{ENTER}"));
    desk.window.wait_for_text("Version 2", PATIENCE);
    desk.until_rested("To be mended");
    desk.window.press("a");
    let mail = desk
        .stack
        .wait_for_mail(ALICE, PATIENCE, |mail: &[u8]| !mail.is_empty());
    assert!(String::from_utf8_lossy(&mail).contains("MENDED"));
    let told = desk.told(&id);
    assert_eq!(told["versions"].as_array().map(Vec::len), Some(2), "{told}");
}

#[test]
fn who_said_stop_and_what_is_over_the_limit_never_reach_the_queue() {
    let limit = "[rules.rate_limit]\nmailbox = { hour = 1 }\n[rules.cooldown]\nenabled = false\n";
    let desk = Opened::with(3, &format!("{UNWORRIED}{limit}"), |_, _| {});
    let stopped = desk
        .api
        .post("/v1/suppressions", &json!({"address": "stop@example.test"}));
    assert!(stopped.status < 300, "{stopped:?}");
    let mut to_stopped = letter("To who said stop");
    to_stopped["to"] = json!(["stop@example.test"]);
    let answer = desk.ask(&to_stopped).json();
    assert_eq!(answer["state"], "blocked", "{answer}");
    assert_eq!(answer["decision"]["primary"]["rule"], "suppression");
    let first = desk.ask(&letter("The one of this hour")).json();
    assert_eq!(first["verdict"], "allow", "{first}");
    let second = desk.ask(&letter("The one too many")).json();
    assert_eq!(second["state"], "deferred", "{second}");
    desk.stack.wait_for_count(ALICE, 1);
    desk.window.wait_for_text("Nothing", PATIENCE);
    desk.window.execute("location.hash = '#/activity'");
    desk.window.wait_for_text("To who said stop", PATIENCE);
    desk.window.wait_for_text("The one too many", PATIENCE);
    desk.picture("6-activity");
}
