//! From an agent's ask to Dovecot's maildir: what leaves is what was approved.

use std::time::Duration;

use serde_json::{Value, json};
use tests::mailstack::as_sent;
use tests::wait::PATIENCE;
use tests::{ALICE, Api, BOB, Desk, MailStack, Serving, until};

/// A desk with a mailbox on a real Postfix, serving, and its agent's token.
struct Office {
    stack: MailStack,
    desk: Desk,
    _serving: Serving,
    api: Api,
}

const SENDER: &str = "hello@example.test";

impl Office {
    fn open(level: u8) -> Office {
        let stack = MailStack::start();
        let desk = Desk::initialised();
        let token = desk.with_agent(SENDER, stack.smtp_port(), level);
        let serving = desk.serve();
        let api = serving.api(&token);
        Office {
            stack,
            desk,
            _serving: serving,
            api,
        }
    }

    fn ask(&self, subject: &str) -> Value {
        let body = json!({
            "mailbox": SENDER,
            "to": [ALICE.address],
            "bcc": [BOB.address],
            "subject": subject,
            "text": "Dear Alice,\n\n.a line with a dot in front\nGrüße, Dana\n",
        });
        let answer = self.api.post("/v1/submissions", &body);
        assert!(answer.status < 300, "{answer:?}");
        answer.json()
    }

    fn show(&self, id: &str) -> Value {
        self.desk.run(&["show", id, "--json"]).json()
    }

    fn state(&self, id: &str) -> String {
        let answer = self.api.get(&format!("/v1/submissions/{id}")).json();
        answer["state"]
            .as_str()
            .unwrap_or_else(|| panic!("no state in {answer}"))
            .to_owned()
    }

    fn wait_for_state(&self, id: &str, state: &str) {
        until(&format!("{id} is {state}"), Duration::from_secs(40), || {
            (self.state(id) == state).then_some(())
        });
    }

    fn approve(&self, id: &str) {
        let hash = self.show(id)["hash"].as_str().unwrap().to_owned();
        self.desk
            .as_operator(&["approve", id, "--hash", &hash])
            .ok();
    }
}

fn id_of(answer: &Value) -> String {
    answer["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id in {answer}"))
        .to_owned()
}

/// A policy whose undo window is short, so that a story does not wait ten seconds.
fn shorten_undo(desk: &Desk) {
    let file = desk.home().join("policy.toml");
    std::fs::write(&file, "[review]\nundo_window_seconds = 1\n").unwrap();
    desk.as_operator(&["policy", "publish", file.to_str().unwrap()])
        .ok();
}

#[test]
fn a_held_message_is_approved_and_leaves_as_the_exact_bytes_that_were_shown_plus_date() {
    let office = Office::open(1);
    shorten_undo(&office.desk);
    let answer = office.ask("Your question");
    assert_eq!(
        (&answer["state"], &answer["verdict"]),
        (&json!("held"), &json!("hold"))
    );
    assert_eq!(answer["next"]["class"], "needs_person");
    let id = id_of(&answer);
    let sealed = office.desk.run(&["show", &id, "--source"]).ok();

    office.approve(&id);
    let mail = office
        .stack
        .wait_for_mail(ALICE, PATIENCE, |mail: &[u8]| !mail.is_empty());
    let sent = as_sent(&mail);
    let text = String::from_utf8_lossy(sent).replace("\r\n", "\n");
    let (date, rest) = text.split_once('\n').unwrap();
    assert!(date.starts_with("Date: "), "{date}");
    assert_eq!(rest.trim_end(), sealed.replace("\r\n", "\n").trim_end());
    assert!(!text.contains(BOB.address), "the hidden copy shows: {text}");
    // The hidden copy arrives too, as the same bytes.
    let copy = office
        .stack
        .wait_for_mail(BOB, PATIENCE, |mail: &[u8]| !mail.is_empty());
    assert_eq!(as_sent(&copy), sent);
    office.wait_for_state(&id, "sent");
    assert_eq!(office.stack.delivered(ALICE).len(), 1);
    office.desk.run(&["verify"]).ok();
}

#[test]
fn marketing_leaves_for_who_agreed_with_the_way_out_and_the_postal_address() {
    let office = Office::open(3);
    let file = office.desk.home().join("policy.toml");
    let policy = "[review]\nundo_window_seconds = 1\n[rules.unsubscribe_header]\n\
        postal_address = \"Ours & Co\\n1 High Street\"\n\
        one_click_url = \"https://ours.test/stop\"\n";
    std::fs::write(&file, format!("{policy}{}", tests::UNWORRIED)).unwrap();
    let publish = ["policy", "publish", file.to_str().unwrap()];
    office.desk.as_operator(&publish).ok();
    let news = json!({
        "mailbox": SENDER,
        "to": [ALICE.address],
        "subject": "What is new",
        "text": "Hello,\n\nhere is what is new.\n",
        "stream": "marketing",
    });
    let refused = office.api.post("/v1/submissions", &news).json();
    assert_eq!(refused["verdict"], "block", "{refused}");
    assert_eq!(refused["decision"]["primary"]["rule"], "consent");

    let agreed = ["consent", "add", ALICE.address, "--source", "order form"];
    office.desk.as_operator(&agreed).ok();
    let answer = office.api.post("/v1/submissions", &news).json();
    let id = id_of(&answer);
    if answer["state"] == "held" {
        office.approve(&id);
    }
    let mail = office
        .stack
        .wait_for_mail(ALICE, PATIENCE, |mail: &[u8]| !mail.is_empty());
    let text = String::from_utf8_lossy(as_sent(&mail)).replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap();
    let head = head.replace("\n ", " ");
    assert!(
        head.contains(&format!("<mailto:{SENDER}?subject=unsubscribe>")),
        "{head}"
    );
    assert!(head.contains("<https://ours.test/stop?message="), "{head}");
    assert!(
        head.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
        "{head}"
    );
    assert!(body.ends_with("Ours & Co\n1 High Street\n"), "{body}");
}

