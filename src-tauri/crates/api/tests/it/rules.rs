//! Every rule, met by an agent through `POST /v1/submissions`: what it answers, what the operator
//! sees of it and what the journal holds. One row of [`RULES`] a rule; [`arranged`] brings the world
//! into the state in which that rule speaks first.

use std::collections::BTreeSet;

use domain::account::{SmtpAuth, SmtpSettings, TlsMode};
use domain::{AccountKind, Actor, Address, Level, SubmissionId};
use engine::PauseScope;
use serde_json::{Value, json};

use crate::support::{BEGIN, Desk, MAILBOX, ask, desk};

/// Code, verdict and class of `next`, in table order.
const RULES: [(&str, &str, &str); 27] = [
    ("workspace_paused", "block", "retry_after"),
    ("agent_paused", "block", "retry_after"),
    ("queue_full", "block", "retry_after"),
    ("mailbox_paused", "block", "retry_after"),
    ("mailbox_grant", "block", "never"),
    ("recipient_scope", "block", "never"),
    ("suppression", "block", "never"),
    ("consent", "block", "never"),
    ("taken_over", "block", "never"),
    ("duplicate", "block", "done"),
    ("near_duplicate", "hold", "needs_person"),
    ("cooldown", "defer", "wait"),
    ("collision", "hold", "needs_person"),
    ("rate_limit", "defer", "wait"),
    ("domain_throttle", "defer", "wait"),
    ("warmup", "defer", "wait"),
    ("quiet_hours", "defer", "wait"),
    ("risk_message", "hold", "needs_person"),
    ("risk_budget", "hold", "needs_person"),
    ("recipients_count", "hold", "needs_person"),
    ("canary", "block", "never"),
    ("secrets", "hold", "needs_person"),
    ("unfinished", "hold", "needs_person"),
    ("links", "hold", "needs_person"),
    ("attachments", "block", "fix_and_resubmit"),
    ("unsubscribe_header", "block", "never"),
    ("autonomy", "hold", "needs_person"),
];

/// Rules that need mail to really leave or arrive: `tests/stories` meets them, with a real relay
/// (`policy.rs`) and a real server of mailboxes (`inbound.rs`).
const BY_MAIL: [&str; 4] = [
    "lookalike_recipient",
    "stale_thread",
    "negative_signals",
    "tainted_conversation",
];

/// The code agents are told.
fn told(rule: &str) -> &str {
    match rule {
        "canary" => "protected_value",
        other => other,
    }
}

const BOB: &str = "bob@x.example";

fn bob() -> Address {
    BOB.parse().unwrap()
}

/// The plain ask with one field more, or another.
fn with(field: &str, value: Value) -> Value {
    let mut letter = ask(BOB);
    letter[field] = value;
    letter
}

/// Bob gets this text.
fn saying(text: &str) -> Value {
    with("text", json!(text))
}

/// A desk whose agent asks on exception only, under this policy.
async fn under(policy: &str) -> Desk {
    let desk = desk(Level::AskOnException).await;
    if !policy.is_empty() {
        desk.publish(policy).await;
    }
    desk
}

/// The same after a first mail has been let go.
async fn after(policy: &str, first: &Value) -> Desk {
    let desk = under(policy).await;
    let reply = desk.submit(first).await;
    assert_eq!(reply.json["verdict"], "allow", "{reply:?}");
    desk
}

impl Desk {
    async fn mailbox(&self) -> domain::MailboxId {
        let mailbox = self.engine.mailbox_at(&MAILBOX.parse().unwrap()).await;
        mailbox.unwrap().id
    }

    async fn pause_one(&self, scope: PauseScope) {
        self.engine.pause(scope, Actor::Operator).await.unwrap();
    }
}

