//! From one held mail to a line of the policy about all like it: proposed here, replayed and published
//! like any other draft. Only the operator's doors come here.

use domain::{
    Actor, Agent, AgentId, Code, Finding, FindingOutcome, Level, MailboxId, Problem, Span,
    SubmissionId, Timestamp,
};
use policy::{Edition, Line, LineKind};

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
    /// `not_found`; `invalid_field` for days out of range, for an agent that may send nothing as
    /// this mailbox, for letting every agent write, and for a line of its own about mail that a
    /// person wrote.
    pub async fn propose_line(&self, ask: LineAsk) -> Result<Proposed, Problem> {
        let story = self.story(Actor::Operator, ask.submission).await?;
        let published = self.policy().await?;
        let row = &story.row;
        if row.agent == AgentId::BY_HAND {
            a_person_wrote_it(&ask)?;
        }
        let now = self.now();
        let kind = match ask.wish {
            LineWish::AlwaysAsk => LineKind::AlwaysAsk,
            LineWish::Let { days } => {
                let agent = self.agent(row.agent).await?;
                may_let(&ask, level_as(&agent, row.mailbox), &agent.name)?;
                LineKind::Let {
                    until: until(now, days)?,
                }
            }
        };
        let addresses = story.row.recipients.iter().map(|one| &one.address);
        let line = Line {
            agent: (!ask.any_agent).then(|| row.agent_name.clone()),
            to: Line::recipients(addresses, ask.domains),
            kind,
            reason: format!("from the queue, about {}", story.row.id),
        };
        let holds = story.decision.decision.findings.iter();
        let mut held_by: Vec<&str> = holds
            .filter(|finding| stops(finding))
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

    /// True if a person would be asked about a mail for its agent's level also under this document,
    /// judged now by what was recorded of it.
    ///
    /// # Errors
    /// `not_found`, or if the store cannot read.
    pub async fn is_still_asked(&self, id: SubmissionId, text: &str) -> Result<bool, Problem> {
        let mut facts = self.story(Actor::Operator, id).await?.decision.facts;
        facts.now = self.now();
        let decision = Edition::read(0, text).evaluate(&facts);
        let mut findings = decision.findings.iter();
        Ok(findings.any(|one| one.rule == AUTONOMY && stops(one)))
    }
}

fn stops(finding: &Finding) -> bool {
    match finding.outcome {
        FindingOutcome::Hold | FindingOutcome::Block => true,
        FindingOutcome::Off
        | FindingOutcome::NotApplicable
        | FindingOutcome::Pass
        | FindingOutcome::Defer => false,
    }
}

/// What is said of agents does not apply to what a person writes: a line for it would say nothing.
fn a_person_wrote_it(ask: &LineAsk) -> Result<(), Problem> {
    let (detail, at) = match (ask.wish, ask.any_agent) {
        (LineWish::AlwaysAsk, true) => return Ok(()),
        (LineWish::AlwaysAsk, false) => (
            "a person wrote this mail; a line is about agents: choose every agent",
            "/any_agent",
        ),
        (LineWish::Let { .. }, _) => (
            "a person wrote this mail, and no agent is held for it; begin from a mail of the agent",
            "/wish",
        ),
    };
    Err(Problem::new(Code::InvalidField, detail).at(at))
}

/// An agent's level as this mailbox.
fn level_as(agent: &Agent, mailbox: MailboxId) -> Level {
    let grant = agent.grants.iter().find(|grant| grant.mailbox == mailbox);
    let here = grant.and_then(|grant| grant.level);
    here.map_or(agent.level, |here| here.min(agent.level))
}

fn may_let(ask: &LineAsk, level: Level, name: &str) -> Result<(), Problem> {
    let refused = |detail: String| Err(Problem::new(Code::InvalidField, detail).at("/wish"));
    if ask.any_agent {
        let detail = "a line that lets agents write names the agent; add one for each";
        return refused(detail.to_owned());
    }
    match level {
        Level::Observe => refused(format!(
            "`{name}` only observes here and sends nothing; raise its level first"
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
