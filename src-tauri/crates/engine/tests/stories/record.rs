//! The record is signed, and whoever cuts, forges or puts back an old copy is found out.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::submission::Settlement;
use domain::{Actor, Level, Span, StateName, Verdict};
use engine::{CHECKPOINT_FILE_SETTING, Engine, ManualClock, PauseScope, VerifyReport};

use crate::world::{PASSPHRASE, START, World, ask, open_new, reopen};

fn file(dir: &Path) -> PathBuf {
    dir.join("checkpoints.ndjson")
}

/// The entries signed outside, in order.
fn signed(file: &Path) -> Vec<u64> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["seq"].as_u64().unwrap()
        })
        .collect()
}

/// Waits until the head itself is signed outside.
async fn head_is_signed(engine: &Engine, file: &Path) {
    for _ in 0..2_000 {
        let head = engine.verify(|_, _| {}).await.unwrap().head.unwrap().0;
        if signed(file).last() == Some(&head) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the head is not signed: {:?}", signed(file));
}

fn verify(dir: &Path) -> VerifyReport {
    Engine::verify_dir(dir, |_, _| {}).unwrap()
}

/// Some divergence says this.
fn names(report: &VerifyReport, what: &str) -> bool {
    report
        .divergences
        .iter()
        .any(|divergence| divergence.what.contains(what))
}

/// A folder with one message approved and due later, and one sent; stopped.
async fn a_day() -> (World, PathBuf) {
    let mut world = World::on_disk(Level::AskAlways).await;
    let dir = world.dir().to_owned();
    let id = world.ask("ann@there.example").await.row.id;
    world.approve(id).await;
    world.pass(Span::from_seconds(10));
    world.until(id, StateName::Sent).await;
    world.stop().await;
    (world, dir)
}

#[tokio::test]
async fn an_operators_act_is_signed_without_waiting_for_the_minute() {
    let world = World::on_disk(Level::AskAlways).await;
    let path = file(world.dir());
    let id = world.ask("ann@there.example").await.row.id;
    world.approve(id).await;
    head_is_signed(&world.engine, &path).await;
    world
        .engine
        .pause(PauseScope::Workspace, Actor::Operator)
        .await
        .unwrap();
    head_is_signed(&world.engine, &path).await;
    world.verify().await;
}

#[tokio::test]
async fn each_minute_the_head_moved_it_is_signed_and_an_idle_minute_signs_nothing() {
    let world = World::on_disk(Level::AskAlways).await;
    let path = file(world.dir());
    head_is_signed(&world.engine, &path).await;
    world.ask("ann@there.example").await;
    world.pass(Span::from_minutes(1));
    head_is_signed(&world.engine, &path).await;
    let before = signed(&path);
    for _ in 0..5 {
        world.pass(Span::from_minutes(1));
        tokio::task::yield_now().await;
    }
    world.verify().await;
    assert_eq!(signed(&path), before);
}

#[tokio::test]
async fn a_clean_stop_signs_the_last_entry_and_anyone_can_verify_without_a_passphrase() {
    let (_world, dir) = a_day().await;
    let report = verify(&dir);
    assert!(report.is_clean(), "{:#?}", report.divergences);
    assert_eq!(signed(&file(&dir)).last(), Some(&report.head.unwrap().0));
}

#[tokio::test]
async fn a_locked_vault_signs_nothing_and_everything_once_unlocked() {
    let (world, dir) = a_day().await;
    let path = file(&dir);
    let before = signed(&path);
    let engine = reopen(&dir, &world.clock, 9);
    let supervisor = engine.start().await.unwrap();
    engine
        .pause(PauseScope::Workspace, Actor::Operator)
        .await
        .unwrap();
    let report = engine.verify(|_, _| {}).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.divergences);
    assert_eq!(signed(&path), before);
    engine.unlock(PASSPHRASE.to_owned()).await.unwrap();
    head_is_signed(&engine, &path).await;
    supervisor.stop().await;
    assert!(verify(&dir).is_clean());
}

#[tokio::test]
async fn a_command_that_does_one_thing_signs_it_as_it_goes() {
    let (world, dir) = a_day().await;
    let engine = reopen(&dir, &world.clock, 9);
    engine.unlock(PASSPHRASE.to_owned()).await.unwrap();
    engine
        .pause(PauseScope::Workspace, Actor::Operator)
        .await
        .unwrap();
    engine.close();
    let report = verify(&dir);
    assert!(report.is_clean(), "{:#?}", report.divergences);
    assert_eq!(signed(&file(&dir)).last(), Some(&report.head.unwrap().0));
}