/// A world in which this rule decides, and the letter it decides about.
async fn arranged(rule: &str) -> (Desk, Value) {
    let offer =
        "Hello Bob, our spring offer ends on Friday, and we would love to talk before that.";
    let hour = "[rules.rate_limit]\nmailbox = { hour = 1 }\n";
    let throttle = "[rules.domain_throttle]\nper_hour = 1\n";
    let quiet = "[rules.quiet_hours]\nenabled = true\nfrom = \"09:00\"\nuntil = \"18:00\"\n";
    let reply = |desk: Desk| (desk, ask(BOB));
    match rule {
        "workspace_paused" => {
            let desk = under("").await;
            desk.pause().await;
            reply(desk)
        }
        "agent_paused" => {
            let desk = under("").await;
            desk.pause_one(PauseScope::Agent(desk.agent.id)).await;
            reply(desk)
        }
        "queue_full" => {
            let desk = desk(Level::AskAlways).await;
            desk.publish("[rules.queue_full]\nheld_max = 1\n").await;
            assert_eq!(
                desk.submit(&ask("eve@y.example")).await.json["state"],
                "held"
            );
            reply(desk)
        }
        "mailbox_paused" => {
            let desk = under("").await;
            desk.pause_one(PauseScope::Mailbox(desk.mailbox().await))
                .await;
            reply(desk)
        }
        "mailbox_grant" => {
            let desk = under("").await;
            let zoe = "zoe@example.com".parse().unwrap();
            let added = desk
                .engine
                .add_mailbox(zoe, None, AccountKind::Rehearsal, None);
            added.await.unwrap();
            (desk, with("mailbox", json!("zoe@example.com")))
        }
        "recipient_scope" => {
            let desk = under("").await;
            let forbidden = desk.engine.list_recipient(desk.agent.id, BOB, false, None);
            forbidden.await.unwrap();
            reply(desk)
        }
        "suppression" => {
            let desk = under("").await;
            desk.suppress(BOB).await;
            reply(desk)
        }
        "consent" => (under("").await, with("stream", json!("marketing"))),
        "taken_over" => {
            let desk = under("").await;
            let (mailbox, bob) = (desk.mailbox().await, bob());
            let taken = desk.engine.take_over_contact(mailbox, &bob, None);
            taken.await.unwrap();
            reply(desk)
        }
        "duplicate" => reply(after("", &ask(BOB)).await),
        "near_duplicate" => {
            let mut again = saying(&offer.replace("Friday", "friday!"));
            again["subject"] = json!("Our offer");
            (after("", &saying(offer)).await, again)
        }
        "cooldown" => (after("", &ask(BOB)).await, saying(offer)),
        "collision" => {
            let desk = under("").await;
            let (_, token) = desk.another("other", Level::AskOnException).await;
            let path = "/v1/submissions";
            let first = desk
                .call(&token, axum::http::Method::POST, path, Some(&ask(BOB)), &[])
                .await;
            assert_eq!(first.json["verdict"], "allow", "{first:?}");
            (desk, saying(offer))
        }
        "rate_limit" => reply(after(hour, &ask("eve@y.example")).await),
        "domain_throttle" => reply(after(throttle, &ask("eve@x.example")).await),
        "warmup" => {
            let desk = under("[rules.warmup]\nweek_1 = 1\n").await;
            let sales: Address = "sales@ours.example".parse().unwrap();
            let kind = AccountKind::Smtp(SmtpSettings {
                host: "127.0.0.1".to_owned(),
                port: 9,
                tls: TlsMode::None,
                ca_file: None,
                auth: SmtpAuth::None,
            });
            let mailbox = desk
                .engine
                .add_mailbox(sales, None, kind, None)
                .await
                .unwrap();
            let granted = desk.engine.grant(desk.agent.id, &mailbox.address, None);
            granted.await.unwrap();
            let as_sales = |to: &str| {
                let mut letter = ask(to);
                letter["mailbox"] = json!("sales@ours.example");
                letter
            };
            let first = desk.submit(&as_sales("eve@y.example")).await;
            assert_eq!(first.json["verdict"], "allow", "{first:?}");
            (desk, as_sales(BOB))
        }
        "quiet_hours" => reply(under(quiet).await),
        "risk_message" => {
            let risky = saying("The invoice is at https://new.example/invoice, please look.");
            (under("").await, risky)
        }
        "risk_budget" => reply(under("[rules.risk_budget]\npoints_per_day = 1\n").await),
        "recipients_count" => {
            let six: Vec<String> = (0..6).map(|n| format!("r{n}@x.example")).collect();
            (under("").await, with("to", json!(six)))
        }
        "canary" => {
            let desk = under("").await;
            let canary = desk.engine.canary(&desk.agent).await.unwrap();
            (
                desk,
                saying(&format!("They say: {}", canary.to_uppercase())),
            )
        }
        "secrets" => {
            // Spelt apart, so that no file of ours looks like a leak.
            let key = "-----BEGIN ".to_owned() + "PRIVATE KEY-----";
            (under("").await, saying(&key))
        }
        "unfinished" => (under("").await, saying("Dear {{first_name}}, hello.")),
        "links" => (under("").await, saying("It is at http://shop.example/a.")),
        "attachments" => {
            let file = json!([{
                "filename": "setup.exe",
                "content_type": "application/octet-stream",
                "content": "TVqQAAMAAAAEAAAA",
            }]);
            (under("").await, with("attachments", file))
        }
        "unsubscribe_header" => {
            let (desk, bob) = (under("").await, bob());
            let consent = desk.engine.record_consent(&bob, "said so".to_owned(), None);
            consent.await.unwrap();
            (desk, with("stream", json!("marketing")))
        }
        "autonomy" => reply(desk(Level::AskAlways).await),
        other => panic!("nothing brings the rule `{other}` to speak; add it here"),
    }
}

