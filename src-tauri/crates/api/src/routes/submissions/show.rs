//! `GET /v1/submissions/{id}`: how it stands, or how it stands once it has moved.

use axum::Json;
use axum::extract::State;
use domain::{Span, SubmissionId, limits};
use engine::Story;

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;
use crate::query::{PathId, Query};
use crate::shapes::StoryAnswer;

/// One submission of yours.
///
/// With `wait` it answers as soon as the submission moves, or as it is when the time is over; one
/// that has come to its end is answered at once.
#[utoipa::path(
    get, path = "/v1/submissions/{id}", tag = "submissions", operation_id = "show",
    params(
        ("id" = String, Path, description = "`sub_…`"),
        ("wait" = Option<u64>, Query, description = "Seconds to wait for a change, at most 50."),
        ("since" = Option<u64>, Query, description = "The `seq` you have seen: a later change is \
          answered at once. Without it, a change after this request began."),
    ),
    responses((status = 200, description = "As it stands.", body = StoryAnswer))
)]
pub async fn show(
    State(door): State<Door>,
    caller: Caller,
    id: PathId,
    query: Query,
) -> Result<Json<StoryAnswer>, Refusal> {
    let query = query.only(&["wait", "since"])?;
    let wait = query.number("wait", "a number of seconds")?;
    let since = query.number("since", "a number")?;
    let id: SubmissionId = id.read("submission")?;
    let story = door.engine().story(caller.actor(), id).await?;
    let story = match wait.unwrap_or(0).min(limits::WAIT_SECONDS_MAX) {
        0 => story,
        seconds => wait_for(&door, &caller, story, since, seconds).await?,
    };
    Ok(Json(StoryAnswer::of(&story)))
}

async fn wait_for(
    door: &Door,
    caller: &Caller,
    story: Story,
    since: Option<u64>,
    seconds: u64,
) -> Result<Story, Refusal> {
    let (id, since) = (story.row.id, since.unwrap_or(story.row.seq));
    let timeout = Span::from_seconds(i64::try_from(seconds).unwrap_or(0));
    tokio::select! {
        moved = door.engine().wait_for_change(caller.actor(), id, since, timeout) => Ok(moved?),
        // A door that closes does not keep anyone waiting: as it stands, and ask again later.
        () = door.closing() => Ok(story),
    }
}
