//! What a person may do with what is held.

use serde_json::json;
use tests::SmtpSink;

use crate::world::{SWIFT, World, letter, publish};

#[test]
fn a_rejection_reaches_the_agent_with_its_reason_and_nothing_leaves() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), SWIFT);
    let id = world.held(&letter("dana@acme.test", "spam"));
    world
        .desk
        .run(&["reject", &id, "--reason", "too pushy"])
        .ok();
    let answer = world.api().get(&format!("/v1/submissions/{id}")).json();
    assert_eq!(answer["state"], "rejected", "{answer}");
    assert_eq!(answer["review"]["reason"], "too pushy", "{answer}");
    assert_eq!(sink.connections(), 0);
}

#[test]
fn an_approval_of_something_else_does_nothing() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), SWIFT);
    let id = world.held(&letter("dana@acme.test", "exact"));
    let wrong = "0".repeat(64);
    let ran = world.desk.as_operator(&["approve", &id, "--hash", &wrong]);
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.state(&id), "held");
    assert_eq!(sink.connections(), 0);
}

#[test]
fn approving_twice_sends_once() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), SWIFT);
    let id = world.held(&letter("dana@acme.test", "once"));
    let hash = world.hash(&id);
    world
        .desk
        .as_operator(&["approve", &id, "--hash", &hash])
        .ok();
    world.wait_for_state(&id, "sent");
    let again = world.desk.as_operator(&["approve", &id, "--hash", &hash]);
    assert_ne!(again.code, Some(0), "{again:?}");
    assert_eq!(sink.caught().len(), 1);
}

#[test]
fn two_operators_at_once_make_one_approval() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), SWIFT);
    let id = world.held(&letter("dana@acme.test", "both"));
    let hash = world.hash(&id);
    let codes: Vec<Option<i32>> = std::thread::scope(|scope| {
        let both: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    world
                        .desk
                        .as_operator(&["approve", &id, "--hash", &hash])
                        .code
                })
            })
            .collect();
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(
        codes.iter().filter(|code| **code == Some(0)).count(),
        1,
        "{codes:?}"
    );
    world.wait_for_state(&id, "sent");
    assert_eq!(sink.caught().len(), 1);
}

#[test]
fn what_is_approved_waits_out_the_undo_window_and_can_be_cancelled_by_the_agent() {
    let sink = SmtpSink::start();
    let policy = SWIFT.replace("undo_window_seconds = 0", "undo_window_seconds = 30");
    let world = World::with(1, sink.port(), &policy);
    let id = world.held(&letter("dana@acme.test", "wait"));
    world.approve(&id);
    assert_eq!(world.state(&id), "queued");
    let answer = world.api().delete(&format!("/v1/submissions/{id}"));
    assert!(answer.status < 300, "{}", answer.text);
    assert_eq!(world.state(&id), "cancelled");
    assert_eq!(sink.connections(), 0);
}

#[test]
fn an_opt_out_blocks_and_only_a_person_lifts_it() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    let added = world.api().post(
        "/v1/suppressions",
        &json!({ "address": "dana@acme.test", "reason": "unsubscribe" }),
    );
    assert!(added.status < 300, "{}", added.text);
    let answer = world.ask(&letter("dana@acme.test", "again"));
    assert_eq!(answer.json()["verdict"], "block", "{}", answer.text);
    assert_eq!(answer.json()["decision"]["primary"]["rule"], "suppression");
    assert_eq!(answer.json()["next"]["class"], "never");

    let alone = world.desk.run(&["suppression", "lift", "dana@acme.test"]);
    assert_eq!(alone.code, Some(4), "lifting needs the operator: {alone:?}");
    world
        .desk
        .as_operator(&["suppression", "lift", "dana@acme.test"])
        .ok();
    let answer = world.ask(&letter("dana@acme.test", "now it may"));
    assert_eq!(answer.json()["verdict"], "allow", "{}", answer.text);
    assert_eq!(sink.wait_for(1).len(), 1);
}

#[test]
fn an_opt_out_between_approval_and_dispatch_stops_the_message() {
    let sink = SmtpSink::start();
    let policy = SWIFT.replace("undo_window_seconds = 0", "undo_window_seconds = 2");
    let world = World::with(1, sink.port(), &policy);
    let id = world.held(&letter("dana@acme.test", "too late"));
    world.approve(&id);
    world
        .desk
        .run(&["suppression", "add", "dana@acme.test"])
        .ok();
    world.wait_for_state(&id, "blocked");
    assert_eq!(sink.connections(), 0);
}

#[test]
fn a_pause_lets_nothing_leave_and_a_resume_judges_again() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), SWIFT);
    let id = world.held(&letter("dana@acme.test", "paused"));
    world.desk.run(&["pause"]).ok();
    let blocked = world.ask(&letter("erin@acme.test", "now"));
    assert_eq!(blocked.json()["verdict"], "block", "{}", blocked.text);
    assert_eq!(
        blocked.json()["decision"]["primary"]["rule"],
        "workspace_paused"
    );
    let alone = world.desk.run(&["resume"]);
    assert_eq!(
        alone.code,
        Some(4),
        "resuming needs the operator: {alone:?}"
    );
    world.desk.as_operator(&["resume"]).ok();
    world.approve(&id);
    world.wait_for_state(&id, "sent");
    assert_eq!(sink.caught().len(), 1);
}

#[test]
fn a_stricter_policy_published_after_the_approval_still_counts() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), SWIFT);
    let ids: Vec<String> = (0..2)
        .map(|n| world.held(&letter(&format!("p{n}@acme.test"), &format!("letter {n}"))))
        .collect();
    // While it is paused nothing can leave between the two approvals and the new policy.
    world.desk.run(&["pause"]).ok();
    ids.iter().for_each(|id| world.approve(id));
    publish(&world.desk, &SWIFT.replace("hour = 100000", "hour = 1"));
    world.desk.as_operator(&["resume"]).ok();
    sink.wait_for(1);
    tests::until("the other to wait", tests::wait::PATIENCE, || {
        let states: Vec<String> = ids.iter().map(|id| world.state(id)).collect();
        let sent = states.iter().filter(|s| *s == "sent").count();
        let waits = states
            .iter()
            .filter(|s| *s == "deferred" || *s == "held")
            .count();
        (sent == 1 && waits == 1).then_some(())
    });
    assert_eq!(sink.caught().len(), 1);
}
