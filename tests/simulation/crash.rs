//! The crashes one can name, against a scripted server on a socket: before the last dot, and
//! between it and its answer.

use std::time::Duration;

use domain::submission::Settlement;
use domain::{AccountKind, Actor, SmtpAuth, SmtpSettings, StateName, SubmissionId, TlsMode};
use engine::ManualClock;
use tests::UNWORRIED;
use tests::smtp_sink::{Act, SmtpSink};

use crate::life::{Life, START, folder};

const SENDER: &str = "real@here.example";

/// A folder whose agent `trusted` may also send through the sink, and its first life.
fn through(sink: &SmtpSink) -> (tempfile::TempDir, ManualClock, Life) {
    let (dir, clock) = (folder(), ManualClock::at(START));
    let life = Life::start(dir.path(), &clock, 1);
    life.run(async {
        let settings = SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port: sink.port(),
            tls: TlsMode::None,
            ca_file: None,
            auth: SmtpAuth::None,
        };
        let sender = SENDER.parse().unwrap();
        let kind = AccountKind::Smtp(settings);
        life.engine
            .add_mailbox(sender, None, kind, None)
            .await
            .unwrap();
        let agent = life.engine.agent_named("trusted").await.unwrap();
        let sender = SENDER.parse().unwrap();
        life.engine.grant(agent.id, &sender, None).await.unwrap();
    });
    (dir, clock, life)
}

fn submit(life: &Life, to: &str) -> SubmissionId {
    let draft = serde_json::json!({
        "to": [{"address": to}],
        "subject": "hello",
        "text": "one line\n.\nand a dot\n",
    });
    let ask = engine::Ask {
        mailbox: SENDER.parse().unwrap(),
        dedupe_key: None,
        key_lasts: None,
        request: domain::Digest::of(to.as_bytes()),
        draft: serde_json::from_value(draft).unwrap(),
    };
    life.run(async {
        let agent = life.engine.agent_named("trusted").await.unwrap();
        life.engine.submit(&agent, ask).await.unwrap().row.id
    })
}

/// Lets the workers work until `there`.
fn work_until(life: &Life, what: &str, there: impl Fn() -> bool) {
    life.run(async {
        let wait = async {
            while !there() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        assert!(waited.is_ok(), "{what}");
    });
}

fn until(life: &Life, id: SubmissionId, state: StateName) -> engine::Story {
    life.run(async {
        for _ in 0..10_000 {
            let story = life.engine.story(Actor::Operator, id).await.unwrap();
            if story.row.state.name() == state {
                return story;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("{id} did not become {state}");
    })
}

/// Lets the workers work for a while.
fn rest(life: &Life, millis: u64) {
    life.run(async { tokio::time::sleep(Duration::from_millis(millis)).await });
}

fn verify(life: &Life) {
    life.run(crate::check::record(&life.engine));
}

#[test]
fn a_crash_between_the_last_dot_and_its_answer_leaves_it_uncertain_and_it_never_goes_twice() {
    let sink = SmtpSink::start();
    sink.then([Act::HangAfterDot]);
    let (dir, clock, life) = through(&sink);
    let id = submit(&life, "ann@there.example");
    work_until(&life, "the dot arrives", || !sink.caught().is_empty());
    life.crash();

    let life = Life::start(dir.path(), &clock, 2);
    let story = until(&life, id, StateName::Uncertain);
    assert!(story.attempts[0].final_dot_at.is_some());
    clock.advance(domain::Span::from_days(3));
    let other = submit(&life, "ben@there.example");
    until(&life, other, StateName::Sent);
    assert_eq!(until(&life, id, StateName::Uncertain).attempts.len(), 1);
    assert_eq!(sink.caught().len(), 2);
    let settled = life
        .run(life.engine.settle(id, None, Settlement::Sent))
        .unwrap();
    assert_eq!(settled.state.name(), StateName::Sent);
    verify(&life);
    life.stop();
    assert_eq!(sink.caught().len(), 2);
}

#[test]
fn a_crash_before_the_last_dot_sends_it_once_after_the_restart_and_asks_nobody() {
    let sink = SmtpSink::start();
    sink.then([Act::HangAtMail]);
    let (dir, clock, life) = through(&sink);
    let id = submit(&life, "ann@there.example");
    work_until(&life, "MAIL arrives", || {
        sink.commands().iter().any(|line| line.starts_with("MAIL"))
    });
    life.crash();
    assert!(sink.caught().is_empty());

    let life = Life::start(dir.path(), &clock, 2);
    let story = until(&life, id, StateName::Sent);
    assert_eq!(story.attempts.len(), 2);
    assert_eq!(story.attempts[0].final_dot_at, None);
    assert_eq!(sink.caught().len(), 1);
    verify(&life);
    life.stop();
}

#[test]
fn a_stop_waits_for_the_answer_that_is_on_its_way() {
    let sink = SmtpSink::start();
    sink.then([Act::AcceptAfter(Duration::from_millis(300))]);
    let (dir, clock, life) = through(&sink);
    let id = submit(&life, "ann@there.example");
    work_until(&life, "the dot arrives", || !sink.caught().is_empty());
    // Asked to stop while the answer is on its way: it waits for it.
    life.stop();
    let life = Life::start(dir.path(), &clock, 2);
    until(&life, id, StateName::Sent);
    assert_eq!(sink.caught().len(), 1);
    verify(&life);
    life.stop();
}

#[test]
fn twenty_crashes_in_a_stream_of_sends_deliver_each_once_or_leave_it_openly_uncertain() {
    let sink = SmtpSink::start();
    let (dir, clock, mut life) = through(&sink);
    let unlimited = format!("{UNWORRIED}[rules.rate_limit]\nenabled = false\n");
    life.run(life.engine.publish_policy(unlimited)).unwrap();
    let mut ids = Vec::new();
    for round in 0..20_u64 {
        for n in 0..6 {
            ids.push(submit(&life, &format!("p{n}@there{round}.example")));
        }
        rest(&life, round % 7 * 2);
        life.crash();
        life = Life::start(dir.path(), &clock, 100 + round);
    }
    let mut uncertain = 0;
    for id in ids {
        let mut name = StateName::Queued;
        for _ in 0..10_000 {
            let story = life.run(life.engine.story(Actor::Operator, id)).unwrap();
            name = story.row.state.name();
            if name != StateName::Queued && name != StateName::Sending {
                break;
            }
            clock.advance(domain::Span::from_seconds(1));
            rest(&life, 2);
        }
        let row = life
            .run(life.engine.story(Actor::Operator, id))
            .unwrap()
            .row;
        let times = sink.count_by_message_id().get(&row.message_id).copied();
        match (name, times) {
            (StateName::Sent, Some(1)) => {}
            (StateName::Uncertain, None | Some(1)) => uncertain += 1,
            other => panic!("{id}: {other:?}"),
        }
    }
    // At most what was between the dot and its answer at each crash: four connections.
    assert!(uncertain <= 80, "{uncertain}");
    verify(&life);
    life.stop();
}
