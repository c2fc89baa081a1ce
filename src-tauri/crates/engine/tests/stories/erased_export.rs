//! An export made after something was taken out on purpose holds, and says what and why; one in
//! which more is missing, or something else stands, does not.

use std::fs;
use std::path::{Path, PathBuf};

use domain::{Code, Level, Span, StateName, SubmissionId};
use engine::{Engine, ExportScope, Kept, VerifyReport, retention_setting};
use tempfile::TempDir;

use crate::copies::go_on;
use crate::reading::until;
use crate::world::World;

const GONE: &str = "question@rehearsal.example";

/// One message sent and answered; one held for somebody else. The first's people are then erased.
async fn erased() -> (World, SubmissionId) {
    let world = answered().await;
    let other = world.ask("bob@there.example").await.row.id;
    world.engine.erase(&GONE.parse().unwrap()).await.unwrap();
    (world, other)
}

async fn answered() -> World {
    let world = World::on_disk(Level::AskAlways).await;
    let sent = world.ask(GONE).await.row.id;
    world.approve(sent).await;
    world.pass(Span::from_seconds(10));
    world.until(sent, StateName::Sent).await;
    until(&world, "the answer", async || {
        let all = world.engine.conversations(Default::default(), None, 10);
        all.await.unwrap().rows.pop()
    })
    .await;
    world
}

/// An export that hands out so many messages without their content.
fn export(world: &World, gone: u64) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("export");
    let manifest = Engine::export_dir(world.dir(), &to, &ExportScope::default(), go_on);
    assert_eq!(manifest.unwrap().gone, gone);
    (dir, to)
}

fn check(dir: &Path) -> VerifyReport {
    Engine::verify_export(dir, |_, _| {}).unwrap()
}

/// Changes one file, looks what is said of it, and puts it back.
fn forged(to: &Path, name: &str, forge: impl Fn(&str) -> String, what: &str) {
    let path = to.join(name);
    let text = fs::read_to_string(&path).unwrap();
    let other = forge(&text);
    assert_ne!(text, other, "{name} is as it was");
    fs::write(&path, other).unwrap();
    let report = check(to);
    let named = report.divergences.iter().any(|one| one.what.contains(what));
    assert!(named, "{name}, {what}: {:#?}", report.divergences);
    fs::write(&path, text).unwrap();
    assert!(check(to).is_clean(), "it is as it was");
}

/// The text with what `with` makes of its first line that holds `word`.
fn line_with(text: &str, word: &str, with: impl Fn(&str) -> String) -> String {
    let line = text.lines().find(|line| line.contains(word)).unwrap();
    text.replacen(line, &with(line), 1)
}

/// The mark in the first line of a file that has one, with the comma before it.
fn mark_in(text: &str) -> String {
    let (_, rest) = text.split_once(",\"gone\":").unwrap();
    let end = rest.find('}').unwrap();
    format!(",\"gone\":{}", &rest[..=end])
}

#[tokio::test]
async fn an_export_made_after_an_erasure_holds_and_says_how_much_was_erased() {
    let (world, _) = erased().await;
    let (_dir, to) = export(&world, 2);
    let report = check(&to);
    assert!(report.is_clean(), "{:#?}", report.divergences);
    let gone = report.contents_gone;
    assert_eq!((gone.by_order, gone.by_age), (2, 0));
    assert!(report.decisions_gone >= 1, "{report:?}");
    assert!(report.decisions > report.decisions_gone, "{report:?}");
    let of_folder = world.verify().await;
    assert_eq!(of_folder.contents_gone, gone);
    assert_eq!(of_folder.decisions_gone, report.decisions_gone);

    let mut files: Vec<PathBuf> = vec![to.clone()];
    let mut looked = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        looked += 1;
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(GONE), "{} names them", path.display());
    }
    assert!(looked > 8, "or the test sees nothing");
}

