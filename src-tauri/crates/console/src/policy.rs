//! The policy document: read, checked, published, and looked up as it once was.

use domain::{Code, Problem};
use engine::{PolicyRefused, REPLAY_LAST, Replay, ReplayAsk};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::args::{self, NoArgs};
use crate::table::Desk;
use crate::view::{
    FlipCountView, FlipView, PolicyProblem, PolicyPublished, PolicyText, PolicyView, ProgressView,
    ReplayView,
};

pub(crate) async fn show(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<PolicyView, Problem> {
    let now = desk.engine.policy().await?;
    let history = desk.engine.policies().await?;
    Ok(PolicyView {
        version: now.version,
        problems: problems(&engine::Engine::check_policy(&now.text)),
        text: now.text.to_string(),
        published_at: now.published_at.to_string(),
        history: history
            .iter()
            .map(|policy| PolicyPublished {
                version: policy.version,
                published_at: policy.published_at.to_string(),
            })
            .collect(),
    })
}

/// One published version.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "PolicyVersionArgs")]
pub(crate) struct VersionArgs {
    pub version: u64,
}

pub(crate) async fn version(desk: &Desk<'_>, args: VersionArgs) -> Result<PolicyText, Problem> {
    let all = desk.engine.policies().await?;
    let found = all
        .into_iter()
        .find(|policy| policy.version == args.version);
    let found = found.ok_or_else(|| {
        let detail = format!(
            "no policy of version {} was ever published here",
            args.version
        );
        Problem::new(Code::NotFound, detail)
    })?;
    Ok(PolicyText {
        version: found.version,
        text: found.text.to_string(),
        published_at: found.published_at.to_string(),
    })
}

/// A policy document.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "PolicyTextArgs")]
pub(crate) struct TextArgs {
    pub text: String,
}

/// What is wrong with it; empty if nothing.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "PolicyChecked")]
pub(crate) struct Checked {
    pub problems: Vec<PolicyProblem>,
}

pub(crate) async fn check(_: &Desk<'_>, args: TextArgs) -> Result<Checked, Problem> {
    Ok(Checked {
        problems: problems(&engine::Engine::check_policy(&args.text)),
    })
}

/// A draft to hold against what was recorded.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "ReplayArgs", optional_fields)]
pub(crate) struct ReplayArgs {
    pub text: String,
    /// So many of the newest decisions; 100,000 if not said.
    pub last: Option<u64>,
    /// Made at or after.
    pub since: Option<String>,
    /// A name of your own, to ask `policy.replay_progress` by meanwhile.
    pub run: Option<String>,
}

pub(crate) async fn replay(desk: &Desk<'_>, args: ReplayArgs) -> Result<ReplayView, Problem> {
    let since = args.since.filter(|since| !since.is_empty());
    let ask = ReplayAsk {
        last: args.last.unwrap_or(REPLAY_LAST),
        since: since.map(|at| args::instant(&at, "/since")).transpose()?,
    };
    let run = args
        .run
        .map(|name| desk.engine.begin_run(&name))
        .transpose()?;
    let told = move |done, total| {
        if let Some(run) = &run {
            run.tell(done, total);
        }
    };
    let found = desk.engine.replay(&args.text, ask, told);
    Ok(replayed(&found.await.map_err(refused)?))
}

/// A replay under way.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunArgs {
    /// The name it was begun with.
    pub run: String,
}

pub(crate) async fn replay_progress(
    desk: &Desk<'_>,
    args: RunArgs,
) -> Result<Option<ProgressView>, Problem> {
    let told = desk.engine.progress(&args.run);
    Ok(told.map(|(done, total)| ProgressView { done, total }))
}

/// A replay in the operator's words.
pub(crate) fn replayed(found: &Replay) -> ReplayView {
    ReplayView {
        judged: found.judged,
        unreadable: found.unreadable,
        flipped: found.flipped(),
        text: match found.flipped() {
            0 => format!("Of {} decisions none would be another.", found.judged),
            n => format!("Of {} decisions {n} would be another.", found.judged),
        },
        counts: found
            .counts
            .iter()
            .map(|count| FlipCountView {
                title: engine::rule_title(&count.rule)
                    .unwrap_or(&count.rule)
                    .to_owned(),
                rule: count.rule.clone(),
                was: count.was.into(),
                would: count.would.into(),
                times: count.times,
            })
            .collect(),
        flips: found
            .flips
            .iter()
            .map(|flip| FlipView {
                decision: flip.decision.to_string(),
                submission: flip.submission.to_string(),
                subject: flip.subject.clone(),
                at: flip.at.to_string(),
                moment: flip.moment.into(),
                was: flip.was.into(),
                was_rule: flip.was_rule.clone(),
                would: flip.would.into(),
                would_rule: flip.would_rule.clone(),
                sentence: flip.sentence.clone(),
            })
            .collect(),
    }
}

/// The version it became.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "PolicyVersion")]
pub(crate) struct Published {
    pub version: u64,
}

/// A document to put in force.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "PolicyPublishArgs", optional_fields)]
pub(crate) struct PublishArgs {
    pub text: String,
    /// The version it was written from; refused if another is in force by now.
    pub over: Option<u64>,
}

pub(crate) async fn publish(desk: &Desk<'_>, args: PublishArgs) -> Result<Published, Problem> {
    let version = match args.over {
        Some(over) => desk.engine.publish_policy_over(args.text, over).await,
        None => desk.engine.publish_policy(args.text).await,
    };
    version
        .map(|version| Published { version })
        .map_err(refused)
}

/// Everything wrong with a document in one sentence; `policy.check` has it line by line.
fn refused(refused: PolicyRefused) -> Problem {
    match refused {
        PolicyRefused::Problem(problem) => problem,
        PolicyRefused::Invalid(found) => {
            let first = found.first().map(ToString::to_string).unwrap_or_default();
            let more = match found.len() {
                0 | 1 => String::new(),
                n => format!(" (and {} more)", n - 1),
            };
            let detail = format!("this policy cannot be published: {first}{more}");
            Problem::new(Code::InvalidPolicy, detail).at("/text")
        }
    }
}

fn problems(found: &[engine::PolicyProblem]) -> Vec<PolicyProblem> {
    found
        .iter()
        .map(|problem| PolicyProblem {
            line: problem.line,
            column: problem.column,
            key: problem.key.clone(),
            message: problem.message.clone(),
        })
        .collect()
}
