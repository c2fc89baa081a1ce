//! A copy taken while everything runs holds, opens, and sends nothing by itself; an export is held
//! to account by its files alone.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use domain::{Code, Level, Span, StateName};
use engine::{CopyForm, Engine, ExportScope, VerifyReport};
use tempfile::TempDir;

use crate::reading::until;
use crate::world::{PASSPHRASE, World, reopen};

pub fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A running folder: one message sent and answered, one held, one approved and due later.
async fn busy() -> World {
    let world = World::on_disk(Level::AskAlways).await;
    let sent = world.ask("question@rehearsal.example").await.row.id;
    world.approve(sent).await;
    world.pass(Span::from_seconds(10));
    world.until(sent, StateName::Sent).await;
    until(&world, "the answer", async || {
        let all = world.engine.conversations(Default::default(), None, 10);
        all.await.unwrap().rows.pop()
    })
    .await;
    world.ask("ann@there.example").await;
    let queued = world.ask("bob@there.example").await.row.id;
    world.approve(queued).await;
    world
}

fn exported(world: &World, scope: &ExportScope) -> (TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("export");
    let manifest = Engine::export_dir(world.dir(), &to, scope, go_on).unwrap();
    assert!(manifest.head.is_some());
    (dir, to)
}

fn check(dir: &Path) -> VerifyReport {
    Engine::verify_export(dir, |_, _| {}).unwrap()
}

fn named(report: &VerifyReport, what: &str) -> bool {
    report.divergences.iter().any(|one| one.what.contains(what))
}

