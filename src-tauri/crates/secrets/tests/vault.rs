//! The passphrase file: what goes in comes out, nothing legible lies on disk, wrong and damaged are
//! told apart, and a half-made or foreign folder is left alone.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use domain::{AccountId, IdSource, Timestamp};
use secrets::{Cost, Error, Key, Kind, SECRET_BYTES_MAX, Secret, Vault};
use uuid::Uuid;

const RIGHT: &str = "correct horse battery staple";
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// Counts instead of drawing: every answer differs, and a test run repeats.
struct Counted(AtomicU8);

impl IdSource for Counted {
    fn uuid(&self, _now: Timestamp) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::Relaxed).into())
    }
    fn secret(&self) -> [u8; 32] {
        [self.0.fetch_add(1, Ordering::Relaxed); 32]
    }
}

fn ids() -> Counted {
    Counted(AtomicU8::new(1))
}

fn smtp(n: u128) -> Key {
    Key::smtp(AccountId::from_uuid(Uuid::from_u128(n)))
}

fn made(dir: &Path) -> Vault {
    let vault = Vault::create_passphrase(dir, RIGHT, Cost::FOR_TESTS, &ids()).unwrap();
    vault
        .put(&smtp(1), &Secret::from("relay-password".to_owned()), &ids())
        .unwrap();
    vault
        .put(
            &Key::signing(),
            &Secret::new(vec![0, 159, 146, 150]),
            &ids(),
        )
        .unwrap();
    vault
}

fn text_of(vault: &Vault, key: &Key) -> Option<Vec<u8>> {
    vault
        .get(key)
        .unwrap()
        .map(|secret| secret.expose().to_vec())
}

#[test]
fn what_is_put_in_is_there_after_a_restart_and_an_unlock() {
    let dir = tempfile::tempdir().unwrap();
    drop(made(dir.path()));
    let vault = Vault::open(dir.path()).unwrap();
    assert_eq!((vault.kind(), vault.is_locked()), (Kind::Passphrase, true));
    vault.unlock(RIGHT, NOW).unwrap();
    assert!(!vault.is_locked());
    assert_eq!(
        text_of(&vault, &smtp(1)).as_deref(),
        Some(b"relay-password".as_slice())
    );
    assert_eq!(
        text_of(&vault, &Key::signing()),
        Some(vec![0, 159, 146, 150])
    );
    assert_eq!(text_of(&vault, &smtp(2)), None);
}

#[test]
fn a_later_put_replaces_and_a_delete_removes() {
    let dir = tempfile::tempdir().unwrap();
    let vault = made(dir.path());
    vault
        .put(&smtp(1), &Secret::from("newer".to_owned()), &ids())
        .unwrap();
    assert_eq!(
        text_of(&vault, &smtp(1)).as_deref(),
        Some(b"newer".as_slice())
    );
    assert!(vault.delete(&smtp(1), &ids()).unwrap());
    assert!(!vault.delete(&smtp(1), &ids()).unwrap());
    assert_eq!(text_of(&vault, &smtp(1)), None);
    assert!(text_of(&vault, &Key::signing()).is_some());
}

#[test]
fn a_locked_vault_gives_takes_and_removes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    made(dir.path());
    let before = fs::read(dir.path().join("secrets.toml")).unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    assert!(matches!(vault.get(&smtp(1)), Err(Error::Locked)));
    assert!(matches!(
        vault.put(&smtp(1), &Secret::new(vec![1]), &ids()),
        Err(Error::Locked)
    ));
    assert!(matches!(vault.delete(&smtp(1), &ids()), Err(Error::Locked)));
    vault.unlock(RIGHT, NOW).unwrap();
    vault.lock();
    assert!(matches!(vault.get(&smtp(1)), Err(Error::Locked)));
    assert_eq!(fs::read(dir.path().join("secrets.toml")).unwrap(), before);
}

