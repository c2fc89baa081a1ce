//! What comes back: read in every way, judged by a person, answered, handed back.

use console::{Code, Operator, rpc};
use domain::Span;
use engine::Supervisor;
use serde_json::{Value, json};

use crate::world::{World, text};

/// A world whose workers run: what is approved leaves, and the rehearsal answers.
struct Office {
    world: World,
    _supervisor: Supervisor,
}

impl Office {
    async fn new() -> Office {
        let world = World::new().await;
        let supervisor = world.engine.start().await.unwrap();
        Office {
            world,
            _supervisor: supervisor,
        }
    }

    async fn done(&self, name: &str, args: Value) -> Value {
        self.world.done(name, args).await
    }

    /// Sends a letter to somebody of the rehearsal.
    async fn write(&self, who: &str) -> String {
        let draft = json!({"to": [{"address": format!("{who}@rehearsal.example")}],
            "subject": "Tuesday", "text": "Shall we talk on Tuesday?"});
        let id = self.world.held(draft).await;
        let shown = self.done("submission.show", json!({"id": id})).await;
        let approve = json!({"id": id, "hash": text(&shown, "/hash")});
        self.done("submission.approve", approve).await;
        id
    }

    /// What they answer: the conversation, and the message.
    async fn answer_of(&self, who: &str) -> (Value, Value) {
        self.write(who).await;
        let rows = self
            .world
            .until("an answer", async || {
                let args = json!({"tab": "all"});
                let page = self.done("inbox.list", args).await;
                (page["rows"] != json!([])).then(|| page["rows"].clone())
            })
            .await;
        let conversation = json!({"id": rows[0]["id"]});
        let message = self.received(&conversation).await;
        (conversation, json!({"id": message["id"]}))
    }

    /// A letter out of the blue: the conversation, and the message.
    async fn letter_from(&self, who: &str, text: &str) -> (Value, Value) {
        let (engine, mailbox) = (&self.world.engine, &self.world.mailbox);
        let letter = format!(
            "From: {who}\r\nTo: {mailbox}\r\nSubject: Your mail\r\n\
             Message-ID: <{who}>\r\n\r\n{text}\r\n"
        );
        let id = engine
            .rehearse_received(mailbox, letter.into_bytes())
            .await
            .unwrap();
        let page = self.done("inbox.list", json!({"tab": "all"})).await;
        assert_eq!(page["total"], page["rows"].as_array().unwrap().len());
        for row in page["rows"].as_array().unwrap() {
            let conversation = json!({"id": row["id"]});
            let message = self.received(&conversation).await;
            if message["id"] == id.to_string() {
                return (conversation, json!({"id": message["id"]}));
            }
        }
        panic!("{who} is not in {page}");
    }

    /// The message received in a conversation.
    async fn received(&self, conversation: &Value) -> Value {
        let shown = self.done("inbox.show", conversation.clone()).await;
        let messages = shown["messages"].as_array().unwrap().iter();
        let mut received = messages.filter(|one| !one["inbound"].is_null());
        received.next().unwrap()["inbound"].clone()
    }

    async fn counts(&self) -> (Value, Value) {
        let counts = self.done("inbox.counts", Value::Null).await;
        (counts["unread"].clone(), counts["decide"].clone())
    }

    /// Without the operator's word.
    async fn unproven(&self, name: &str, args: &Value) -> Code {
        let asked = rpc(&self.world.engine, &Operator::Unproven, name, args.clone());
        asked.await.unwrap_err().code
    }

    async fn is_suppressed(&self, who: &str) -> bool {
        let listed = self.done("suppressions.list", json!({})).await;
        listed.to_string().contains(who)
    }
}

/// One more field.
fn with(args: &Value, name: &str, value: Value) -> Value {
    let mut args = args.clone();
    args[name] = value;
    args
}

