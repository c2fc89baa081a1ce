//! A person decides. Every act carries what was on screen: the id, and the hash of the message.

use domain::submission::Settlement;
use domain::{Actor, Code, DecisionId, Problem, SubmissionId};
use engine::Edit;
use serde::Deserialize;
use ts_rs::TS;

use crate::args::{self, ById};
use crate::rows::decided;
use crate::submission;
use crate::table::Desk;
use crate::view::{Decided, DecidedError, DraftEdit, SubmissionDetail};

/// Sends approved in one act; a person who approves more has not read them.
const APPROVE_MANY_MAX: usize = 500;

/// An approval of exactly what was on screen.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "ApproveArgs")]
pub(crate) struct Approve {
    pub id: String,
    pub hash: String,
    /// The decision that was on screen; approving refuses if it is no longer the latest.
    #[serde(default)]
    #[ts(optional)]
    pub decision: Option<String>,
}

pub(crate) async fn approve(desk: &Desk<'_>, args: Approve) -> Result<Decided, Problem> {
    let id: SubmissionId = args::parse(&args.id, "/id")?;
    let hash = args::hash(&args.hash)?;
    let shown = shown(args.decision)?;
    let answer = desk.engine.approve_shown(id, hash, shown).await?;
    Ok(decided(&answer.submission, Some(&answer.decision)))
}

/// Approvals of named messages only.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "ApproveManyArgs")]
pub(crate) struct ApproveMany {
    pub items: Vec<Approve>,
}

/// Approves each by itself: one that fails stops none of the others and says why.
pub(crate) async fn approve_many(
    desk: &Desk<'_>,
    args: ApproveMany,
) -> Result<Vec<Decided>, Problem> {
    if args.items.len() > APPROVE_MANY_MAX {
        let detail = format!("at most {APPROVE_MANY_MAX} messages are approved at once");
        return Err(Problem::new(Code::InvalidField, detail).at("/items"));
    }
    let mut answers = Vec::with_capacity(args.items.len());
    for item in args.items {
        let id = item.id.clone();
        answers.push(match approve(desk, item).await {
            Ok(decided) => decided,
            Err(problem) => Decided {
                id,
                state: None,
                state_text: problem.detail.clone(),
                due: None,
                undo_until: None,
                decision: None,
                error: Some(DecidedError {
                    code: problem.code.as_str().to_owned(),
                    detail: problem.detail,
                }),
            },
        });
    }
    Ok(answers)
}

/// A new version of what was on screen.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditArgs {
    pub id: String,
    pub hash: String,
    pub draft: DraftEdit,
}

pub(crate) async fn edit(desk: &Desk<'_>, args: EditArgs) -> Result<SubmissionDetail, Problem> {
    let id: SubmissionId = args::parse(&args.id, "/id")?;
    let DraftEdit {
        to,
        cc,
        bcc,
        reply_to,
        subject,
        text,
        html,
        keep_attachments,
    } = args.draft;
    let keep = keep_attachments
        .into_iter()
        .map(|index| usize::try_from(index).unwrap_or(usize::MAX));
    let change = Edit {
        to: args::named(&to, "/draft/to")?,
        cc: args::named(&cc, "/draft/cc")?,
        bcc: args::named(&bcc, "/draft/bcc")?,
        reply_to: args::named(&reply_to, "/draft/reply_to")?,
        subject,
        text,
        html,
        keep_attachments: keep.collect(),
    };
    desk.engine
        .edit(id, args::hash(&args.hash)?, change)
        .await?;
    submission::show(desk, ById { id: args.id }).await
}

/// A refusal, with what the agent is told.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "RejectArgs")]
pub(crate) struct Reject {
    pub id: String,
    #[serde(default)]
    #[ts(optional)]
    pub hash: Option<String>,
    pub reason: String,
}

