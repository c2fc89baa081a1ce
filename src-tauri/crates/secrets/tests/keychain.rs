//! The OS keychain for real: gnome-keyring on a D-Bus session of its own.
//!
//! Each test runs itself again inside a private session (an own bus, HOME and runtime folder, no
//! service activation), so that nobody's real keyring is touched and each starts from nothing. A
//! missing program is a failure that names its package.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

use std::env;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use domain::{AccountId, IdSource, Timestamp};
use secrets::{Error, Key, Kind, Secret, Vault, probe};
use uuid::Uuid;

/// Set in the process that runs inside the session.
const INSIDE: &str = "SENDOFF_TEST_INSIDE_SESSION";

/// A bus that starts no services: a Secret Service is there exactly when a test started one.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

struct Drawn(u8);

impl IdSource for Drawn {
    fn uuid(&self, _now: Timestamp) -> Uuid {
        Uuid::from_u128(self.0.into())
    }
    fn secret(&self) -> [u8; 32] {
        [self.0; 32]
    }
}

fn smtp() -> Key {
    Key::smtp(AccountId::from_uuid(Uuid::from_u128(1)))
}

fn read(vault: &Vault) -> Result<Option<Vec<u8>>, Error> {
    Ok(vault.get(&smtp())?.map(|secret| secret.expose().to_vec()))
}

/// Runs `story` inside a session by running this very test again in one.
fn in_a_session(test: &str, story: fn(&Path)) {
    if let Some(home) = env::var_os(INSIDE) {
        return story(Path::new(&home));
    }
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("bus.conf"), BUS).unwrap();
    let mut command = Command::new("dbus-run-session");
    command
        .arg("--config-file")
        .arg(home.path().join("bus.conf"))
        .arg("--");
    run_again(command, test, home.path());
}

fn run_again(mut command: Command, test: &str, home: &Path) {
    command
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"]);
    for variable in ["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", INSIDE] {
        command.env(variable, home);
    }
    let output = match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("dbus-run-session is missing; install it with `apt-get install dbus`")
        }
        output => output.unwrap(),
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "inside the session:\n{said}\n{complained}"
    );
}

/// A gnome-keyring of this session, ended when dropped.
struct Keyring(Child);

impl Keyring {
    fn unlocked() -> Self {
        Keyring::start(&["--unlock"], "the login password")
    }

    fn locked() -> Self {
        Keyring::start(&[], "")
    }

    fn start(options: &[&str], password: &str) -> Self {
        let started = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        let mut child = match started {
            Err(error) if error.kind() == ErrorKind::NotFound => panic!(
                "gnome-keyring-daemon is missing; install it with `apt-get install gnome-keyring`"
            ),
            child => child.unwrap(),
        };
        child
            .stdin
            .take()
            .unwrap()
            .write_all(password.as_bytes())
            .unwrap();
        until_on_the_bus(true);
        Keyring(child)
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        until_on_the_bus(false);
    }
}

fn until_on_the_bus(expected: bool) {
    let question = [
        "--session",
        "--print-reply",
        "--dest=org.freedesktop.DBus",
        "/",
    ];
    for _ in 0..500 {
        let output = Command::new("dbus-send")
            .args(question)
            .args([
                "org.freedesktop.DBus.NameHasOwner",
                "string:org.freedesktop.secrets",
            ])
            .output()
            .expect("dbus-send is there; install it with `apt-get install dbus`");
        if String::from_utf8_lossy(&output.stdout).contains(&format!("boolean {expected}")) {
            return;
        }
        sleep(Duration::from_millis(20));
    }
    panic!("after ten seconds the Secret Service is still not on the bus: {expected}");
}

#[test]
fn a_credential_put_into_the_keychain_is_there_after_a_restart() {
    in_a_session(
        "a_credential_put_into_the_keychain_is_there_after_a_restart",
        |home| {
            let _keyring = Keyring::unlocked();
            let dir = tempfile::tempdir_in(home).unwrap();
            let vault = Vault::create_keychain(dir.path(), &Drawn(1)).unwrap();
            assert_eq!((vault.kind(), vault.is_locked()), (Kind::Keychain, false));
            assert_eq!(read(&vault).unwrap(), None);
            for password in ["relay-password", "changed since"] {
                vault
                    .put(&smtp(), &Secret::from(password.to_owned()), &Drawn(2))
                    .unwrap();
            }
            vault
                .put(&Key::signing(), &Secret::new(vec![0, 255, 10]), &Drawn(3))
                .unwrap();

            let vault = Vault::open(dir.path()).unwrap();
            assert_eq!(
                read(&vault).unwrap().as_deref(),
                Some(b"changed since".as_slice())
            );
            let seed = vault.get(&Key::signing()).unwrap().unwrap();
            assert_eq!(seed.expose(), [0, 255, 10]);
            let file = fs::read_to_string(dir.path().join("secrets.toml")).unwrap();
            assert!(
                !file.contains("changed since") && file.contains("kind = \"keychain\""),
                "{file}"
            );
            assert!(matches!(
                vault.unlock("x", Timestamp::default()),
                Err(Error::NothingToUnlock)
            ));

            assert!(vault.delete(&smtp(), &Drawn(4)).unwrap());
            assert!(!vault.delete(&smtp(), &Drawn(4)).unwrap());
            assert_eq!(read(&vault).unwrap(), None);
        },
    );
}