#[tokio::test]
async fn an_answer_is_read_in_every_way_and_then_seen() {
    let office = Office::new().await;
    let (conversation, message) = office.answer_of("question").await;
    assert_eq!(office.counts().await.0, 1);
    let parts = office.done("inbox.parts", message.clone()).await;
    assert_eq!(
        parts["answer_to"],
        json!(["Quinn Osei <question@rehearsal.example>"]),
        "{parts}"
    );
    let headers = parts["headers"].to_string();
    assert!(headers.contains("In-Reply-To"), "{headers}");
    let source = office.done("inbox.source", message.clone()).await;
    assert!(
        text(&source, "/text").contains("In-Reply-To: <"),
        "{source}"
    );
    assert_eq!(source["truncated"], false);
    let none = with(&message, "index", json!(0));
    let refused = office.world.ask("inbox.attachment", none).await;
    assert_eq!(refused.unwrap_err().code, Code::NotFound);
    let pictures = office.done("inbox.pictures", message).await;
    assert_eq!(pictures["loaded"], 0, "{pictures}");

    let seen = office.done("inbox.seen", conversation).await;
    assert_eq!(seen["unread"], 0);
    assert_eq!(office.counts().await.0, 0);
}

#[tokio::test]
async fn what_an_answer_wants_is_corrected_by_the_operator_alone() {
    let office = Office::new().await;
    let (conversation, message) = office.answer_of("question").await;
    let correct = with(&message, "intent", json!("meeting"));
    assert_eq!(
        office.unproven("inbox.correct", &correct).await,
        Code::OperatorProofNeeded
    );
    assert_eq!(office.received(&conversation).await["intent"], "question");
    let corrected = office.done("inbox.correct", correct).await;
    assert_eq!(
        (&corrected["intent"], &corrected["corrected"]),
        (&json!("meeting"), &json!(true))
    );
    let odd = with(&message, "intent", json!("bored"));
    let refused = office.world.ask("inbox.correct", odd).await.unwrap_err();
    assert_eq!(refused.code, Code::MalformedBody);
}

#[tokio::test]
async fn a_person_takes_a_conversation_over_answers_and_hands_it_back() {
    let office = Office::new().await;
    let (conversation, message) = office.answer_of("question").await;
    let noted = with(&conversation, "note", json!("an old friend"));
    let taken = office.done("inbox.take_over", noted).await;
    assert!(taken["taken_over_at"].is_string(), "{taken}");
    let mine = office
        .done("inbox.list", json!({"tab": "taken_over"}))
        .await;
    assert_eq!(mine["rows"][0]["id"], conversation["id"]);

    let words = with(&message, "text", json!("Tuesday at ten suits me."));
    assert_eq!(
        office.unproven("inbox.reply", &words).await,
        Code::OperatorProofNeeded
    );
    let nobody = with(&words, "to", json!(["no address"]));
    let refused = office.world.ask("inbox.reply", nobody).await.unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/to/0"));
    let answered = office.done("inbox.reply", words).await;
    assert_eq!(answered["state"], "queued", "{answered}");
    let done = office.world.ask("inbox.done", message).await;
    assert_eq!(
        done.unwrap_err().code,
        Code::NotFound,
        "what was answered is with nobody any more"
    );

    assert_eq!(
        office.unproven("inbox.hand_back", &conversation).await,
        Code::OperatorProofNeeded
    );
    let back = office.done("inbox.hand_back", conversation).await;
    assert_eq!(back["taken_over_at"], Value::Null);
}

#[tokio::test]
async fn what_is_with_a_person_is_done_when_they_say_so() {
    let office = Office::new().await;
    let (conversation, message) = office.answer_of("question").await;
    office.done("inbox.take_over", conversation.clone()).await;
    let with_me = office.received(&conversation).await;
    assert_eq!(text(&with_me, "/work"), "With you.");
    assert_eq!(
        office.unproven("inbox.done", &message).await,
        Code::OperatorProofNeeded
    );
    let done = office.done("inbox.done", message).await;
    assert_eq!(text(&done, "/work"), "Done.");
}

