//! Rules that hold, wait or block, met over HTTP by an agent, answered by a person, with a real relay
//! behind: what the agent is told, what the operator sees, what the journal holds, and what arrives.
//! Every rule's own answer is in `crates/api/tests/it/rules.rs`.

use std::time::Duration;

use serde_json::{Value, json};
use tests::mailstack::as_sent;
use tests::wait::PATIENCE;
use tests::{ALICE, Api, BOB, MailStack, User, until};

use crate::world::{MAILBOX, World, letter, publish};

/// No rule about volume speaks unless a story lets it.
const CALM: &str = "[review]\nundo_window_seconds = 0\n[rules.warmup]\nenabled = false\n\
    [rules.lookalike_recipient]\nenabled = false\n[rules.domain_throttle]\nenabled = false\n\
    [rules.rate_limit]\nmailbox = { hour = 100000 }\n";
const NO_COOLDOWN: &str = "[rules.cooldown]\nenabled = false\n";

struct Office {
    stack: MailStack,
    world: World,
}

impl Office {
    fn under(more: &str) -> Office {
        let stack = MailStack::start();
        let world = World::with(3, stack.smtp_port(), &format!("{CALM}{more}"));
        Office { stack, world }
    }

    fn publish(&self, more: &str) {
        publish(&self.world.desk, &format!("{CALM}{NO_COOLDOWN}{more}"));
    }

    fn sent(&self, letter: &Value) -> String {
        let answer = self.world.ask(letter);
        assert_eq!(answer.json()["verdict"], "allow", "{}", answer.text);
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        self.world.wait_for_state(&id, "sent");
        id
    }

    fn arrived(&self, user: User, subject: &str) -> String {
        let line = format!("Subject: {subject}\r\n");
        let is_it = |mail: &[u8]| String::from_utf8_lossy(mail).contains(&line);
        let mail = self.stack.wait_for_mail(user, PATIENCE, is_it);
        String::from_utf8_lossy(as_sent(&mail)).into_owned()
    }

    fn count(&self) -> usize {
        self.stack.delivered(ALICE).len() + self.stack.delivered(BOB).len()
    }

    /// The operator sees which rule it was; the journal has these kinds of entries about it.
    fn recorded(&self, id: &str, rule: &str, outcome: &str, kinds: &[&str]) {
        let shown = self.world.show(id);
        let first = &shown["decisions"][0]["findings"];
        let said = first.as_array().unwrap().iter();
        let said = said
            .filter(|finding| finding["rule"] == rule && finding["outcome"] == outcome)
            .count();
        assert!(said > 0, "{rule} said nothing of the kind: {first}");
        let journal = shown["journal"].as_array().unwrap();
        for kind in kinds {
            let has = journal.iter().any(|entry| entry["kind"] == *kind);
            assert!(has, "no `{kind}` in {journal:?}");
        }
    }

    /// What this rule holds waits for a person, and leaves as it was when they say so.
    fn held_then_approved(
        &self,
        rule: &str,
        user: User,
        subject: &str,
        ask: impl Fn(&Api) -> Value,
    ) {
        let before = self.count();
        let answer = ask(&self.world.api());
        let primary = &answer["decision"]["primary"];
        assert_eq!(primary["rule"], rule, "{answer}");
        assert_eq!(
            (&answer["state"], &answer["next"]["class"]),
            (&json!("held"), &json!("needs_person")),
            "{rule}: {answer}"
        );
        let poll = answer["next"]["poll"].as_str().unwrap();
        let id = answer["id"].as_str().unwrap();
        assert!(poll.contains(id), "{rule}: {answer}");
        self.recorded(id, rule, "hold", &["submission.submitted"]);

        self.world.approve(id);
        self.world.wait_for_state(id, "sent");
        self.arrived(user, subject);
        // Whatever left before is there by now too: it came once to each, so not before.
        self.stack.wait_until_queue_is_empty(PATIENCE);
        let recipients = self.world.show(id)["recipients"].as_array().unwrap().len();
        assert_eq!(
            self.count(),
            before + recipients,
            "{rule}: it left before a person said so"
        );
        self.recorded(
            id,
            rule,
            "hold",
            &[
                "submission.submitted",
                "submission.approved",
                "delivery.outcome",
            ],
        );
    }
}