#[test]
fn five_wrong_passphrases_then_a_wait_that_outlives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    made(dir.path());
    for left in [4, 3, 2, 1, 0] {
        let vault = Vault::open(dir.path()).unwrap();
        let wrong = vault.unlock("wrong", NOW);
        assert!(matches!(wrong, Err(Error::WrongPassphrase { tries_left }) if tries_left == left));
        assert!(vault.is_locked());
    }
    let vault = Vault::open(dir.path()).unwrap();
    let Err(Error::BackOff { until }) = vault.unlock(RIGHT, NOW) else {
        panic!("even the right passphrase waits");
    };
    assert_eq!(until.since(NOW).seconds(), 30);
    vault.unlock("wrong", until).unwrap_err();
    let Err(Error::BackOff { until: later }) = vault.unlock(RIGHT, until) else {
        panic!("the second wait is longer");
    };
    assert_eq!(later.since(until).seconds(), 60);
    vault.unlock(RIGHT, later).unwrap();
    // The right one clears the count.
    assert!(matches!(
        vault.unlock("wrong", later),
        Err(Error::WrongPassphrase { tries_left: 4 })
    ));
    assert!(
        !vault.is_locked(),
        "a wrong passphrase does not lock what is unlocked"
    );
}

#[test]
fn a_folder_that_has_made_its_choice_keeps_it() {
    let dir = tempfile::tempdir().unwrap();
    made(dir.path());
    let before = fs::read(dir.path().join("secrets.toml")).unwrap();
    let again = Vault::create_passphrase(dir.path(), "other", Cost::FOR_TESTS, &ids());
    assert!(matches!(again, Err(Error::AlreadyThere { .. })));
    let again = Vault::create_keychain(dir.path(), &ids());
    assert!(matches!(again, Err(Error::AlreadyThere { .. })));
    assert_eq!(fs::read(dir.path().join("secrets.toml")).unwrap(), before);
}

#[test]
fn a_folder_without_a_choice_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let error = Vault::open(dir.path()).unwrap_err();
    assert!(matches!(error, Error::NotInitialised { .. }));
    assert!(error.to_string().contains("sendoff init"), "{error}");
}

#[test]
fn neither_passphrase_nor_credential_nor_key_name_lies_legible_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    made(dir.path());
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["secrets.toml"], "no temporary file stays behind");
    let text = fs::read_to_string(dir.path().join("secrets.toml")).unwrap();
    for hidden in [
        RIGHT,
        "relay-password",
        "cmVsYXktcGFzc3dvcmQ",
        "smtp:",
        "signing-key",
    ] {
        assert!(!text.contains(hidden), "{text}");
    }
    for stated in [
        "version = 1",
        "kind = \"passphrase\"",
        "argon2id",
        "xchacha20poly1305",
    ] {
        assert!(text.contains(stated), "{text}");
    }
}

#[test]
fn every_write_draws_a_new_nonce() {
    let dir = tempfile::tempdir().unwrap();
    let ids = ids();
    let vault = Vault::create_passphrase(dir.path(), RIGHT, Cost::FOR_TESTS, &ids).unwrap();
    let mut nonces = Vec::new();
    for _ in 0..3 {
        vault
            .put(&Key::signing(), &Secret::new(vec![7; 32]), &ids)
            .unwrap();
        let text = fs::read_to_string(dir.path().join("secrets.toml")).unwrap();
        nonces.push(
            text.lines()
                .find(|line| line.starts_with("nonce"))
                .unwrap()
                .to_owned(),
        );
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 3);
}

/// Replaces the value of `field` by one with another character in it.
fn tampered(text: &str, field: &str) -> String {
    let swap = |c: char| if c == 'A' { 'B' } else { 'A' };
    text.lines()
        .map(|line| match line.split_once(" = \"") {
            Some((name, value)) if name == field => {
                let mut rest = value.chars();
                let first = swap(rest.next().unwrap());
                format!("{name} = \"{first}{}\n", rest.as_str())
            }
            _ => format!("{line}\n"),
        })
        .collect()
}

