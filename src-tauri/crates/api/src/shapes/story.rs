//! A submission as its agent looks at it later: one whole, or rows of a list.

use std::collections::BTreeMap;

use domain::{
    Actor, Address, ApprovalHash, DecisionId, Moment, RecipientState, State, StateName, Stream,
    SubmissionId, Timestamp, Verdict,
};
use engine::{
    DecisionRow, Note, NoteRow, Page, RecipientRow, Review, Story, SubmissionRow, VersionRow,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decision::{DecisionShape, NextShape};
use super::words;

/// `GET /v1/submissions/{id}`.
#[derive(Serialize, ToSchema)]
pub struct StoryAnswer {
    /// Where it stands, and what it is.
    #[serde(flatten)]
    pub row: RowShape,
    /// The latest decision, and why.
    pub decision: DecisionShape,
    /// Every decision, oldest first.
    pub decisions: Vec<DecisionHead>,
    /// Every version, oldest first.
    pub versions: Vec<VersionShape>,
    /// What your person asked and you answered, oldest first.
    pub talk: Vec<TalkShape>,
    /// What to do next.
    pub next: NextShape,
}

/// One submission in short.
#[derive(Serialize, ToSchema)]
#[schema(as = Submission)]
pub struct RowShape {
    /// The submission.
    #[schema(value_type = String)]
    pub id: SubmissionId,
    /// Where it stands.
    #[schema(value_type = words::StateWord)]
    pub state: StateName,
    /// What its latest decision came to.
    #[schema(value_type = words::VerdictWord)]
    pub verdict: Verdict,
    /// Why it stands there, in one sentence, if there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// As which mailbox.
    #[schema(value_type = String)]
    pub mailbox: Address,
    /// Subject of the current version.
    pub subject: String,
    /// Its recipients, each with what became of it.
    pub recipients: Vec<RecipientShape>,
    /// Kind of mail.
    #[schema(value_type = words::StreamWord)]
    pub stream: Stream,
    /// Your labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Its Message-ID, with angle brackets.
    pub message_id: String,
    /// Asked at.
    #[schema(value_type = words::Instant)]
    pub asked_at: Timestamp,
    /// Last moved at.
    #[schema(value_type = words::Instant)]
    pub changed_at: Timestamp,
    /// Not before, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    pub send_at: Option<Timestamp>,
    /// Not after.
    #[schema(value_type = words::Instant)]
    pub send_by: Timestamp,
    /// When a hold lapses; absent unless it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    pub expires_at: Option<Timestamp>,
    /// What a person last did with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewShape>,
    /// Number of the change that last moved it; `GET …?wait=50&since=` waits for the next.
    pub seq: u64,
}

/// One recipient.
#[derive(Serialize, ToSchema)]
#[schema(as = Recipient)]
pub struct RecipientShape {
    /// Who.
    #[schema(value_type = String)]
    pub address: Address,
    /// `to`, `cc` or `bcc`.
    pub role: &'static str,
    /// What became of it.
    #[schema(value_type = words::RecipientStateWord)]
    pub state: RecipientState,
    /// The relay's last reply code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// Its enhanced status code (RFC 3463).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enhanced: Option<String>,
    /// Its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
}

/// What a person last did with it.
#[derive(Serialize, ToSchema)]
#[schema(as = Review)]
pub struct ReviewShape {
    /// `approved`, `edited`, `rejected`, `undone`, `settled`, `asked`, `answered` or `released`.
    pub outcome: &'static str,
    /// In their words, if they gave any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What they ask you; answer with `POST …/answers`, or send a better version with
    /// `POST …/revisions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// When.
    #[schema(value_type = words::Instant)]
    pub at: Timestamp,
}

/// One question or answer.
#[derive(Serialize, ToSchema)]
#[schema(as = Talk)]
pub struct TalkShape {
    /// `question` or `answer`.
    pub kind: &'static str,
    /// The words.
    pub text: String,
    /// When.
    #[schema(value_type = words::Instant)]
    pub at: Timestamp,
}

/// One decision in short; `GET /v1/decisions/{id}` has the rest.
#[derive(Serialize, ToSchema)]
pub struct DecisionHead {
    /// Its id.
    #[schema(value_type = String)]
    pub id: DecisionId,
    /// When.
    #[schema(value_type = words::Instant)]
    pub at: Timestamp,
    /// On which occasion.
    #[schema(value_type = words::MomentWord)]
    pub moment: Moment,
    /// What it came to.
    #[schema(value_type = words::VerdictWord)]
    pub verdict: Verdict,
    /// The rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Its sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
}

/// One version of the content.
#[derive(Serialize, ToSchema)]
#[schema(as = Version)]
pub struct VersionShape {
    /// 1 for the first.
    pub number: u32,
    /// Made at.
    #[schema(value_type = words::Instant)]
    pub at: Timestamp,
    /// `agent`, `operator` or `system`.
    pub by: &'static str,
    /// Hash of its exact message.
    #[schema(value_type = String)]
    pub hash: ApprovalHash,
    /// Its subject.
    pub subject: String,
}

/// `POST /v1/submissions/{id}/answers`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerAsk {
    /// Your answer, 1 to 2,000 characters; your person reads it beside the message.
    pub answer: String,
}