fn saying(to: &str, subject: &str, text: &str) -> Value {
    let mut saying = letter(to, subject);
    saying["text"] = json!(text);
    saying
}

#[test]
fn what_each_rule_holds_waits_for_a_person_and_then_leaves() {
    let office = Office::under(NO_COOLDOWN);
    let hold = |rule: &str, user: User, letter: Value| {
        let subject = letter["subject"].as_str().unwrap().to_owned();
        office.held_then_approved(rule, user, &subject, |api| {
            api.post("/v1/submissions", &letter).json()
        });
    };
    let invoice = "The invoice is at https://new.example.net/invoice, please have a look.";
    hold(
        "risk_message",
        ALICE,
        saying(ALICE.address, "March", invoice),
    );
    // Spelt apart, so that no file of ours looks like a leak.
    let key = "Here is what you need:\n-----BEGIN ".to_owned() + "PRIVATE KEY-----\n";
    hold("secrets", BOB, saying(BOB.address, "The box", &key));
    let unfinished = "Dear {{first_name}}, shall we meet on Tuesday at ten?";
    hold(
        "unfinished",
        ALICE,
        saying(ALICE.address, "Tuesday", unfinished),
    );
    let link = "The photographs are at http://shop.example.net/a now.";
    hold("links", BOB, saying(BOB.address, "Photographs", link));

    office.publish("[rules.recipients_count]\nhold_above = 1\n");
    let mut both = saying(
        ALICE.address,
        "Both",
        "The two of you should talk to each other.",
    );
    both["to"] = json!([ALICE.address, BOB.address]);
    hold("recipients_count", BOB, both);
    office.arrived(ALICE, "Both");

    office.publish("");
    let offer = "Hello, our spring offer ends on Friday, and we would love to talk before that.";
    office.sent(&saying(ALICE.address, "The offer", offer));
    // The relay has it; its mailbox gets it a moment later.
    office.arrived(ALICE, "The offer");
    let nearly = saying(
        ALICE.address,
        "An offer",
        &offer.replace("Friday", "friday!"),
    );
    hold("near_duplicate", ALICE, nearly);
    let again = saying(ALICE.address, "The offer", offer);
    office.held_then_approved("duplicate", ALICE, "The offer", |api| {
        api.post_keyed("/v1/submissions", "another key", &again)
            .json()
    });

    office.publish("[rules.risk_budget]\npoints_per_day = 1\n");
    let refund = "We have sent your refund this morning, thank you for waiting.";
    hold(
        "risk_budget",
        BOB,
        saying(BOB.address, "Your money", refund),
    );

    office.publish("");
    let made = office.world.desk.as_operator(&[
        "agent",
        "add",
        "other",
        "--mailbox",
        MAILBOX,
        "--level",
        "3",
        "--json",
    ]);
    let token = made.json()["token"].as_str().unwrap().to_owned();
    let theirs = saying(
        ALICE.address,
        "From the other",
        "A word from somebody else here.",
    );
    let other = office.world.serving.api(&token);
    let answer = other.post("/v1/submissions", &theirs);
    // Only just written to by the first agent: a person lets this one go too.
    office.world.approve(answer.json()["id"].as_str().unwrap());
    office.arrived(ALICE, "From the other");
    let mine = "And now something that has nothing to do with any of this.";
    hold("collision", ALICE, saying(ALICE.address, "Once more", mine));
    office.world.desk.run(&["verify"]).ok();
}