#[test]
fn a_changed_seal_is_damage_and_costs_no_try() {
    for field in ["data", "nonce"] {
        let dir = tempfile::tempdir().unwrap();
        made(dir.path());
        let path = dir.path().join("secrets.toml");
        let text = tampered(&fs::read_to_string(&path).unwrap(), field);
        fs::write(&path, text).unwrap();
        let vault = Vault::open(dir.path()).unwrap();
        for _ in 0..7 {
            let error = vault.unlock(RIGHT, NOW).unwrap_err();
            assert!(matches!(error, Error::Damaged { .. }), "{field}: {error}");
        }
        assert!(vault.is_locked());
    }
}

#[test]
fn a_file_that_is_not_ours_is_damage_with_its_name() {
    let huge = format!("version = 1\nx = \"{}\"\n", "a".repeat(2 * 1024 * 1024));
    let greedy = "version = 1\nkind = \"passphrase\"\n[passphrase]\nalgorithm = \"argon2id\"\n\
                  memory_kib = 4294967295\npasses = 4294967295\nlanes = 1\nsalt = \"AA==\"\n\
                  check = \"AA==\"\n[sealed]\nalgorithm = \"xchacha20poly1305\"\nnonce = \"\"\n\
                  data = \"\"\n";
    for text in [
        "",
        "version = 1",
        "version = 0",
        "\u{0}",
        "kind = \"keychain\"",
        &huge,
        greedy,
    ] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.toml");
        made(dir.path());
        fs::write(&path, text).unwrap();
        let outcome = Vault::open(dir.path()).and_then(|vault| vault.unlock(RIGHT, NOW));
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("secrets.toml"), "{error}");
    }
}

#[test]
fn a_newer_format_is_called_newer_and_not_damaged() {
    let dir = tempfile::tempdir().unwrap();
    made(dir.path());
    let path = dir.path().join("secrets.toml");
    fs::write(&path, "version = 2\nkind = \"hardware\"\n").unwrap();
    assert!(matches!(
        Vault::open(dir.path()),
        Err(Error::Newer { version: 2, .. })
    ));
}

#[cfg(unix)]
#[test]
fn files_are_private_and_one_open_to_others_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let vault = made(dir.path());
    vault.unlock("wrong", NOW).unwrap_err();
    for name in ["secrets.toml", "secrets-tries.toml"] {
        let mode = fs::metadata(dir.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
    let path = dir.path().join("secrets.toml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = Vault::open(dir.path()).unwrap_err();
    assert!(error.to_string().contains("mode 640"), "{error}");
}

#[test]
fn an_empty_an_endless_passphrase_and_an_endless_credential_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for passphrase in ["", &"x".repeat(1025)] {
        let outcome = Vault::create_passphrase(dir.path(), passphrase, Cost::FOR_TESTS, &ids());
        assert!(matches!(outcome, Err(Error::Refused(_))));
    }
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        0,
        "nothing is half made"
    );
    let vault = made(dir.path());
    let most = Secret::new(vec![7; SECRET_BYTES_MAX]);
    vault.put(&smtp(3), &most, &ids()).unwrap();
    let beyond = Secret::new(vec![7; SECRET_BYTES_MAX + 1]);
    assert!(matches!(
        vault.put(&smtp(4), &beyond, &ids()),
        Err(Error::Refused(_))
    ));
}

#[test]
fn after_a_change_only_the_new_passphrase_opens_and_everything_is_still_there() {
    let dir = tempfile::tempdir().unwrap();
    let vault = made(dir.path());
    let wrong = vault.change_passphrase("wrong", "new", Cost::FOR_TESTS, &ids(), NOW);
    assert!(matches!(wrong, Err(Error::WrongPassphrase { .. })));
    vault
        .change_passphrase(RIGHT, "new", Cost::FOR_TESTS, &ids(), NOW)
        .unwrap();
    assert!(text_of(&vault, &smtp(1)).is_some());
    let vault = Vault::open(dir.path()).unwrap();
    assert!(matches!(
        vault.unlock(RIGHT, NOW),
        Err(Error::WrongPassphrase { .. })
    ));
    vault.unlock("new", NOW).unwrap();
    assert_eq!(
        text_of(&vault, &smtp(1)).as_deref(),
        Some(b"relay-password".as_slice())
    );
}