/// `GET /v1/submissions`.
#[derive(Serialize, ToSchema)]
pub struct ListAnswer {
    /// The rows, newest first.
    pub submissions: Vec<RowShape>,
    /// Pass it as `after` for the next page; null on the last.
    pub after: Option<String>,
}

impl StoryAnswer {
    /// A story without what is only the operator's: attempts and facts.
    pub fn of(story: &Story) -> Self {
        StoryAnswer {
            row: RowShape::of(&story.row),
            decision: DecisionShape::of(Some(story.decision.id), &story.decision.decision),
            decisions: story.decisions.iter().map(DecisionHead::of).collect(),
            versions: story.versions.iter().map(VersionShape::of).collect(),
            talk: story.notes.iter().filter_map(TalkShape::of).collect(),
            next: NextShape::of(&story.next),
        }
    }
}

impl RowShape {
    /// A row as its agent reads it.
    pub fn of(row: &SubmissionRow) -> Self {
        let review = row.review.as_ref().map(|review| ReviewShape {
            outcome: review.outcome.as_str(),
            // Why a person overrode a rule is between them and the record.
            reason: review
                .reason
                .clone()
                .filter(|_| review.outcome != Review::Released),
            question: review.question.clone(),
            at: review.at,
        });
        RowShape {
            id: row.id,
            state: row.state.name(),
            verdict: row.verdict,
            sentence: sentence(row),
            mailbox: row.mailbox_address.clone(),
            subject: row.subject.clone(),
            recipients: row.recipients.iter().map(RecipientShape::of).collect(),
            stream: row.stream,
            tags: row.tags.clone(),
            message_id: row.message_id.clone(),
            asked_at: row.asked_at,
            changed_at: row.changed_at,
            send_at: row.send_at,
            send_by: row.send_by,
            expires_at: row.state.expires_at(),
            review,
            seq: row.seq,
        }
    }
}

/// Why it stands there: the end's own reason where it has one, else the finding's.
pub fn sentence(row: &SubmissionRow) -> Option<String> {
    match &row.state {
        State::Rejected { reason } | State::Failed { reason } => Some(reason.clone()),
        State::Observed
        | State::Held { .. }
        | State::Deferred { .. }
        | State::Queued { .. }
        | State::Sending { .. }
        | State::Sent { .. }
        | State::Uncertain { .. }
        | State::Bounced { .. }
        | State::Blocked
        | State::Expired
        | State::Cancelled => row.sentence.clone(),
    }
}

impl RecipientShape {
    fn of(row: &RecipientRow) -> Self {
        let reply = row.reply.as_ref();
        RecipientShape {
            address: row.address.clone(),
            role: row.role.as_str(),
            state: row.state,
            code: reply.map(|reply| reply.code),
            enhanced: reply.and_then(|reply| reply.enhanced.clone()),
            reply: reply.map(|reply| reply.text.clone()),
        }
    }
}

impl TalkShape {
    fn of(note: &NoteRow) -> Option<Self> {
        match note.kind {
            Note::Question | Note::Answer => Some(TalkShape {
                kind: note.kind.as_str(),
                text: note.text.clone(),
                at: note.at,
            }),
            Note::Override => None,
        }
    }
}

impl DecisionHead {
    fn of(row: &DecisionRow) -> Self {
        let primary = row.decision.primary();
        DecisionHead {
            id: row.id,
            at: row.at,
            moment: row.moment,
            verdict: row.decision.verdict,
            rule: primary.map(|finding| engine::told_code(&finding.rule).to_owned()),
            sentence: primary.map(|finding| finding.sentence.clone()),
        }
    }
}

impl VersionShape {
    fn of(row: &VersionRow) -> Self {
        VersionShape {
            number: row.number,
            at: row.at,
            by: match row.by {
                Actor::Agent(_) => "agent",
                Actor::Operator => "operator",
                Actor::System => "system",
            },
            hash: row.hash,
            subject: row.subject.clone(),
        }
    }
}

impl From<Page<SubmissionRow>> for ListAnswer {
    fn from(page: Page<SubmissionRow>) -> Self {
        ListAnswer {
            submissions: page.rows.iter().map(RowShape::of).collect(),
            after: page.next,
        }
    }
}
