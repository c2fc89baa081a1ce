//! Where a client's story plays: a desk over a real Postfix and Dovecot, one agent that sends
//! freely and one that always asks.

use mail_parser::{MessageParser, MimeHeaders as _};
use serde_json::{Value, json};
use tests::mailstack::as_sent;
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
    pub asking_token: String,
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
            asking_token: asking,
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

/// What must arrive exactly as it was asked.
pub struct Exact<'a> {
    pub subject: &'a str,
    pub text: &'a str,
    /// Alice's name, where the client can say one.
    pub name: Option<&'a str>,
    /// The file's name, and what is in it, where the client can send one.
    pub file: Option<(&'a str, &'a [u8])>,
}

/// A subject, a text, Alice's name and a file's name beyond ASCII.
pub const BEYOND_ASCII: [&str; 4] = [
    "Grüße aus 東京 🌸 case-exact",
    "Grüße!\n\nÀ bientôt, 東京 — case-exact\n",
    "Zoë, 東京",
    "Übersicht – 報告 №7.bin",
];

/// Every octet there is many times over, and what would end a message if it were text.
pub fn every_octet() -> Vec<u8> {
    let cycle = (0..=255_u8).cycle().take(70_001);
    cycle.chain(*b"\r\n.\r\n\0").collect()
}

impl Office {
    /// Waits for one mail to Alice with this subject, and holds it to what was asked.
    pub fn until_exact(&self, asked: &Exact<'_>) {
        let is_it = |mail: &[u8]| subject_of(mail).as_deref() == Some(asked.subject);
        self.stack.wait_for_mail(ALICE, PATIENCE, is_it);
        let mut mails = self.stack.delivered(ALICE);
        mails.retain(|mail| is_it(mail));
        assert_eq!(mails.len(), 1);
        let message = MessageParser::default().parse(as_sent(&mails[0])).unwrap();
        let text = message.body_text(0).unwrap().replace("\r\n", "\n");
        assert_eq!(text.trim_end(), asked.text.trim_end());
        let file = message.attachments().next();
        let found = file.map(|file| (file.attachment_name(), file.contents()));
        assert!(
            found == asked.file.map(|(name, octets)| (Some(name), octets)),
            "the file is another one now, or has another name: {:?}",
            found.map(|(name, octets)| (name, octets.len()))
        );
        if asked.name.is_some() {
            let to = message.to().unwrap().first().unwrap();
            assert_eq!((to.name(), to.address()), (asked.name, Some(ALICE.address)));
        }
    }
}

fn subject_of(mail: &[u8]) -> Option<String> {
    let message = MessageParser::default().parse(as_sent(mail))?;
    message.subject().map(str::to_owned)
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