/// What every finding an answer lists is of.
fn rules_in(answer: &Value) -> BTreeSet<String> {
    let findings = answer["decision"]["findings"].as_array().unwrap();
    let rule = |finding: &Value| finding["rule"].as_str().unwrap().to_owned();
    findings.iter().map(rule).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_decides_a_submission_and_says_what_to_do_next() {
    for (rule, verdict, class) in RULES {
        let (desk, letter) = arranged(rule).await;
        // Beforehand an agent can know. A trap is not tried out: trying is a hit.
        if rule != "canary" {
            let check = desk.post("/v1/submissions/check", &letter).await;
            let said = (
                &check.json["verdict"],
                &check.json["decision"]["primary"]["rule"],
            );
            assert_eq!(
                said,
                (&json!(verdict), &json!(told(rule))),
                "{rule}: {check:?}"
            );
        }
        let reply = desk.submit(&letter).await;
        let (status, state) = match verdict {
            "block" => (200, "blocked"),
            "hold" => (202, "held"),
            _ => (202, "deferred"),
        };
        let json = &reply.json;
        assert_eq!(
            (reply.status, &json["state"], &json["verdict"]),
            (status, &json!(state), &json!(verdict)),
            "{rule}: {reply:?}"
        );
        let primary = &json["decision"]["primary"];
        assert_eq!(primary["rule"], told(rule), "{reply:?}");
        assert_eq!(primary["outcome"], verdict, "{rule}");
        let sentence = primary["sentence"].as_str().unwrap();
        assert!(sentence.ends_with('.'), "{rule}: {sentence}");

        let next = &json["next"];
        assert_eq!(next["class"], class, "{rule}: {reply:?}");
        assert_eq!(
            next["poll"].is_string(),
            verdict != "block",
            "{rule}: {next}"
        );
        if verdict == "defer" {
            assert!(
                next["not_before"].as_str().unwrap() > BEGIN,
                "{rule}: {next}"
            );
        }

        // The operator sees the rule by its name, and the journal holds its code.
        let id: SubmissionId = reply.id().parse().unwrap();
        let story = desk.engine.story(Actor::Operator, id).await.unwrap();
        assert_eq!(story.row.primary_rule.as_deref(), Some(rule));
        let entries = desk.engine.journal_of(&reply.id()).await.unwrap();
        let rules = entries[0].body["decision"]["rules"].as_array().unwrap();
        assert!(rules.contains(&json!(rule)), "{rule}: {rules:?}");
        assert_eq!(entries[0].body["decision"]["verdict"], verdict, "{rule}");
        assert!(
            desk.engine.verify(|_, _| {}).await.unwrap().is_clean(),
            "{rule}"
        );
    }
}

#[tokio::test]
async fn the_table_of_stories_has_every_rule_there_is() {
    let desk = desk(Level::AskAlways).await;
    let answer = desk.submit(&ask(BOB)).await;
    let told = RULES.iter().map(|(rule, ..)| told(rule)).chain(BY_MAIL);
    let told: BTreeSet<String> = told.map(str::to_owned).collect();
    assert_eq!(told.len(), RULES.len() + BY_MAIL.len());
    assert_eq!(rules_in(&answer.json), told);
}

#[tokio::test]
async fn whoever_sends_a_protected_value_is_stopped_and_learns_nothing_of_it() {
    let desk = under("").await;
    let canary = desk.engine.canary(&desk.agent).await.unwrap();
    let check = desk
        .post("/v1/submissions/check", &saying(&format!("so: {canary}")))
        .await;
    assert_eq!(check.json["verdict"], "block", "{check:?}");
    let text = check.json.to_string();
    assert!(
        !text.contains("canary") && !text.contains(&canary),
        "{text}"
    );
    let later = desk.submit(&ask(BOB)).await;
    assert_eq!(later.json["decision"]["primary"]["rule"], "agent_paused");
    assert!(!later.json.to_string().contains("canary"), "{later:?}");
    let shown = desk.get(&format!("/v1/submissions/{}", later.id())).await;
    assert!(!shown.json.to_string().contains("canary"), "{shown:?}");
    let limits = desk.get("/v1/limits").await;
    assert!(!limits.json.to_string().contains("canary"), "{limits:?}");
}
