//! Silence is no: what is held lapses when its hold does, or when it should have left by, whichever
//! comes first.

use domain::{Actor, Code, Level, Span, SubmissionId, Timestamp};
use serde_json::{Value, json};

use crate::support::{BEGIN, Desk, ask, desk};

fn later(hours: i64) -> Timestamp {
    BEGIN.parse::<Timestamp>().unwrap() + Span::from_hours(hours)
}

/// An agent asks, is held, and nobody answers.
async fn held(send_by: Option<Timestamp>) -> (Desk, String, Value) {
    let desk = desk(Level::AskAlways).await;
    let mut letter = ask("bob@x.example");
    if let Some(at) = send_by {
        letter["send_by"] = json!(at.to_string());
    }
    let reply = desk.submit(&letter).await;
    assert_eq!(reply.json["state"], "held", "{reply:?}");
    let id = reply.id();
    (desk, id, reply.json)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_nobody_answers_lapses_at_the_earlier_of_its_own_end_and_send_by() {
    for (send_by, lapses) in [
        (None, later(24)),
        (Some(later(2)), later(2)),
        (Some(later(24)), later(24)),
        (Some(later(48)), later(24)),
    ] {
        let (desk, id, reply) = held(send_by).await;
        assert_eq!(reply["expires_at"], lapses.to_string(), "{send_by:?}");
        let supervisor = desk.engine.start().await.unwrap();
        let path = format!("/v1/submissions/{id}");

        // Shortly before, it still waits, and a look says how long.
        let rest = Span::from_seconds(30);
        let wait = lapses.since(later(0)).micros() - rest.micros();
        desk.clock.advance(Span::from_micros(wait));
        let look = desk.get(&path).await;
        assert_eq!(look.json["state"], "held", "{look:?}");
        assert_eq!(look.json["expires_at"], lapses.to_string());

        // A look that waits longer than the rest sees it lapse.
        let waits = format!("{path}?wait=50&since={}", look.json["seq"]);
        let (look, ()) = tokio::join!(desk.get(&waits), async {
            desk.clock.advance(rest);
        });
        assert_eq!(look.json["state"], "expired", "{send_by:?}: {look:?}");
        assert_eq!(look.json["next"]["class"], "retry_after");
        assert_eq!(
            look.json["next"]["message"],
            "Its time ran out before it could leave; ask again if it still matters."
        );

        // The journal has when, and by whom: nobody.
        let entries = desk.engine.journal_of(&id).await.unwrap();
        let kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.as_str()).collect();
        assert_eq!(kinds, ["submission.submitted", "submission.expired"]);
        let nobody = Actor::System.to_string();
        assert_eq!((entries[1].at, &entries[1].actor), (lapses, &nobody));

        // Too late for a person, and nothing left; the agent may ask the same again.
        let row: SubmissionId = id.parse().unwrap();
        let story = desk.engine.story(Actor::Operator, row).await.unwrap();
        let refused = desk.engine.approve(row, story.row.hash).await.unwrap_err();
        assert_eq!(refused.code, Code::WrongState);
        assert!(desk.engine.rehearsal_delivered().is_empty());
        let again = desk.submit(&ask("bob@x.example")).await;
        assert_eq!(again.json["state"], "held", "{again:?}");
        assert!(desk.engine.verify(|_, _| {}).await.unwrap().is_clean());
        supervisor.stop().await;
    }
}