pub(crate) async fn reject(desk: &Desk<'_>, args: Reject) -> Result<Decided, Problem> {
    let id: SubmissionId = args::parse(&args.id, "/id")?;
    let hash = args.hash.as_deref().map(args::hash).transpose()?;
    let row = desk.engine.reject(id, hash, args.reason).await?;
    Ok(decided(&row, None))
}

/// A question to the agent about what was on screen.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "AskAgentArgs")]
pub(crate) struct Ask {
    pub id: String,
    #[serde(default)]
    #[ts(optional)]
    pub hash: Option<String>,
    pub question: String,
}

pub(crate) async fn ask(desk: &Desk<'_>, args: Ask) -> Result<Decided, Problem> {
    let id: SubmissionId = args::parse(&args.id, "/id")?;
    let hash = args.hash.as_deref().map(args::hash).transpose()?;
    let row = desk.engine.ask_agent(id, hash, args.question).await?;
    Ok(decided(&row, None))
}

/// A release of exactly what was on screen from what blocks it.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "ReleaseArgs")]
pub(crate) struct Release {
    pub id: String,
    pub hash: String,
    /// The decision that was on screen.
    #[serde(default)]
    #[ts(optional)]
    pub decision: Option<String>,
    /// Why, for the record.
    pub reason: String,
}

pub(crate) async fn release(desk: &Desk<'_>, args: Release) -> Result<Decided, Problem> {
    let id: SubmissionId = args::parse(&args.id, "/id")?;
    let hash = args::hash(&args.hash)?;
    let shown = shown(args.decision)?;
    let answer = desk.engine.release(id, hash, shown, args.reason).await?;
    Ok(decided(&answer.submission, Some(&answer.decision)))
}

/// The decision that was on screen, if one was named.
fn shown(decision: Option<String>) -> Result<Option<DecisionId>, Problem> {
    let named = decision.filter(|seen| !seen.is_empty());
    named
        .map(|seen| args::parse(&seen, "/decision"))
        .transpose()
}

pub(crate) async fn undo(desk: &Desk<'_>, args: ById) -> Result<Decided, Problem> {
    let row = desk.engine.undo(args::parse(&args.id, "/id")?).await?;
    Ok(decided(&row, None))
}

/// Out of sight until then.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "SnoozeArgs")]
pub(crate) struct Snooze {
    pub id: String,
    #[serde(default)]
    #[ts(optional)]
    pub hash: Option<String>,
    pub until: String,
}

pub(crate) async fn snooze(desk: &Desk<'_>, args: Snooze) -> Result<Decided, Problem> {
    let until = args::instant(&args.until, "/until")?;
    let hash = args.hash.as_deref().map(args::hash).transpose()?;
    let row = desk
        .engine
        .snooze(args::parse(&args.id, "/id")?, hash, until)
        .await?;
    Ok(decided(&row, None))
}

pub(crate) async fn cancel(desk: &Desk<'_>, args: ById) -> Result<Decided, Problem> {
    let row = desk
        .engine
        .cancel(Actor::Operator, args::parse(&args.id, "/id")?)
        .await?;
    Ok(decided(&row, None))
}

/// What became of an uncertain delivery, or what to do about a failed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "Settlement")]
pub(crate) enum How {
    Sent,
    Resend,
    GiveUp,
}

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "SettleArgs")]
pub(crate) struct Settle {
    pub id: String,
    #[serde(default)]
    #[ts(optional)]
    pub hash: Option<String>,
    pub how: How,
}

/// Only sending again loosens; the other two end it.
pub(crate) async fn settle(desk: &Desk<'_>, args: Settle) -> Result<Decided, Problem> {
    let how = match args.how {
        How::Sent => Settlement::Sent,
        How::Resend => {
            desk.operator.may_loosen("submission.settle")?;
            Settlement::Resend
        }
        How::GiveUp => Settlement::GiveUp,
    };
    let hash = args.hash.as_deref().map(args::hash).transpose()?;
    let row = desk
        .engine
        .settle(args::parse(&args.id, "/id")?, hash, how)
        .await?;
    Ok(decided(&row, None))
}