#[test]
fn two_folders_never_see_each_others_credentials() {
    in_a_session("two_folders_never_see_each_others_credentials", |home| {
        let _keyring = Keyring::unlocked();
        let (one, two) = (
            tempfile::tempdir_in(home).unwrap(),
            tempfile::tempdir_in(home).unwrap(),
        );
        let first = Vault::create_keychain(one.path(), &Drawn(1)).unwrap();
        let second = Vault::create_keychain(two.path(), &Drawn(2)).unwrap();
        first
            .put(&smtp(), &Secret::from("of the first".to_owned()), &Drawn(3))
            .unwrap();
        assert_eq!(read(&second).unwrap(), None);
        assert!(!second.delete(&smtp(), &Drawn(3)).unwrap());
        assert!(read(&first).unwrap().is_some());
    });
}

#[test]
fn a_keyring_restarted_under_a_running_console_is_found_again() {
    in_a_session(
        "a_keyring_restarted_under_a_running_console_is_found_again",
        |home| {
            let keyring = Keyring::unlocked();
            let dir = tempfile::tempdir_in(home).unwrap();
            let vault = Vault::create_keychain(dir.path(), &Drawn(1)).unwrap();
            vault
                .put(
                    &smtp(),
                    &Secret::from("relay-password".to_owned()),
                    &Drawn(2),
                )
                .unwrap();
            drop(keyring);
            assert!(matches!(read(&vault), Err(Error::NoKeychain { .. })));
            let _keyring = Keyring::unlocked();
            assert_eq!(
                read(&vault).unwrap().as_deref(),
                Some(b"relay-password".as_slice())
            );
        },
    );
}

#[test]
fn a_locked_keyring_with_nobody_to_ask_says_so_at_once() {
    in_a_session(
        "a_locked_keyring_with_nobody_to_ask_says_so_at_once",
        |home| {
            let keyring = Keyring::unlocked();
            let dir = tempfile::tempdir_in(home).unwrap();
            let vault = Vault::create_keychain(dir.path(), &Drawn(1)).unwrap();
            vault
                .put(
                    &smtp(),
                    &Secret::from("relay-password".to_owned()),
                    &Drawn(2),
                )
                .unwrap();
            drop(keyring);
            let _keyring = Keyring::locked();
            let vault = Vault::open(dir.path()).unwrap();
            let error = read(&vault).unwrap_err();
            assert!(matches!(error, Error::NoKeychain { .. }), "{error}");
            assert!(error.to_string().contains("locked"), "{error}");
            let error = vault
                .put(&smtp(), &Secret::new(vec![1]), &Drawn(3))
                .unwrap_err();
            assert!(matches!(error, Error::NoKeychain { .. }), "{error}");
            let probed = probe(&Drawn(4));
            assert!(
                !probed.usable && probed.sentence.contains("--passphrase-fd"),
                "{probed:?}"
            );
        },
    );
}

#[test]
fn a_bus_without_a_secret_service_is_refused_and_nothing_is_chosen() {
    in_a_session(
        "a_bus_without_a_secret_service_is_refused_and_nothing_is_chosen",
        refused,
    );
}

#[test]
fn without_a_bus_the_keychain_is_refused_and_nothing_is_chosen() {
    if let Some(home) = env::var_os(INSIDE) {
        return refused(Path::new(&home));
    }
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("env");
    command.arg("DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent/bus");
    let test = "without_a_bus_the_keychain_is_refused_and_nothing_is_chosen";
    run_again(command, test, home.path());
}

fn refused(home: &Path) {
    let dir = tempfile::tempdir_in(home).unwrap();
    let error = Vault::create_keychain(dir.path(), &Drawn(1)).unwrap_err();
    assert!(matches!(error, Error::NoKeychain { .. }), "{error}");
    assert!(
        error.to_string().contains("sendoff init --passphrase-fd"),
        "{error}"
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let probed = probe(&Drawn(2));
    assert!(!probed.usable, "{probed:?}");
}

#[test]
fn a_probe_leaves_nothing_behind() {
    in_a_session("a_probe_leaves_nothing_behind", |home| {
        let _keyring = Keyring::unlocked();
        let before = keyring_bytes(home);
        let probed = probe(&Drawn(1));
        assert!(probed.usable, "{probed:?}");
        assert_eq!(probed.sentence, "the OS keychain can be used");
        // The keyring file is rewritten, and is as long as before without the probe's entry.
        assert_eq!(keyring_bytes(home), before);
    });
}

fn keyring_bytes(home: &Path) -> u64 {
    fs::metadata(home.join("keyrings/login.keyring"))
        .unwrap()
        .len()
}