#[tokio::test]
async fn an_old_copy_of_the_database_is_named_starts_paused_and_sends_nothing_again() {
    let mut world = World::on_disk(Level::AskAlways).await;
    let dir = world.dir().to_owned();
    let queued = world.ask("ann@there.example").await.row.id;
    let held = world.ask("ben@there.example").await.row.id;
    world.approve(queued).await;
    world.stop().await;
    let copy = fs::read(dir.join("sendoff.db")).unwrap();

    // The day goes on after the copy: the message leaves.
    let engine = reopen(&dir, &world.clock, 9);
    engine.unlock(PASSPHRASE.to_owned()).await.unwrap();
    let supervisor = engine.start().await.unwrap();
    world.engine = engine;
    world.pass(Span::from_seconds(10));
    world.until(queued, StateName::Sent).await;
    supervisor.stop().await;
    assert!(verify(&dir).is_clean());

    fs::write(dir.join("sendoff.db"), copy).unwrap();
    let report = verify(&dir);
    assert!(names(&report, "its end was cut off"), "{:#?}", report);

    world.engine = reopen(&dir, &world.clock, 10);
    let supervisor = world.engine.start().await.unwrap();
    assert!(world.engine.paused_at().await.unwrap().is_some());
    let health = world.engine.record_health().await.unwrap();
    let trouble = health.verified.unwrap().trouble.unwrap();
    assert!(trouble.contains("this is an old copy"), "{trouble}");
    assert_eq!(world.state(queued).await, StateName::Uncertain);
    assert_eq!(world.state(held).await, StateName::Held);
    // Even resumed it does not leave by itself.
    world.engine.resume(PauseScope::Workspace).await.unwrap();
    world.pass(Span::from_days(1));
    assert_eq!(world.state(queued).await, StateName::Uncertain);
    world
        .engine
        .settle(queued, None, Settlement::Sent)
        .await
        .unwrap();
    assert!(world.engine.rehearsal_delivered().is_empty());
    // The record says itself what it lost.
    world.verify().await;
    supervisor.stop().await;

    // The next start finds nothing new to doubt, though nobody could sign yet.
    world.engine = reopen(&dir, &world.clock, 11);
    assert_eq!(world.engine.paused_at().await.unwrap(), None);
    assert_eq!(world.state(queued).await, StateName::Sent);
    world.verify().await;
}

#[tokio::test]
async fn a_checkpoint_file_that_was_shortened_changed_or_taken_away_is_named() {
    let (_world, dir) = a_day().await;
    let path = file(&dir);
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    assert!(lines.len() >= 2, "{whole}");

    fs::write(&path, format!("{}\n", lines[0])).unwrap();
    assert!(names(&verify(&dir), "are not in the file"));

    let digit = if lines[0].ends_with("0\"}") { "1" } else { "0" };
    let first = format!("{}{digit}\"}}", &lines[0][..lines[0].len() - 3]);
    fs::write(&path, whole.replacen(lines[0], &first, 1)).unwrap();
    assert!(names(&verify(&dir), "does not hold"));

    fs::remove_file(&path).unwrap();
    assert!(names(&verify(&dir), "cannot be read"));

    fs::write(&path, whole).unwrap();
    assert!(verify(&dir).is_clean());
}

#[tokio::test]
async fn a_whole_record_written_anew_does_not_fit_the_signatures_outside() {
    let (_world, dir) = a_day().await;
    let other = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(START);
    let engine = open_new(other.path(), &clock).await;
    engine.rehearse().await.unwrap();
    for _ in 0..20 {
        for on in [true, false] {
            let scope = PauseScope::Workspace;
            match on {
                true => engine.pause(scope, Actor::Operator).await.unwrap(),
                false => engine.resume(scope).await.unwrap(),
            }
        }
    }
    engine.close();
    fs::copy(other.path().join("sendoff.db"), dir.join("sendoff.db")).unwrap();
    let report = verify(&dir);
    assert!(
        names(&report, "is not the one that was signed"),
        "{report:#?}"
    );
}

#[tokio::test]
async fn the_file_may_lie_elsewhere_and_starts_there_with_everything_signed_so_far() {
    let world = World::on_disk(Level::AskAlways).await;
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("signed.ndjson");
    head_is_signed(&world.engine, &file(world.dir())).await;
    let setting = |value: &Path| {
        let (key, value) = (
            CHECKPOINT_FILE_SETTING.to_owned(),
            value.display().to_string(),
        );
        world.engine.set_setting(key, value)
    };
    let nowhere = setting(&outside.path().join("missing").join("x")).await;
    assert_eq!(nowhere.unwrap_err().code, domain::Code::InvalidField);
    setting(&path).await.unwrap();
    head_is_signed(&world.engine, &path).await;
    let before = signed(&file(world.dir()));
    assert!(signed(&path).starts_with(&before));
    world.verify().await;
}