#[tokio::test]
async fn a_backup_taken_while_it_runs_holds_and_never_sends_what_its_original_may_have_sent() {
    let mut world = busy().await;
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("backup");
    let noted = world
        .engine
        .note_copy(CopyForm::Backup, to.display().to_string());
    let noted = noted.await.unwrap();
    let mut pages = (0, 0);
    Engine::backup_dir(world.dir(), &to, world.engine.now(), |done, total| {
        pages = (done, total);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(pages.0 == pages.1 && pages.1 > 0, "{pages:?}");

    // The original goes on as if nothing had been: its queue empties.
    world.pass(Span::from_minutes(1));
    let before = world.verify().await;
    world.stop().await;

    let report = Engine::verify_dir(&to, |_, _| {}).unwrap();
    assert!(report.is_clean(), "{:#?}", report.divergences);
    assert!(
        report.head.unwrap().0 >= noted,
        "it holds the entry that tells of it"
    );
    assert!(report.entries <= before.entries);

    let copy = reopen(&to, &world.clock, 9);
    copy.unlock(PASSPHRASE.to_owned()).await.unwrap();
    let supervisor = copy.start().await.unwrap();
    let all = copy.list(Default::default(), None, 10).await.unwrap().rows;
    let count = |state: StateName| all.iter().filter(|row| row.state.name() == state).count();
    assert_eq!(count(StateName::Uncertain), 1, "{all:#?}");
    assert_eq!((count(StateName::Queued), count(StateName::Held)), (0, 1));
    world.pass(Span::from_minutes(5));
    let report = copy.verify(|_, _| {}).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.divergences);
    assert_eq!(copy.rehearsal_delivered().len(), 0, "a copy sends nothing");
    supervisor.stop().await;

    // Doubted once: what a person settles since stays settled.
    let again = reopen(&to, &world.clock, 10);
    let entries = again.verify(|_, _| {}).await.unwrap().entries;
    again.close();
    let third = reopen(&to, &world.clock, 11);
    assert_eq!(third.verify(|_, _| {}).await.unwrap().entries, entries);
    third.close();
}

#[tokio::test]
async fn a_copy_goes_where_nothing_is_and_into_no_folder_in_use() {
    let world = busy().await;
    let there = tempfile::tempdir().unwrap();
    fs::write(there.path().join("mine"), "x").unwrap();
    let now = world.engine.now();
    let refused = Engine::backup_dir(world.dir(), there.path(), now, go_on).unwrap_err();
    assert_eq!(refused.code, Code::AlreadyExists);
    let scope = ExportScope::default();
    let refused = Engine::export_dir(world.dir(), there.path(), &scope, go_on).unwrap_err();
    assert_eq!(refused.code, Code::AlreadyExists);
    let refused = Engine::verify_export(there.path(), |_, _| {}).unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    assert_eq!(fs::read_dir(there.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn an_export_holds_by_its_own_files_and_every_change_to_one_is_named() {
    let world = busy().await;
    let noted = world
        .engine
        .note_copy(CopyForm::Export, "elsewhere".to_owned());
    noted.await.unwrap();
    let scope = ExportScope::default();
    let (_dir, to) = exported(&world, &scope);
    let report = check(&to);
    assert!(report.is_clean(), "{:#?}", report.divergences);
    assert_eq!(report.submissions, 3);
    assert!(report.decisions >= 5 && report.entries > 10, "{report:?}");
    assert!(to.join("README.txt").is_file());

    let first = |folder: &str| {
        let mut files: Vec<_> = fs::read_dir(to.join(folder)).unwrap().collect();
        files.pop().unwrap().unwrap().path()
    };
    let sent = first("messages");
    let received = first("received");
    for (path, from, with, what) in [
        (
            to.join("journal.ndjson"),
            "submission.approved",
            "submission.rejected",
            "its hash",
        ),
        (
            to.join("decisions.ndjson"),
            "\\\"verdict\\\":\\\"hold\\\"",
            "\\\"verdict\\\":\\\"allow\\\"",
            "were changed",
        ),
        (
            to.join("policies.ndjson"),
            "[",
            "#[",
            "not the one that was published",
        ),
        (sent, "About", "Abuot", "not the one that was judged"),
        (
            received,
            "mail server",
            "male server",
            "not the message that came in",
        ),
    ] {
        let text = fs::read_to_string(&path).unwrap();
        let forged = text.replacen(from, with, 1);
        assert_ne!(text, forged, "{} has no {from}", path.display());
        fs::write(&path, forged).unwrap();
        let report = check(&to);
        assert!(
            named(&report, what),
            "{}: {:#?}",
            path.display(),
            report.divergences
        );
        fs::write(&path, text).unwrap();
    }
    // Lines left out.
    for (name, what) in [
        ("journal.ndjson", "are missing"),
        ("decisions.ndjson", "not in the export"),
        ("messages.ndjson", "not in the export"),
        ("received.ndjson", "not in the export"),
    ] {
        let path = to.join(name);
        let text = fs::read_to_string(&path).unwrap();
        let (_, rest) = text.split_once('\n').unwrap();
        fs::write(&path, rest).unwrap();
        let report = check(&to);
        assert!(named(&report, what), "{name}: {:#?}", report.divergences);
        fs::write(&path, text).unwrap();
    }
    assert!(check(&to).is_clean());
}

#[tokio::test]
async fn a_part_can_be_handed_out_and_holds_as_well() {
    let world = busy().await;
    world.pass(Span::from_hours(1));
    let since = world.engine.now();
    let late = world.ask("cy@there.example").await.row.id;

    let scope = ExportScope {
        since: Some(since),
        submission: None,
    };
    let (_dir, to) = exported(&world, &scope);
    let report = check(&to);
    assert!(report.is_clean(), "{:#?}", report.divergences);
    assert!(fs::read_dir(to.join("received")).unwrap().next().is_none());

    let scope = ExportScope {
        since: None,
        submission: Some(late),
    };
    let (_dir, to) = exported(&world, &scope);
    let report = check(&to);
    assert!(report.is_clean(), "{:#?}", report.divergences);
    assert_eq!((report.submissions, report.decisions), (1, 1));

    let nowhere = tempfile::tempdir().unwrap();
    let unknown = ExportScope {
        since: None,
        submission: Some(domain::SubmissionId::NIL),
    };
    let to = nowhere.path().join("x");
    let refused = Engine::export_dir(world.dir(), &to, &unknown, go_on).unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
}

#[tokio::test]
async fn a_copy_that_is_ended_or_fails_leaves_nothing_and_is_refused_before_it_is_recorded() {
    let world = busy().await;
    let place = tempfile::tempdir().unwrap();
    let (new, empty) = (place.path().join("new"), place.path().join("empty"));
    fs::create_dir(&empty).unwrap();
    let now = world.engine.now();
    let ended = |_, _| ControlFlow::Break(());
    let scope = ExportScope::default();
    for to in [&new, &empty] {
        let backup = Engine::backup_dir(world.dir(), to, now, ended).unwrap_err();
        let export = Engine::export_dir(world.dir(), to, &scope, ended).unwrap_err();
        for refused in [backup, export] {
            assert!(
                refused.detail.contains("ended before it was whole"),
                "{}",
                refused.detail
            );
        }
    }
    assert!(!new.exists(), "it was not there before");
    assert_eq!(fs::read_dir(&empty).unwrap().count(), 0);

    let run = world.engine.begin_run("mine").unwrap();
    assert!(world.engine.end_run("mine"));
    let refused = world
        .engine
        .copy(CopyForm::Export, new.clone(), Some(run))
        .await;
    assert!(
        refused
            .unwrap_err()
            .detail
            .contains("it was ended; nothing is left")
    );
    assert!(!new.exists());

    let before = world.engine.verify(|_, _| {}).await.unwrap().entries;
    let inside = world.dir().join("copy");
    for (to, code) in [
        (inside.clone(), Code::InvalidField),
        (Path::new("somewhere").to_owned(), Code::InvalidField),
        (world.dir().to_owned(), Code::AlreadyExists),
    ] {
        let refused = world
            .engine
            .copy(CopyForm::Backup, to, None)
            .await
            .unwrap_err();
        assert_eq!(
            (refused.code, refused.pointer.as_deref()),
            (code, Some("/to")),
            "{refused:?}"
        );
    }
    assert!(!inside.exists());
    assert_eq!(
        world.engine.verify(|_, _| {}).await.unwrap().entries,
        before
    );

    world
        .engine
        .copy(CopyForm::Backup, empty.clone(), None)
        .await
        .unwrap();
    assert!(Engine::verify_dir(&empty, |_, _| {}).unwrap().is_clean());
    let older = world.engine.older_copies().await.unwrap();
    let listed: Vec<_> = older
        .named
        .iter()
        .map(|copy| (copy.row.to.as_str(), copy.is_there))
        .collect();
    let shown = |path: &Path| path.display().to_string();
    assert_eq!(
        listed,
        [
            (shown(&empty).as_str(), true),
            (shown(&new).as_str(), false)
        ]
    );
}