#[test]
fn an_edited_message_is_judged_again_and_the_old_hash_approves_nothing() {
    let office = Office::open(1);
    shorten_undo(&office.desk);
    let id = id_of(&office.ask("First wording"));
    let old = office.show(&id)["hash"].as_str().unwrap().to_owned();
    office
        .desk
        .as_operator(&["edit", &id, "--subject", "Second wording"])
        .ok();
    let stale = office.desk.as_operator(&["approve", &id, "--hash", &old]);
    assert_ne!(stale.code, Some(0), "{stale:?}");
    assert_eq!(office.state(&id), "held");
    office.approve(&id);
    let mail = office
        .stack
        .wait_for_mail(ALICE, PATIENCE, |mail: &[u8]| !mail.is_empty());
    assert!(String::from_utf8_lossy(&mail).contains("Subject: Second wording"));
    let story = office.api.get(&format!("/v1/submissions/{id}")).json();
    assert_eq!(
        story["versions"].as_array().map(Vec::len),
        Some(2),
        "{story}"
    );
}

#[test]
fn a_relay_that_was_down_gets_it_when_it_is_back() {
    let mut office = Office::open(3);
    office.stack.stop_smtp();
    let id = id_of(&office.ask("Patience"));
    until("the first attempt failed", Duration::from_secs(20), || {
        let story = office.show(&id);
        story["attempts"]
            .as_array()
            .is_some_and(|a| !a.is_empty() && !a[0]["ended_at"].is_null())
            .then_some(())
    });
    assert_eq!(office.state(&id), "queued");
    office.stack.start_smtp();
    // The account rests for half a minute after a failure.
    office
        .stack
        .wait_for_mail(ALICE, Duration::from_secs(60), |mail: &[u8]| {
            !mail.is_empty()
        });
    office.wait_for_state(&id, "sent");
    assert_eq!(office.stack.delivered(ALICE).len(), 1);
}

#[test]
fn login_over_starttls_and_implicit_tls_works_and_a_wrong_certificate_or_password_is_told() {
    let stack = MailStack::start();
    let desk = Desk::initialised();
    let ca = stack.ca_file();
    let url = |port: u16, tls: &str, ca_file: bool| {
        let ca = if ca_file {
            format!("&ca={}", ca.display())
        } else {
            String::new()
        };
        format!("smtp://alice%40example.test@localhost:{port}?tls={tls}{ca}")
    };
    let add = |address: &str, smtp: &str, password: &str| {
        desk.with_secrets(
            &["mailbox", "add", address, "--smtp", smtp],
            &[
                ("--passphrase-fd", tests::PASSPHRASE),
                ("--smtp-password-fd", password),
            ],
        )
        .ok();
    };
    add(
        "start@example.test",
        &url(stack.submission_port(), "starttls", true),
        ALICE.password,
    );
    add(
        "implicit@example.test",
        &url(stack.smtps_port(), "implicit", true),
        ALICE.password,
    );
    add(
        "wrong@example.test",
        &url(stack.smtps_port(), "implicit", true),
        "not it",
    );
    add(
        "untrusted@example.test",
        &url(stack.smtps_port(), "implicit", false),
        ALICE.password,
    );
    let boxes =
        ["start", "implicit", "wrong", "untrusted"].map(|name| format!("{name}@example.test"));
    let tokens: Vec<String> = boxes
        .iter()
        .map(|mailbox| {
            let made = desk
                .as_operator(&[
                    "agent",
                    "add",
                    mailbox,
                    "--mailbox",
                    mailbox,
                    "--level",
                    "3",
                    "--json",
                ])
                .json();
            made["token"].as_str().unwrap().to_owned()
        })
        .collect();
    let serving = desk.serve();
    let ids: Vec<String> = boxes
        .iter()
        .zip(&tokens)
        .map(|(mailbox, token)| {
            // One contact each: two sends to one person would wait for each other.
            let to = match mailbox.as_str() {
                "start@example.test" => ALICE.address,
                "implicit@example.test" => BOB.address,
                "wrong@example.test" => "carol@example.test",
                _ => "dave@example.test",
            };
            let body = json!({"mailbox": mailbox, "to": [to],
                "subject": format!("From {mailbox}"), "text": "hello"});
            id_of(&serving.api(token).post("/v1/submissions", &body).json())
        })
        .collect();
    stack.wait_for_mail(ALICE, PATIENCE, |mail: &[u8]| {
        String::from_utf8_lossy(mail).contains("From start@")
    });
    stack.wait_for_mail(BOB, PATIENCE, |mail: &[u8]| {
        String::from_utf8_lossy(mail).contains("From implicit@")
    });
    for (id, word) in [(&ids[2], "535"), (&ids[3], "certificate")] {
        let text = until("the attempt's words", Duration::from_secs(20), || {
            let shown = desk.run(&["show", id, "--json"]).json();
            let text = shown["attempts"][0]["text"].as_str()?.to_owned();
            (!shown["attempts"][0]["ended_at"].is_null()).then_some(text)
        });
        assert!(text.contains(word), "`{word}` is not in: {text}");
        // A refused login is the operator's to mend: the message waits.
        let state = serving
            .api(if id == &ids[2] {
                &tokens[2]
            } else {
                &tokens[3]
            })
            .get(&format!("/v1/submissions/{id}"))
            .json()["state"]
            .clone();
        assert_eq!(state, "queued");
    }
    assert_eq!(
        (stack.delivered(ALICE).len(), stack.delivered(BOB).len()),
        (1, 1)
    );
}