#[tokio::test]
async fn a_stored_policy_damaged_by_hand_holds_everything_and_says_so_until_a_sound_one_is_published()
 {
    let mut world = World::on_disk(Level::AskOnException).await;
    let text = "[rules.cooldown]\nanyone_minutes = 7\n";
    world.publish(text).await;
    let fine = world.ask("ann@there.example").await.decision.decision;
    assert_eq!((fine.verdict, fine.policy_version), (Verdict::Allow, 2));
    world.stop().await;

    let path = world.dir().join("sendoff.db");
    let mut bytes = fs::read(&path).unwrap();
    let is_there = |bytes: &[u8]| bytes.starts_with(text.as_bytes());
    let places: Vec<usize> = (0..bytes.len())
        .filter(|n| is_there(&bytes[*n..]))
        .collect();
    assert!(!places.is_empty());
    places.iter().for_each(|place| bytes[*place] = b'(');
    fs::write(&path, bytes).unwrap();

    let engine = reopen(world.dir(), &world.clock, 9);
    let said = engine
        .check(&world.agent, ask("bob@elsewhere.example"))
        .await;
    assert_eq!(said.unwrap().verdict, Verdict::Hold);
    let held = engine.submit(&world.agent, ask("bob@elsewhere.example"));
    let held = held.await.unwrap();
    assert_eq!(held.row.state.name(), StateName::Held);
    assert_eq!(held.row.primary_rule.as_deref(), Some("policy_unreadable"));
    let sentence = &held.decision.decision.primary().unwrap().sentence;
    assert!(sentence.contains("version 2"), "{sentence}");
    // An agent can know it before it asks.
    let limits = engine.limits(&world.agent, None).await.unwrap();
    let said = limits.rules.iter().map(|rule| rule.finding.rule.as_str());
    assert!(said.into_iter().any(|rule| rule == "policy_unreadable"));
    let report = engine.verify(|_, _| {}).await.unwrap();
    assert!(names(&report, "is not as the journal says"), "{report:?}");

    engine.publish_policy(text.to_owned()).await.unwrap();
    let again = engine.submit(&world.agent, ask("eve@further.example"));
    let again = again.await.unwrap().decision.decision;
    assert_eq!((again.verdict, again.policy_version), (Verdict::Allow, 3));
}

#[tokio::test]
async fn what_verifying_found_is_known_after_a_restart_until_a_walk_finds_nothing() {
    let (world, dir) = a_day().await;
    let path = file(&dir);
    let whole = fs::read_to_string(&path).unwrap();
    let first = whole.lines().next().unwrap();
    fs::write(&path, format!("{first}\n")).unwrap();

    let engine = reopen(&dir, &world.clock, 9);
    assert_eq!(engine.record_health().await.unwrap().verified, None);
    assert!(!engine.verify(|_, _| {}).await.unwrap().is_clean());
    engine.close();

    let engine = reopen(&dir, &world.clock, 10);
    let kept = engine.record_health().await.unwrap().verified.unwrap();
    assert!(kept.trouble.unwrap().contains("are not in the file"));
    fs::write(&path, whole).unwrap();
    let before = engine.verify(|_, _| {}).await.unwrap();
    assert!(before.is_clean(), "{:#?}", before.divergences);
    let found = engine.record_health().await.unwrap().verified.unwrap();
    assert_eq!(found.trouble, None);
    // Looking again is no news, and the record does not grow by it.
    let head = engine.verify(|_, _| {}).await.unwrap().head;
    assert_eq!(engine.verify(|_, _| {}).await.unwrap().head, head);
    engine.close();

    let engine = reopen(&dir, &world.clock, 11);
    let kept = engine.record_health().await.unwrap().verified.unwrap();
    assert_eq!(kept.trouble, None);
}

#[tokio::test]
async fn a_head_that_cannot_be_signed_outside_is_trouble_until_it_can() {
    let world = World::on_disk(Level::AskAlways).await;
    let path = file(world.dir());
    head_is_signed(&world.engine, &path).await;
    let trouble = async || world.engine.record_health().await.unwrap().unsigned;
    assert_eq!(trouble().await, None);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let act = async || {
        let paused = world.engine.pause(PauseScope::Workspace, Actor::Operator);
        paused.await.unwrap();
        world.engine.resume(PauseScope::Workspace).await.unwrap();
    };
    act().await;
    let until = async |some: bool| {
        for _ in 0..2_000 {
            if trouble().await.is_some() == some {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("still {:?}", trouble().await);
    };
    until(true).await;
    fs::remove_dir(&path).unwrap();
    act().await;
    until(false).await;
}
