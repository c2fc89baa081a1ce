//! The answers to an ask, a check and a batch.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{Decision, StateName, SubmissionId, Timestamp, Verdict};
use engine::{Story, Submitted};
use serde::Serialize;
use utoipa::ToSchema;

use super::decision::{DecisionShape, NextShape};
use super::words;
use crate::problem::{ProblemShape, Refusal};

/// The answer to an ask. A verdict is never an HTTP error: `200` if it leaves, is blocked or only
/// observed, `202` if it waits.
#[derive(Serialize, ToSchema)]
pub struct SubmissionAnswer {
    /// The submission.
    #[schema(value_type = String, example = "sub_0198c0ffee0070008000000000000001")]
    pub id: SubmissionId,
    /// Where it stands now.
    #[schema(value_type = words::StateWord)]
    pub state: StateName,
    /// What the decision came to.
    #[schema(value_type = words::VerdictWord)]
    pub verdict: Verdict,
    /// The first decision, and why.
    pub decision: DecisionShape,
    /// What to do next, for where it stands now.
    pub next: NextShape,
    /// Its Message-ID, with angle brackets.
    pub message_id: String,
    /// When a hold lapses; absent unless it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    pub expires_at: Option<Timestamp>,
    /// Number of the change that last moved it; `GET …?wait=50&since=` waits for the next.
    pub seq: u64,
    /// True if the same key had asked the same before: nothing new was made.
    pub replayed: bool,
    #[serde(skip)]
    status: u16,
}

/// The answer to a check: the same judgement, and nothing recorded.
#[derive(Serialize, ToSchema)]
pub struct CheckAnswer {
    /// What the decision would come to.
    #[schema(value_type = words::VerdictWord)]
    pub verdict: Verdict,
    /// True if this agent only observes: judged, and never sent whatever the verdict.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub observed_only: bool,
    /// Why.
    pub decision: DecisionShape,
    /// What to do next.
    pub next: NextShape,
}

/// The answers to a batch, in the order of its rows.
#[derive(Serialize, ToSchema)]
pub struct BatchAnswer {
    /// One per row.
    pub results: Vec<BatchRow>,
}

/// What became of one row of a batch.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum BatchRow {
    /// It was judged: the same answer as for a single ask, with its status.
    Judged {
        /// The status a single ask would have had.
        status: u16,
        /// The answer.
        #[serde(flatten)]
        answer: Box<SubmissionAnswer>,
    },
    /// It was not: nothing of this row was recorded.
    Refused {
        /// The status a single ask would have had.
        status: u16,
        /// What is wrong with it; its pointer is into the whole body.
        problem: ProblemShape,
    },
}

impl From<Submitted> for SubmissionAnswer {
    fn from(submitted: Submitted) -> Self {
        let Submitted {
            row,
            decision,
            replayed,
            next,
        } = submitted;
        SubmissionAnswer {
            id: row.id,
            state: row.state.name(),
            verdict: decision.decision.verdict,
            status: status(&decision.decision).as_u16(),
            next: NextShape::of(&next),
            decision: DecisionShape::of(Some(decision.id), &decision.decision),
            message_id: row.message_id,
            expires_at: row.state.expires_at(),
            seq: row.seq,
            replayed,
        }
    }
}

impl SubmissionAnswer {
    /// The answer to an ask that repeats this one.
    pub fn again(story: &Story) -> Self {
        let Story { row, decision, .. } = story;
        SubmissionAnswer {
            id: row.id,
            state: row.state.name(),
            verdict: decision.decision.verdict,
            status: StatusCode::OK.as_u16(),
            next: NextShape::of(&story.next),
            decision: DecisionShape::of(Some(decision.id), &decision.decision),
            message_id: row.message_id.clone(),
            expires_at: row.state.expires_at(),
            seq: row.seq,
            replayed: true,
        }
    }
}

impl IntoResponse for SubmissionAnswer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        (status, Json(self)).into_response()
    }
}

impl CheckAnswer {
    /// A decision nobody recorded.
    pub fn of(decision: &Decision) -> Self {
        CheckAnswer {
            verdict: decision.verdict,
            observed_only: decision.observed_only,
            decision: DecisionShape::of(None, decision),
            next: NextShape::without_poll(&decision.next),
        }
    }
}

impl From<Result<SubmissionAnswer, Refusal>> for BatchRow {
    fn from(result: Result<SubmissionAnswer, Refusal>) -> Self {
        match result {
            Ok(answer) => BatchRow::Judged {
                status: answer.status,
                answer: Box::new(answer),
            },
            Err(Refusal(problem)) => BatchRow::Refused {
                status: problem.code.status(),
                problem: problem.into(),
            },
        }
    }
}

/// `202` for what waits, `200` for the rest, by the first decision: a repeat has the same status.
fn status(decision: &Decision) -> StatusCode {
    match decision.verdict {
        _ if decision.observed_only => StatusCode::OK,
        Verdict::Allow | Verdict::Block => StatusCode::OK,
        Verdict::Hold | Verdict::Defer => StatusCode::ACCEPTED,
    }
}