#[tokio::test]
async fn what_reads_like_an_attack_is_kept_or_let_go_by_a_person() {
    let office = Office::new().await;
    let (conversation, message) = office.answer_of("injection").await;
    let quarantine = office
        .done("inbox.list", json!({"tab": "quarantine"}))
        .await;
    assert_eq!(quarantine["rows"][0]["id"], conversation["id"]);
    assert_eq!(office.received(&conversation).await["shelf"], "quarantined");
    assert_eq!(
        office.unproven("inbox.release", &message).await,
        Code::OperatorProofNeeded
    );
    let kept = office.done("inbox.keep", message.clone()).await;
    assert_eq!(kept["shelf"], "kept");
    let released = office.done("inbox.release", message).await;
    assert_eq!(released["shelf"], "released");
}

#[tokio::test]
async fn who_wants_no_more_mail_gets_none() {
    let office = Office::new().await;
    // Who answers no mail of ours is not proven: a person says whether they are out.
    for (who, wants_out) in [("dana@acme.example", true), ("kay@acme.example", false)] {
        let (conversation, message) = office.letter_from(who, "Please unsubscribe me.").await;
        let waiting = office.received(&conversation).await;
        assert_eq!(waiting["opt_out_open"], true, "{waiting}");
        assert!(!office.is_suppressed(who).await);
        let answer = with(&message, "wants_out", json!(wants_out));
        if !wants_out {
            assert_eq!(
                office.unproven("inbox.opt_out", &answer).await,
                Code::OperatorProofNeeded,
                "only the operator says that somebody did not mean it"
            );
        }
        let answered = office.done("inbox.opt_out", answer).await;
        assert_eq!(answered["opt_out_open"], false, "{answered}");
        assert_eq!(office.is_suppressed(who).await, wants_out, "{who}");
    }

    let office = Office::new().await;
    let (_, message) = office.answer_of("interested").await;
    assert!(!office.is_suppressed("interested@rehearsal.example").await);
    office.done("inbox.suppress", message).await;
    assert!(office.is_suppressed("interested@rehearsal.example").await);
}

#[tokio::test]
async fn no_alarm_is_raised_where_everything_went_through_here() {
    let office = Office::new().await;
    office.answer_of("question").await;
    assert_eq!(office.done("alarms.list", Value::Null).await, json!([]));
    let seen = office.world.ask("alarms.seen", json!({"n": 1})).await;
    assert_eq!(seen.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn the_rehearsal_shows_what_it_delivered_and_what_nobody_knows_is_settled() {
    let office = Office::new().await;
    let started = office.done("rehearsal.start", Value::Null).await;
    assert!(
        text(&started, "/curl").contains(text(&started, "/token")),
        "{started}"
    );
    office.write("question").await;
    let delivered = office
        .world
        .until("it is delivered", async || {
            let all = office.done("rehearsal.delivered", Value::Null).await;
            (all != json!([])).then_some(all)
        })
        .await;
    assert_eq!(text(&delivered, "/0/subject"), "Tuesday");
    assert_eq!(
        delivered[0]["rcpt_to"],
        json!(["question@rehearsal.example"])
    );

    let drop = json!({"fault": "drop_after_data", "on": true});
    let switched = office.done("rehearsal.switch", drop).await;
    assert_eq!(office.done("rehearsal.show", Value::Null).await, switched);
    let on: Vec<bool> = switched["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["on"] == true)
        .collect();
    assert_eq!(on, [false, true, false, false]);
    let lost = office.write("interested").await;
    let uncertain = office
        .world
        .until("nobody knows", async || {
            let shown = office.done("submission.show", json!({"id": lost})).await;
            (shown["state"] == "uncertain").then_some(shown)
        })
        .await;
    let again = json!({"id": text(&uncertain, "/id"), "how": "resend"});
    assert_eq!(
        office.unproven("submission.settle", &again).await,
        Code::OperatorProofNeeded
    );
    let settled = json!({"id": lost, "how": "sent"});
    let settled = office.done("submission.settle", settled).await;
    assert_eq!(settled["state"], "sent");
}

impl World {
    /// Looks again and again while the clock goes on, as a person who waits.
    async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let waiting = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                self.clock.advance(Span::from_seconds(1));
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        match tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await {
            Ok(found) => found,
            Err(_) => panic!("{what}: it did not happen"),
        }
    }
}