#[test]
fn what_a_rule_blocks_does_not_leave_until_a_person_releases_it_with_a_reason() {
    let office = Office::under(NO_COOLDOWN);
    let mut letter = saying(
        BOB.address,
        "The set-up",
        "Here is the program you asked for.",
    );
    letter["attachments"] = json!([{
        "filename": "setup.exe",
        "content_type": "application/octet-stream",
        "content": "TVqQAAMAAAAEAAAA",
    }]);
    let answer = office.world.ask(&letter).json();
    assert_eq!(
        (&answer["state"], &answer["next"]["class"]),
        (&json!("blocked"), &json!("fix_and_resubmit")),
        "{answer}"
    );
    assert_eq!(answer["next"]["fix"][0]["rule"], "attachments", "{answer}");
    let id = answer["id"].as_str().unwrap();
    office.recorded(id, "attachments", "block", &["submission.submitted"]);
    let hash = office.world.hash(id);
    let approve = ["approve", id, "--hash", &hash];
    let refused = office.world.desk.as_operator(&approve);
    assert_ne!(
        refused.code,
        Some(0),
        "a block is not approved: {refused:?}"
    );
    assert_eq!(office.count(), 0);

    let reason = "Bob asked for it on the telephone";
    let release = ["release", id, "--hash", &hash, "--reason", reason];
    office.world.desk.as_operator(&release).ok();
    office.world.wait_for_state(id, "sent");
    office.arrived(BOB, "The set-up");
    office.recorded(
        id,
        "attachments",
        "block",
        &[
            "submission.submitted",
            "submission.override",
            "delivery.outcome",
        ],
    );
    let notes = office.world.show(id)["notes"].to_string();
    assert!(notes.contains(reason), "{notes}");

    // Whom nobody may write to, no release reaches.
    let list = ["suppression", "add", ALICE.address, "--reason", "complaint"];
    office.world.desk.run(&list).ok();
    let never = office
        .world
        .ask(&saying(ALICE.address, "Hello", "Hello again."))
        .json();
    assert_eq!(
        never["decision"]["primary"]["rule"], "suppression",
        "{never}"
    );
    assert_eq!(never["next"]["class"], "never", "{never}");
    let id = never["id"].as_str().unwrap();
    let hash = office.world.hash(id);
    let release = ["release", id, "--hash", &hash, "--reason", reason];
    let refused = office.world.desk.as_operator(&release);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert!(office.stack.delivered(ALICE).is_empty());
    office.world.desk.run(&["verify"]).ok();
}

/// The first leaves at once; the second is told when, and leaves by itself then, not before.
fn waits_and_leaves(rule: &str, more: &str, first: User, second: User) {
    let office = Office::under(more);
    office.sent(&saying(
        first.address,
        "The first",
        "Hello, this is the first of two.",
    ));
    let later = saying(
        second.address,
        "The second",
        "And here is quite another matter.",
    );
    let answer = office.world.ask(&later).json();
    assert_eq!(answer["decision"]["primary"]["rule"], rule, "{answer}");
    assert_eq!(
        (&answer["state"], &answer["next"]["class"]),
        (&json!("deferred"), &json!("wait")),
        "{answer}"
    );
    let promised = answer["next"]["not_before"].as_str().unwrap().to_owned();
    let id = answer["id"].as_str().unwrap();
    let attempt = until("it left", Duration::from_secs(100), || {
        let started = office.world.show(id)["attempts"][0]["started_at"].clone();
        started.as_str().map(str::to_owned)
    });
    assert!(
        attempt >= promised,
        "promised for {promised}, left at {attempt}"
    );
    office.arrived(second, "The second");
    office.world.wait_for_state(id, "sent");
    office.recorded(
        id,
        rule,
        "defer",
        &["submission.submitted", "delivery.outcome"],
    );
    office.world.desk.run(&["verify"]).ok();
}

#[test]
fn a_contact_that_was_just_written_to_is_left_in_peace_for_as_long_as_was_said() {
    let minute = "[rules.cooldown]\nanyone_minutes = 1\nagent_minutes = 1\n";
    waits_and_leaves("cooldown", minute, ALICE, ALICE);
}

#[test]
fn what_is_over_the_rate_leaves_when_the_window_has_room() {
    let minute = format!("{NO_COOLDOWN}[rules.rate_limit.agent]\nminute = 1\n");
    waits_and_leaves("rate_limit", &minute, ALICE, BOB);
}
