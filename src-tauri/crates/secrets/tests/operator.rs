//! The operator's passphrase: set once, changed only with the old one, five tries then waits.

use std::fs;
use std::path::Path;

use domain::{IdSource, Timestamp};
use secrets::{Cost, Error, Operator, Proof, kept_passphrase, make_passphrase};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

struct Fixed;

impl IdSource for Fixed {
    fn uuid(&self, _now: Timestamp) -> Uuid {
        Uuid::nil()
    }
    fn secret(&self) -> [u8; 32] {
        [7; 32]
    }
}

fn set(dir: &Path, old: Option<&str>, new: &str) -> Result<(), Error> {
    Operator::set(dir, old, new, Cost::FOR_TESTS, &Fixed, NOW)
}

#[test]
fn only_the_passphrase_that_was_set_gives_a_proof() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!Operator::is_set(dir.path()).unwrap());
    set(dir.path(), None, "open sesame").unwrap();
    assert!(Operator::is_set(dir.path()).unwrap());
    let _: Proof = Operator::verify(dir.path(), "open sesame", NOW).unwrap();
    for wrong in ["", "open sesame ", "Open sesame", &"x".repeat(4096)] {
        let outcome = Operator::verify(dir.path(), wrong, NOW);
        assert!(
            matches!(outcome, Err(Error::WrongPassphrase { .. })),
            "{outcome:?}"
        );
    }
}

#[test]
fn without_a_passphrase_nothing_is_proved_and_no_try_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        Operator::verify(dir.path(), "", NOW),
        Err(Error::NoOperator)
    ));
    assert!(matches!(
        set(dir.path(), Some("x"), "y"),
        Err(Error::NoOperator)
    ));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_set_passphrase_is_changed_only_with_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    set(dir.path(), None, "first").unwrap();
    assert!(matches!(
        set(dir.path(), None, "second"),
        Err(Error::OldPassphraseNeeded)
    ));
    let wrong = set(dir.path(), Some("guess"), "second");
    assert!(matches!(
        wrong,
        Err(Error::WrongPassphrase { tries_left: 4 })
    ));
    assert!(matches!(
        set(dir.path(), Some("first"), ""),
        Err(Error::Refused(_))
    ));
    let _ = Operator::verify(dir.path(), "first", NOW).unwrap();
    set(dir.path(), Some("first"), "second").unwrap();
    assert!(Operator::verify(dir.path(), "first", NOW).is_err());
    let _ = Operator::verify(dir.path(), "second", NOW).unwrap();
}

#[test]
fn guesses_through_a_change_count_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    set(dir.path(), None, "first").unwrap();
    for _ in 0..5 {
        set(dir.path(), Some("guess"), "mine now").unwrap_err();
    }
    assert!(matches!(
        Operator::verify(dir.path(), "first", NOW),
        Err(Error::BackOff { until }) if until.since(NOW).seconds() == 30
    ));
}

#[test]
fn fifty_guesses_at_once_are_five_guesses() {
    let dir = tempfile::tempdir().unwrap();
    set(dir.path(), None, "first").unwrap();
    let outcomes: Vec<Error> = std::thread::scope(|scope| {
        let guess = || Operator::verify(dir.path(), "guess", NOW).unwrap_err();
        let threads: Vec<_> = (0..50).map(|_| scope.spawn(guess)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let looked_at = outcomes
        .iter()
        .filter(|error| matches!(error, Error::WrongPassphrase { .. }))
        .count();
    assert_eq!(looked_at, 5);
}

#[test]
fn neither_passphrase_nor_its_plain_hash_lies_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    set(dir.path(), None, "open sesame").unwrap();
    let text = fs::read_to_string(dir.path().join("operator.toml")).unwrap();
    assert!(
        !text.contains("open sesame") && text.contains("argon2id"),
        "{text}"
    );
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["operator.toml"]);
}

#[test]
fn a_damaged_verifier_proves_nothing_and_cannot_be_set_over() {
    let dir = tempfile::tempdir().unwrap();
    set(dir.path(), None, "first").unwrap();
    let path = dir.path().join("operator.toml");
    for text in [
        "",
        "version = 1\n",
        "version = 1\n[passphrase]\nalgorithm = \"md5\"\n",
    ] {
        fs::write(&path, text).unwrap();
        assert!(matches!(
            Operator::verify(dir.path(), "first", NOW),
            Err(Error::Damaged { .. })
        ));
        assert!(matches!(
            set(dir.path(), None, "mine now"),
            Err(Error::Damaged { .. })
        ));
    }
}

#[test]
fn every_error_is_a_sentence_that_says_what_to_do() {
    let errors = [
        Error::Locked,
        Error::NoOperator,
        Error::OldPassphraseNeeded,
        Error::NothingToUnlock,
        Error::WrongPassphrase { tries_left: 1 },
        Error::BackOff { until: NOW },
        Error::NoKeychain {
            why: "no bus".to_owned(),
        },
    ];
    for error in errors {
        let said = error.to_string();
        assert!(
            said.starts_with(|c: char| c.is_lowercase()) && !said.ends_with('.'),
            "{said}"
        );
        assert!(said.contains(';'), "what happened; what now: {said}");
    }
}

#[test]
fn a_passphrase_nobody_chose_is_kept_whole_and_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("made");
    assert!(kept_passphrase(&file).unwrap().is_none());
    // The power failed under an older Sendoff, which had locked nothing yet that can be opened.
    fs::write(&file, "").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert!(kept_passphrase(&file).unwrap().is_none());
    let made = make_passphrase(&file, &Fixed).unwrap();
    assert_eq!(*made, "07".repeat(32));
    assert_eq!(kept_passphrase(&file).unwrap(), Some(made.clone()));
    fs::write(&file, "another\n").unwrap();
    assert_eq!(*make_passphrase(&file, &Fixed).unwrap(), "another");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
