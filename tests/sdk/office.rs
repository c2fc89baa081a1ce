//! Where a client's story plays: a desk over a real Postfix and Dovecot, one agent that sends
//! freely and one that always asks.

use serde_json::{Value, json};
use tests::wait::PATIENCE;
use tests::{ALICE, Desk, MailStack, PASSPHRASE, Serving, UNWORRIED, until};

use crate::driver::{Client, Driver};

/// The mailbox everything leaves from.
pub const SENDER: &str = "hello@example.test";

/// Nothing waits for a clock, and nothing is held for its words: these stories are about doors.
pub const OPEN: &str = "[review]\nundo_window_seconds = 0\n[rules.cooldown]\nenabled = false\n";

pub struct Office {
    // Drivers end before the server, and the server before its folder goes.
    pub free: Driver,
    pub asking: Driver,
    pub serving: Serving,
    pub stack: MailStack,
    pub desk: Desk,
    pub token: String,
    pub client: Client,
}

impl Office {
    pub fn open(client: &Client) -> Office {
        let stack = MailStack::start();
        let desk = Desk::initialised();
        let token = desk.with_agent(SENDER, stack.smtp_port(), 3);
        let asks = [
            "agent",
            "add",
            "asking",
            "--mailbox",
            SENDER,
            "--level",
            "1",
            "--json",
        ];
        let asking = desk.as_operator(&asks).json()["token"]
            .as_str()
            .unwrap()
            .to_owned();
        publish(
            &desk,
            &format!("{OPEN}{UNWORRIED}[rules.rate_limit]\nmailbox = {{ hour = 100000 }}\n"),
        );
        let passphrase = [("--passphrase-fd", PASSPHRASE)];
        let serving = desk.serve_with(&["--smtp", "127.0.0.1:0"], &passphrase);
        let client = client.clone().with("SENDOFF_SMTP", &serving.smtp());
        Office {
            free: client.start(serving.url(), &token),
            asking: client.start(serving.url(), &asking),
            serving,
            stack,
            desk,
            token,
            client,
        }
    }

    /// Publishes a policy that says this of the rate.
    pub fn rate(&self, rule: &str) {
        publish(
            &self.desk,
            &format!("{OPEN}{UNWORRIED}[rules.rate_limit]\n{rule}\n"),
        );
    }

    /// Our own view of a submission, as the operator has it.
    pub fn show(&self, id: &str) -> Value {
        self.desk.run(&["show", id, "--json"]).json()
    }

    /// Where it stands.
    pub fn state(&self, id: &str) -> String {
        self.show(id)["state"]["state"]
            .as_str()
            .or(self.show(id)["state"].as_str())
            .unwrap_or_else(|| panic!("no state in {}", self.show(id)))
            .to_owned()
    }

    /// A person lets it go.
    pub fn approve(&self, id: &str) {
        let hash = self.show(id)["hash"].as_str().unwrap().to_owned();
        self.desk
            .as_operator(&["approve", id, "--hash", &hash])
            .ok();
    }

    /// Everything Alice was delivered that mentions `mark`.
    pub fn arrived(&self, mark: &str) -> Vec<Vec<u8>> {
        let mut mails = self.stack.delivered(ALICE);
        mails.retain(|mail| String::from_utf8_lossy(mail).contains(mark));
        mails
    }

    /// Waits for it, and until nothing more is on its way.
    pub fn until_arrived(&self, mark: &str) -> Vec<u8> {
        let mail = self.stack.wait_for_mail(ALICE, PATIENCE, |mail: &[u8]| {
            String::from_utf8_lossy(mail).contains(mark)
        });
        self.stack.wait_until_queue_is_empty(PATIENCE);
        mail
    }

    /// Waits until it stands there.
    pub fn until_state(&self, id: &str, state: &str) {
        until(&format!("{id} to be {state}"), PATIENCE, || {
            (self.state(id) == state).then_some(())
        });
    }
}

fn publish(desk: &Desk, policy: &str) {
    let file = desk.home().join("policy.toml");
    std::fs::write(&file, policy).unwrap();
    desk.as_operator(&["policy", "publish", &file.display().to_string()])
        .ok();
}

/// A short letter to Alice that mentions `mark`.
pub fn letter(mark: &str) -> Value {
    json!({
        "from": format!("Hello <{SENDER}>"),
        "to": ALICE.address,
        "subject": format!("About {mark}"),
        "text": format!("Hello Alice,\n\nthis is about {mark}.\n.A line with a dot.\n"),
    })
}
