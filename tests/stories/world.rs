//! What most stories begin with: a desk, a mailbox, an agent, a server that runs.

use std::time::Duration;

use serde_json::{Value, json};
use tests::wait::PATIENCE;
use tests::{Answer, Api, Desk, PASSPHRASE, Serving, until};

/// The mailbox every story sends from.
pub const MAILBOX: &str = "alice@example.test";

/// Approvals leave at once and nothing cools down: for stories about something else.
pub const SWIFT: &str = "[review]\nundo_window_seconds = 0\n\
    [rules.risk_budget]\nenabled = false\n[rules.warmup]\nenabled = false\n\
    [rules.near_duplicate]\nenabled = false\n[rules.lookalike_recipient]\nenabled = false\n\
    [rules.domain_throttle]\nenabled = false\n\
    [rules.cooldown]\nenabled = false\n\
    [rules.rate_limit]\nmailbox = { hour = 100000 }\n";

/// A console with one agent, up and running.
pub struct World {
    // The server ends before its data folder goes.
    pub serving: Serving,
    pub desk: Desk,
    pub token: String,
}

impl World {
    /// An agent of this level, a mailbox that sends through this port without TLS, and this policy.
    pub fn with(level: u8, smtp_port: u16, policy: &str) -> World {
        World::serving(level, smtp_port, policy, &[])
    }

    /// The same with its SMTP door open.
    pub fn with_smtp_door(level: u8, smtp_port: u16, policy: &str) -> World {
        World::serving(level, smtp_port, policy, &["--smtp", "127.0.0.1:0"])
    }

    fn serving(level: u8, smtp_port: u16, policy: &str, more: &[&str]) -> World {
        let desk = Desk::initialised();
        let token = desk.with_agent(MAILBOX, smtp_port, level);
        if !policy.is_empty() {
            publish(&desk, policy);
        }
        let serving = desk.serve_with(more, &[("--passphrase-fd", PASSPHRASE)]);
        World {
            serving,
            desk,
            token,
        }
    }

    /// The port of its SMTP door.
    pub fn smtp_port(&self) -> u16 {
        let address = self.serving.smtp();
        address.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// The agent's door.
    pub fn api(&self) -> Api {
        self.serving.api(&self.token)
    }

    /// Asks to send and gives the answer.
    pub fn ask(&self, letter: &Value) -> Answer {
        self.api().post("/v1/submissions", letter)
    }

    /// Asks to send something that is held, and gives its id.
    pub fn held(&self, letter: &Value) -> String {
        let answer = self.ask(letter);
        assert_eq!(answer.status, 202, "{}", answer.text);
        assert_eq!(answer.json()["state"], "held", "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// How the operator sees a submission.
    pub fn show(&self, id: &str) -> Value {
        self.desk.run(&["show", id, "--json"]).json()
    }

    /// Approves exactly what is there now.
    pub fn approve(&self, id: &str) {
        let hash = self.hash(id);
        self.desk
            .as_operator(&["approve", id, "--hash", &hash])
            .ok();
    }

    /// The hash of the exact message.
    pub fn hash(&self, id: &str) -> String {
        let shown = self.show(id);
        shown["hash"]
            .as_str()
            .unwrap_or_else(|| panic!("no hash in {shown}"))
            .to_owned()
    }

    /// The agent's view of a submission.
    pub fn state(&self, id: &str) -> String {
        let answer = self.api().get(&format!("/v1/submissions/{id}"));
        answer.json()["state"]
            .as_str()
            .unwrap_or(&answer.text)
            .to_owned()
    }

    /// Waits until the agent sees this state.
    pub fn wait_for_state(&self, id: &str, state: &str) {
        let mut last = String::new();
        let begun = std::time::Instant::now();
        until(
            &format!("{id} to be {state}"),
            PATIENCE + Duration::from_secs(5),
            || {
                last = self.state(id);
                assert!(
                    begun.elapsed() < PATIENCE || last == state,
                    "{id} is {last}, not {state}:\n{}\n{}",
                    self.api().get(&format!("/v1/submissions/{id}")).text,
                    self.serving.stderr()
                );
                (last == state).then_some(())
            },
        );
    }
}

/// Publishes a policy as the operator.
pub fn publish(desk: &Desk, policy: &str) {
    let file = desk.home().join("policy.toml");
    std::fs::write(&file, policy).unwrap();
    desk.as_operator(&["policy", "publish", &file.display().to_string()])
        .ok();
}

/// A short plain letter.
pub fn letter(to: &str, subject: &str) -> Value {
    json!({
        "mailbox": MAILBOX,
        "to": [to],
        "subject": subject,
        "text": format!("Hello,\n\nthis is about {subject}.\n.A line with a dot.\n"),
    })
}