#[tokio::test]
async fn an_export_made_after_content_grew_old_holds_and_its_decisions_come_out_again() {
    let world = answered().await;
    for kind in Kept::ALL {
        let (key, days) = (retention_setting(kind).to_owned(), "30".to_owned());
        world.engine.set_setting(key, days).await.unwrap();
    }
    world.pass(Span::from_days(100));
    world.engine.retain().await.unwrap();
    let (_dir, to) = export(&world, 1);
    let report = check(&to);
    assert!(report.is_clean(), "{:#?}", report.divergences);
    let gone = report.contents_gone;
    assert_eq!(
        (gone.by_order, gone.by_age),
        (0, 1),
        "the answer still waits for somebody"
    );
    assert_eq!(report.decisions_gone, 0, "what was judged stays");
    forged(
        &to,
        "messages.ndjson",
        |text| text.replacen("\"bodies\"", "\"attachments\"", 1),
        "no entry says",
    );
}

#[tokio::test]
async fn what_is_missing_or_changed_beside_an_erasure_is_named() {
    let (world, other) = erased().await;
    let (_dir, to) = export(&world, 2);
    let other = other.to_string();
    let read = |name: &str| fs::read_to_string(to.join(name)).unwrap();

    // The marks say nothing that the journal does not.
    for name in ["messages.ndjson", "received.ndjson"] {
        let mark = mark_in(&read(name));
        forged(
            &to,
            name,
            |text| text.replacen(&mark, "", 1),
            "no entry says",
        );
        let elsewhere = mark.replace("\"seq\":", "\"seq\":1");
        forged(
            &to,
            name,
            |text| text.replacen(&mark, &elsewhere, 1),
            "no entry says",
        );
        let aged = mark.replace("erased", "bodies");
        forged(
            &to,
            name,
            |text| text.replacen(&mark, &aged, 1),
            "no entry says",
        );
    }
    // Somebody else's message, made away with in the same way.
    let mark = mark_in(&read("messages.ndjson"));
    let eml = to.join(format!("messages/{other}.1.eml"));
    let bytes = fs::read(&eml).unwrap();
    fs::remove_file(&eml).unwrap();
    let named = |report: VerifyReport| {
        let mut all = report.divergences.iter();
        all.any(|one| one.subject == other && one.what.contains("no entry says"))
    };
    assert!(named(check(&to)));
    let text = read("messages.ndjson");
    let marked = line_with(&text, &other, |line| {
        format!("{}{mark}}}", &line[..line.len() - 1])
    });
    fs::write(to.join("messages.ndjson"), marked).unwrap();
    assert!(named(check(&to)));
    fs::write(to.join("messages.ndjson"), &text).unwrap();
    fs::write(&eml, bytes).unwrap();

    // Something put where words were erased; a judgement of somebody else passed off as erased.
    let changed = "were changed";
    forged(
        &to,
        "decisions.ndjson",
        |text| text.replacen("its words were erased", "it asked for money", 1),
        changed,
    );
    let mark = mark_in(&read("decisions.ndjson"));
    let forge = |text: &str| {
        line_with(text, &other, |line| {
            let line = line
                .replacen("first", "second", 1)
                .replacen("bob@", "ann@", 1);
            format!("{}{mark}}}", &line[..line.len() - 1])
        })
    };
    forged(&to, "decisions.ndjson", forge, changed);
    forged(
        &to,
        "decisions.ndjson",
        |text| text.replacen(&mark, "", 1),
        changed,
    );
    // The entry that took them names somebody else.
    let forge = |text: &str| {
        line_with(text, "\"submissions\":[", |line| {
            let (before, rest) = line.split_once("\"submissions\":[\"").unwrap();
            let (_, after) = rest.split_once('"').unwrap();
            format!("{before}\"submissions\":[\"{other}\"{after}")
        })
    };
    forged(&to, "journal.ndjson", forge, "its hash");
}

#[tokio::test]
async fn an_export_that_was_cut_short_says_so() {
    let (world, _) = erased().await;
    let (_dir, to) = export(&world, 2);
    fs::remove_file(to.join("manifest.json")).unwrap();
    let refused = Engine::verify_export(&to, |_, _| {}).unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    assert!(
        refused.detail.contains("was not finished"),
        "{}",
        refused.detail
    );
}

#[tokio::test]
async fn an_export_of_a_later_format_is_left_to_a_later_version() {
    let (world, _) = erased().await;
    let (_dir, to) = export(&world, 2);
    let path = to.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"format\": 2", "\"format\": 3", 1)).unwrap();
    let refused = Engine::verify_export(&to, |_, _| {}).unwrap_err();
    assert!(
        refused.detail.contains("newer version"),
        "{}",
        refused.detail
    );
}
