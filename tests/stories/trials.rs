//! A mailbox is tried out while somebody watches: each step as it happens, over the real Postfix and
//! the real Dovecot, and where it stops, why and what helps.

use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;
use tests::wait::PATIENCE;
use tests::{ALICE, Desk, MailStack, PASSPHRASE, until};

/// What a test prints: a line a step, and one at the end.
fn lines(printed: &str) -> Vec<Value> {
    let lines = printed.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect()
}

/// The steps that went well, and the one that did not with its words and its advice.
fn course(lines: &[Value]) -> (Vec<&str>, Option<(&str, &str, &str)>) {
    let passed = lines.iter().filter(|step| step["state"] == "passed");
    let passed = passed.map(|step| step["name"].as_str().unwrap()).collect();
    let failed = lines.iter().find(|step| step["state"] == "failed");
    let failed = failed.map(|step| {
        let word = |field: &str| step[field].as_str().unwrap_or_default();
        (word("name"), word("text"), word("advice"))
    });
    (passed, failed)
}

/// Where, with which password; what goes well, and then what does not, in which words.
type Case<'a> = (String, &'a str, Vec<&'a str>, Option<(&'a str, &'a str)>);

#[test]
fn each_step_is_told_over_real_servers_and_each_fault_by_the_step_it_stops_at() {
    let stack = MailStack::start();
    let desk = Desk::initialised();
    let ca = format!("&ca={}", stack.ca_file().display());
    let shut = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = shut.local_addr().unwrap().port();
    drop(shut);
    let at = |scheme: &str, port: u16, tls: &str, ca: &str| {
        format!("{scheme}://alice%40example.test@localhost:{port}?tls={tls}{ca}")
    };
    let (submission, smtps, imaps) = (
        stack.submission_port(),
        stack.smtps_port(),
        stack.imaps_port(),
    );
    let sends = [
        "Look up",
        "Connect",
        "Greeting",
        "Encryption",
        "Login",
        "Sender",
    ];
    let at_once = [
        "Look up",
        "Connect",
        "Encryption",
        "Greeting",
        "Login",
        "Sender",
    ];
    let reads = [
        "Look up",
        "Connect",
        "Encryption",
        "Greeting",
        "Login",
        "Folders",
        "New mail",
        "Senders",
    ];
    let found = |n: usize| reads[..n].to_vec();
    let password = ALICE.password;
    let cases: Vec<Case<'_>> = vec![
        (
            at("smtp", submission, "starttls", &ca),
            password,
            sends.to_vec(),
            None,
        ),
        (
            at("smtp", smtps, "implicit", &ca),
            password,
            at_once.to_vec(),
            None,
        ),
        (
            at("imap", imaps, "implicit", &ca),
            password,
            reads.to_vec(),
            None,
        ),
        (
            at("smtp", smtps, "implicit", &ca),
            "not it",
            found(4),
            Some(("Login", "535")),
        ),
        (
            at("imap", imaps, "implicit", &ca),
            "not it",
            found(4),
            Some(("Login", "does not take this user and password")),
        ),
        (
            at("smtp", smtps, "implicit", ""),
            password,
            found(2),
            Some(("Encryption", "does not trust")),
        ),
        (
            at("imap", imaps, "implicit", ""),
            password,
            found(2),
            Some(("Encryption", "does not trust")),
        ),
        (
            at("smtp", submission, "implicit", &ca),
            password,
            found(2),
            Some(("Encryption", "does not speak TLS")),
        ),
        (
            at("smtp", nobody, "implicit", &ca),
            password,
            found(1),
            Some(("Connect", "Nothing answers at localhost")),
        ),
        (
            at("imap", nobody, "implicit", &ca),
            password,
            found(1),
            Some(("Connect", "Nothing answers at localhost")),
        ),
        (
            "smtp://alice@no-such-host.invalid:465?tls=implicit".into(),
            password,
            vec![],
            Some(("Look up", "cannot be found")),
        ),
    ];
    // With a Sendoff running that does it, and with none, so that the command does.
    let serving = desk.serve();
    let mut serving = Some(serving);
    for running in [true, false] {
        if !running {
            serving.take().unwrap().stop();
        }
        for (url, password, good, bad) in &cases {
            let (scheme, secret) = match url.starts_with("smtp") {
                true => ("--smtp", "--smtp-password-fd"),
                false => ("--imap", "--imap-password-fd"),
            };
            let mut args = vec!["mailbox", "test", scheme, url.as_str(), "--json"];
            if scheme == "--smtp" {
                args.extend(["--sender", ALICE.address]);
            }
            let ran = desk.with_secrets(
                &args,
                &[("--passphrase-fd", PASSPHRASE), (secret, password)],
            );
            let said = lines(&ran.stdout);
            let (end, steps) = said
                .split_last()
                .unwrap_or_else(|| panic!("{url}: {ran:?}"));
            let (passed, failed) = course(steps);
            assert_eq!(&passed, good, "{url}: {said:?}");
            assert_eq!(end["ok"], bad.is_none(), "{url}: {said:?}");
            assert_eq!(ran.code, Some(i32::from(bad.is_some())), "{url}: {ran:?}");
            assert!(steps.iter().all(|step| step["ms"].is_u64()), "{said:?}");
            match (bad, failed) {
                (None, None) => {}
                (Some((name, words)), Some((stopped, text, advice))) => {
                    assert_eq!(&stopped, name, "{url}");
                    assert!(text.contains(words), "{url}: {text}");
                    assert!(advice.len() > 20, "{url}: {advice}");
                    assert!(
                        !ran.stdout.contains(password),
                        "the password is in {}",
                        ran.stdout
                    );
                }
                (expected, found) => panic!("{url}: {expected:?}, {found:?}"),
            }
        }
    }
    // Nothing was sent, and nothing was kept.
    assert!(stack.delivered(ALICE).is_empty());
    assert_eq!(
        desk.run(&["mailbox", "list", "--json"]).json(),
        serde_json::json!([])
    );
}

#[test]
fn a_test_shows_its_steps_while_it_waits_and_ends_where_it_is_interrupted() {
    let desk = Desk::initialised();
    // It accepts, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "smtp://127.0.0.1:{}?tls=none",
        silent.local_addr().unwrap().port()
    );
    for running in [true, false] {
        let serving = running.then(|| desk.serve());
        let args = ["mailbox", "test", "--smtp", &url];
        let mut testing = desk.start_serving(&args, &[("--passphrase-fd", PASSPHRASE)]);
        let (_held, _) = silent.accept().unwrap();
        until("the steps that went well", PATIENCE, || {
            testing.stdout().contains("Encryption").then_some(())
        });
        assert!(
            !testing.stdout().contains("Greeting"),
            "{}",
            testing.stdout()
        );
        let interrupt = ["-INT", &testing.pid().to_string()];
        assert!(
            Command::new("kill")
                .args(interrupt)
                .status()
                .unwrap()
                .success()
        );
        let ended = testing.until_ended();
        assert_eq!(ended.code(), Some(1), "{}", testing.stderr());
        let said = testing.stdout();
        assert!(said.contains("stopped Greeting"), "{said}");
        drop(serving);
    }
}