#[test]
fn threads_that_put_at_once_all_find_their_credential() {
    let dir = tempfile::tempdir().unwrap();
    let vault = made(dir.path());
    std::thread::scope(|scope| {
        for n in 10..18u128 {
            let vault = &vault;
            scope.spawn(move || {
                vault
                    .put(&smtp(n), &Secret::new(n.to_be_bytes().to_vec()), &ids())
                    .unwrap();
            });
        }
    });
    for n in 10..18u128 {
        assert_eq!(text_of(&vault, &smtp(n)), Some(n.to_be_bytes().to_vec()));
    }
}

#[test]
fn a_vault_in_memory_keeps_gives_and_forgets_without_a_folder() {
    let vault = Vault::memory();
    assert_eq!((vault.kind(), vault.is_locked()), (Kind::Memory, false));
    vault
        .put(&smtp(1), &Secret::from("kept".to_owned()), &ids())
        .unwrap();
    let kept = vault.get(&smtp(1)).unwrap().and_then(|it| it.to_text());
    assert_eq!(kept.as_deref().map(String::as_str), Some("kept"));
    assert!(vault.delete(&smtp(1), &ids()).unwrap());
    assert_eq!(text_of(&vault, &smtp(1)), None);
    assert!(matches!(
        vault.unlock("x", NOW),
        Err(Error::NothingToUnlock)
    ));
}

#[test]
fn a_vault_prints_its_place_and_nothing_it_keeps() {
    let dir = tempfile::tempdir().unwrap();
    let printed = format!("{:?}", made(dir.path()));
    assert!(printed.contains("Passphrase"), "{printed}");
    assert!(!printed.contains("relay-password"), "{printed}");
}

/// Written once and never again: whoever has such a folder must be able to open it.
const FORMAT_1: &str = r#"
version = 1
kind = "passphrase"

[passphrase]
algorithm = "argon2id"
memory_kib = 8
passes = 1
lanes = 1
salt = "AQEBAQEBAQEBAQEBAQEBAQ=="
check = "3Zqp29IiK6SobK/j1WsCsR2X/I1G3L16lU+LpiqCmGI="

[sealed]
algorithm = "xchacha20poly1305"
nonce = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
data = "gz3i5BfcZhTRGnVNYqcWbCW/IErZOcIG45Jic3NBQ3DXXFCSpHh9iFrBT/U9lwKRTiEATNvkYh28dnDX2zoZfAnlzVPb9OK4H8O8WH9p6m5u3m6JaDyKV0uYhewzwuOXjIBSo+wAdT7YcptPSA=="
"#;

#[test]
fn a_file_of_format_1_opens_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secrets.toml");
    drop(made(dir.path()));
    // Over a file of ours, so that it keeps its mode.
    fs::write(&path, FORMAT_1).unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    vault.unlock(RIGHT, NOW).unwrap();
    assert_eq!(
        text_of(&vault, &smtp(1)).as_deref(),
        Some(b"relay-password".as_slice())
    );
    assert_eq!(
        text_of(&vault, &Key::signing()),
        Some(vec![0, 159, 146, 150])
    );
}

/// A console that unlocked once must not stay 64 MiB larger for it.
#[cfg(target_os = "linux")]
#[test]
fn the_standard_cost_gives_its_memory_back() {
    let resident_kib = || -> usize {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let dir = tempfile::tempdir().unwrap();
    let before = resident_kib();
    let vault = Vault::create_passphrase(dir.path(), RIGHT, Cost::STANDARD, &ids()).unwrap();
    vault.unlock(RIGHT, NOW).unwrap();
    let after = resident_kib();
    assert!(
        after < before + 16 * 1024,
        "{before} KiB before, {after} KiB after"
    );
}
