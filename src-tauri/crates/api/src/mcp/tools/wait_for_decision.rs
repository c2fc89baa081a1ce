//! `wait_for_decision`: until a submission moves, or the time is over.

use std::sync::Arc;

use domain::{Problem, Span, StateName};
use rmcp::model::JsonObject;
use serde_json::json;

use super::{Call, Hints, Row, WAIT_SECONDS_MAX, submission, told};
use crate::door::Door;
use crate::guard::Caller;
use crate::mcp::{Said, read, schema};

pub(super) const ROW: Row = Row {
    name: "wait_for_decision",
    title: "Wait for a decision",
    about: "Waits until a held or deferred e-mail moves, at most 45 seconds, and says where it \
            stands then. A person may take hours: go on with other work in between.",
    input,
    output: "StoryAnswer",
    hints: Hints::Reads,
    call: |door, caller, arguments| -> Call { Box::pin(call(door, caller, arguments)) },
};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    id: String,
    seconds: Option<u32>,
}

fn input() -> Arc<JsonObject> {
    let seconds = json!({
        "type": "integer", "minimum": 0, "maximum": WAIT_SECONDS_MAX,
        "description": "How long to wait; 45 unless said otherwise.",
    });
    let id = schema::text("The submission: `sub_…`");
    schema::object(&[("id", id), ("seconds", seconds)], 1)
}

async fn call(door: Door, caller: Caller, arguments: JsonObject) -> Result<Said, Problem> {
    let Arguments { id, seconds } = read(arguments)?;
    let id = submission(&id)?;
    let story = door.engine().story(caller.actor(), id).await?;
    let waits = matches!(
        story.row.state.name(),
        StateName::Held | StateName::Deferred
    );
    if !waits {
        return told(&story);
    }
    let seconds = seconds.unwrap_or(WAIT_SECONDS_MAX).min(WAIT_SECONDS_MAX);
    let timeout = Span::from_seconds(i64::from(seconds));
    let since = story.row.seq;
    tokio::select! {
        moved = door.engine().wait_for_change(caller.actor(), id, since, timeout) => told(&moved?),
        // A door that closes does not keep anyone waiting: as it stands, and ask again later.
        () = door.closing() => told(&story),
    }
}
