//! A copy stands where it was asked for once it is whole, and before that takes nothing that is not
//! its own; what it holds meanwhile counts as a copy.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc;

use domain::{Code, Level};
use engine::{COPIES_NAMED_MAX, CopyForm, Engine, ExportScope};

use crate::copies::go_on;
use crate::world::World;

const GONE: &str = "ann@there.example";

async fn with_mail() -> World {
    let world = World::on_disk(Level::AskAlways).await;
    world.ask(GONE).await;
    world
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_somebody_else_puts_into_the_folder_of_a_copy_stays_there() {
    let world = with_mail().await;
    let place = tempfile::tempdir().unwrap();
    let now = world.engine.now();
    for (name, ends) in [
        ("mine", true),
        ("sendoff.db", false),
        ("manifest.json", false),
    ] {
        for to in [place.path().join("new"), place.path().join("empty")] {
            fs::create_dir_all(place.path().join("empty")).unwrap();
            let meanwhile = |_, _| {
                fs::write(to.join(name), "mine").unwrap();
                match ends {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            };
            match name {
                "manifest.json" => {
                    let scope = ExportScope::default();
                    Engine::export_dir(world.dir(), &to, &scope, meanwhile).unwrap_err()
                }
                _ => Engine::backup_dir(world.dir(), &to, now, meanwhile).unwrap_err(),
            };
            assert_eq!(names(&to), [name], "{}", to.display());
            assert_eq!(fs::read_to_string(to.join(name)).unwrap(), "mine");
            fs::remove_dir_all(&to).unwrap();
        }
    }
    // What is in nobody's way hinders nobody.
    let to = place.path().join("beside");
    Engine::backup_dir(world.dir(), &to, now, |_, _| {
        fs::write(to.join("mine"), "mine").unwrap();
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(fs::read_to_string(to.join("mine")).unwrap(), "mine");
    assert!(Engine::verify_dir(&to, |_, _| {}).unwrap().is_clean());
}

#[tokio::test]
async fn of_two_copies_into_one_folder_one_is_made_and_is_whole() {
    let world = with_mail().await;
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("copy");
    let now = world.engine.now();
    let mut second = None;
    Engine::backup_dir(world.dir(), &to, now, |_, _| {
        let other = Engine::backup_dir(world.dir(), &to, now, go_on);
        second = Some(other.unwrap_err().code);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(second, Some(Code::AlreadyExists));
    assert!(Engine::verify_dir(&to, |_, _| {}).unwrap().is_clean());
    assert!(names(&to).contains(&"secrets.toml".to_owned()));
}

#[tokio::test]
async fn a_copy_that_was_killed_is_none_and_the_next_one_takes_its_place() {
    let world = with_mail().await;
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("copy");
    let now = world.engine.now();
    Engine::backup_dir(world.dir(), &to, now, |_, _| {
        assert_eq!(names(&to), [".growing"], "nothing of it is a copy yet");
        ControlFlow::Continue(())
    })
    .unwrap();
    let whole = names(&to);
    for name in ["secrets.toml", "sendoff.db"] {
        assert!(whole.contains(&name.to_owned()), "{name} of {whole:?}");
    }
    assert!(!whole.contains(&".growing".to_owned()), "{whole:?}");

    // As `kill -9` leaves it: everything is written, nothing has moved.
    let killed = place.path().join("killed");
    let part = killed.join(".growing");
    fs::create_dir_all(&part).unwrap();
    fs::write(part.join("sendoff.lock"), "").unwrap();
    fs::copy(to.join("sendoff.db"), part.join("sendoff.db")).unwrap();
    let no_copy = Engine::verify_dir(&killed, |_, _| {}).unwrap_err();
    assert_eq!(no_copy.code, Code::NotFound);
    let noted = world
        .engine
        .note_copy(CopyForm::Backup, killed.display().to_string());
    noted.await.unwrap();
    let older = world.engine.older_copies().await.unwrap();
    assert!(older.named[0].is_there, "it holds as much as a whole one");

    Engine::backup_dir(world.dir(), &killed, now, go_on).unwrap();
    let taken_over = names(&killed);
    assert!(taken_over.contains(&"secrets.toml".to_owned()));
    assert!(!taken_over.contains(&".growing".to_owned()));
    assert!(Engine::verify_dir(&killed, |_, _| {}).unwrap().is_clean());

    // A folder of that name that no copy made is not ours to empty.
    let foreign = place.path().join("foreign/.growing");
    fs::create_dir_all(&foreign).unwrap();
    let refused = Engine::backup_dir(world.dir(), foreign.parent().unwrap(), now, go_on);
    assert_eq!(refused.unwrap_err().code, Code::AlreadyExists);
    assert!(foreign.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn no_copy_goes_inside_the_data_folder_by_whatever_way() {
    use std::os::unix::fs::symlink;
    let world = with_mail().await;
    let place = tempfile::tempdir().unwrap();
    let before = names(world.dir());
    let way = place.path().join("way");
    symlink(world.dir(), &way).unwrap();
    let inside = world.dir().join("inside");
    fs::create_dir(&inside).unwrap();
    let link = place.path().join("link");
    symlink(&inside, &link).unwrap();
    let round = place.path().join("missing/../way/new");
    for to in [way.join("x/y"), link, inside.join("x"), round] {
        let refused = Engine::backup_dir(world.dir(), &to, world.engine.now(), go_on);
        let refused = refused.unwrap_err();
        assert_eq!(refused.code, Code::InvalidField, "{}", to.display());
        assert_eq!(names(&inside), Vec::<String>::new(), "{}", to.display());
    }
    fs::remove_dir(&inside).unwrap();
    assert_eq!(names(world.dir()), before);
}

#[tokio::test]
async fn an_erasure_during_a_copy_is_done_names_the_copy_and_says_what_is_left_for_later() {
    let world = with_mail().await;
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("copy");
    let noted = world
        .engine
        .note_copy(CopyForm::Backup, to.display().to_string());
    noted.await.unwrap();
    let (begun, begins) = mpsc::channel();
    let (end, ends) = mpsc::channel::<()>();
    let (dir, now) = (world.dir().to_owned(), world.engine.now());
    #[expect(clippy::disallowed_methods, reason = "a copy beside the engine")]
    let copying = std::thread::spawn(move || {
        Engine::backup_dir(&dir, &to, now, |_, _| {
            begun.send(()).unwrap();
            // Until the sender is dropped.
            let _ = ends.recv();
            ControlFlow::Continue(())
        })
    });
    begins.recv().unwrap();
    let erased = world.engine.erase(&GONE.parse().unwrap()).await.unwrap();
    assert_eq!(erased.naming.sent, 1);
    let late = erased.late.unwrap();
    assert!(
        late.contains("a copy or a check reads the record"),
        "{late}"
    );
    let older = world.engine.older_copies().await.unwrap();
    assert!(older.named[0].is_there, "what grows holds them");
    assert!(log_holds(world.dir(), GONE), "or the test sees nothing");

    drop(end);
    copying.join().unwrap().unwrap();
    world.engine.retain().await.unwrap();
    assert!(!log_holds(world.dir(), GONE));
    assert!(
        world
            .engine
            .naming(&GONE.parse().unwrap())
            .await
            .unwrap()
            .is_nothing()
    );
    world.verify().await;
}

/// True if the database or its log still has these bytes.
fn log_holds(dir: &Path, words: &str) -> bool {
    ["sendoff.db", "sendoff.db-wal"].into_iter().any(|name| {
        let bytes = fs::read(dir.join(name)).unwrap_or_default();
        bytes
            .windows(words.len())
            .any(|part| part == words.as_bytes())
    })
}

#[tokio::test]
async fn of_many_older_copies_those_that_are_there_are_named_first() {
    let world = with_mail().await;
    let place = tempfile::tempdir().unwrap();
    let oldest = place.path().join("oldest");
    fs::create_dir(&oldest).unwrap();
    fs::write(oldest.join("sendoff.db"), "").unwrap();
    let note = async |to: String| {
        world.engine.note_copy(CopyForm::Backup, to).await.unwrap();
    };
    note(oldest.display().to_string()).await;
    for n in 0..COPIES_NAMED_MAX + 3 {
        note(place.path().join(n.to_string()).display().to_string()).await;
        // Tried again.
        note(place.path().join("again").display().to_string()).await;
    }
    let older = world.engine.older_copies().await.unwrap();
    assert_eq!(older.named.len(), COPIES_NAMED_MAX);
    let last = older.named.last().unwrap();
    assert!(last.is_there && last.row.to == oldest.display().to_string());
    // Of these the oldest, and beside them the one tried again.
    assert_eq!((older.more_there, older.more_gone), (0, 5));
}
