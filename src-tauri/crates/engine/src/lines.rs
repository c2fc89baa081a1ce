//! From one held mail to a line of the policy about all like it: proposed here, replayed and published
//! like any other draft. Only the operator's doors come here.

use domain::{Actor, Code, FindingOutcome, Level, Problem, Span, SubmissionId, Timestamp};
use policy::{Line, LineKind};

use crate::open::Engine;
use crate::publish::rule_title;

/// Days a line may loosen for.
pub const LINE_DAYS_MAX: u32 = 365;

/// What a person wants of mail like one they see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineWish {
    /// To be asked, always.
    AlwaysAsk,
    /// Not to be asked by its agent's level, for so many days.
    Let {
        /// 1 to [`LINE_DAYS_MAX`].
        days: u32,
    },
}

/// A line about mail like one that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineAsk {
    /// The mail.
    pub submission: SubmissionId,
    /// What is wanted.
    pub wish: LineWish,
    /// Everyone at the recipients' domains, not only these addresses.
    pub domains: bool,
    /// Mail of every agent, not only of the one that asked; where it tightens.
    pub any_agent: bool,
}

/// A line, and what it would be written over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposed {
    /// The version in force.
    pub over: u64,
    /// Its text.
    pub document: String,
    /// The line.
    pub line: Line,
    /// What holds this mail whatever the line says: titles of rules.
    pub still_held_by: Vec<String>,
    /// True if the agent's level has a part in holding it.
    pub held_by_level: bool,
}

impl Engine {
    /// The line a person would add about mail like one they see. Nothing is changed.
    ///
    /// # Errors
    /// `not_found`; `invalid_field` for days out of range, for an agent that may send nothing at
    /// all, and for letting every agent write.
    pub async fn propose_line(&self, ask: LineAsk) -> Result<Proposed, Problem> {
        let story = self.story(Actor::Operator, ask.submission).await?;
        let published = self.policy().await?;
        let agent = self.agent(story.row.agent).await?;
        let now = self.now();
        let kind = match ask.wish {
            LineWish::AlwaysAsk => LineKind::AlwaysAsk,
            LineWish::Let { days } => {
                may_let(&ask, agent.level, &agent.name)?;
                LineKind::Let {
                    until: until(now, days)?,
                }
            }
        };
        let addresses = story.row.recipients.iter().map(|one| &one.address);
        let line = Line {
            agent: (!ask.any_agent).then(|| agent.name.clone()),
            to: Line::recipients(addresses, ask.domains),
            kind,
            reason: format!("from the queue, about {}", story.row.id),
        };
        let holds = story.decision.decision.findings.iter();
        let mut held_by: Vec<&str> = holds
            .filter(|finding| match finding.outcome {
                FindingOutcome::Hold | FindingOutcome::Block => true,
                FindingOutcome::Off
                | FindingOutcome::NotApplicable
                | FindingOutcome::Pass
                | FindingOutcome::Defer => false,
            })
            .map(|finding| finding.rule.as_str())
            .collect();
        held_by.dedup();
        let held_by_level = held_by.contains(&AUTONOMY);
        let others = held_by.into_iter().filter(|rule| *rule != AUTONOMY);
        Ok(Proposed {
            over: published.version,
            document: published.text.to_string(),
            line,
            still_held_by: others
                .map(|rule| rule_title(rule).unwrap_or(rule).to_owned())
                .collect(),
            held_by_level,
        })
    }
}

fn may_let(ask: &LineAsk, level: Level, name: &str) -> Result<(), Problem> {
    let refused = |detail: String| Err(Problem::new(Code::InvalidField, detail).at("/wish"));
    if ask.any_agent {
        let detail = "a line that lets agents write names the agent; add one for each";
        return refused(detail.to_owned());
    }
    match level {
        Level::Observe => refused(format!(
            "`{name}` only observes and sends nothing; raise its level first"
        )),
        Level::AskAlways | Level::AskForStrangers | Level::AskOnException => Ok(()),
    }
}

/// The rule that asks because of an agent's level.
const AUTONOMY: &str = "autonomy";

/// To the second: a person reads it.
fn until(now: Timestamp, days: u32) -> Result<Timestamp, Problem> {
    if !(1..=LINE_DAYS_MAX).contains(&days) {
        let detail = format!("cannot be {days} days; say 1 to {LINE_DAYS_MAX}");
        return Err(Problem::new(Code::InvalidField, detail).at("/days"));
    }
    let end = now + Span::from_days(i64::from(days));
    Ok(Timestamp::from_seconds(end.seconds()))
}
