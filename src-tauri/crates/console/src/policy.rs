//! The policy document: read, checked, published, and looked up as it once was.

use domain::{Code, Problem};
use engine::PolicyRefused;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::args::NoArgs;
use crate::table::Desk;
use crate::view::{PolicyProblem, PolicyPublished, PolicyText, PolicyView};

pub(crate) async fn show(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<PolicyView, Problem> {
    let now = desk.engine.policy().await?;
    let history = desk.engine.policies().await?;
    Ok(PolicyView {
        version: now.version,
        problems: problems(&desk.engine.check_policy(&now.text)),
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

pub(crate) async fn check(desk: &Desk<'_>, args: TextArgs) -> Result<Checked, Problem> {
    Ok(Checked {
        problems: problems(&desk.engine.check_policy(&args.text)),
    })
}

/// The version it became.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "PolicyVersion")]
pub(crate) struct Published {
    pub version: u64,
}

pub(crate) async fn publish(desk: &Desk<'_>, args: TextArgs) -> Result<Published, Problem> {
    match desk.engine.publish_policy(args.text).await {
        Ok(version) => Ok(Published { version }),
        Err(PolicyRefused::Problem(problem)) => Err(problem),
        Err(PolicyRefused::Invalid(found)) => {
            let first = found.first().map(ToString::to_string).unwrap_or_default();
            let more = match found.len() {
                0 | 1 => String::new(),
                n => format!(" (and {} more)", n - 1),
            };
            let detail = format!("this policy cannot be published: {first}{more}");
            Err(Problem::new(Code::InvalidPolicy, detail).at("/text"))
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
