//! An agent that is paused, revoked or expired.

use domain::{Facts, Finding, FindingOutcome, NextClass};

use crate::rule::{Action, Rule, Switch, pause_stops};
use crate::say;
use crate::settings::Terms;

pub(crate) struct AgentPaused;

/// The row of a finding that only a new token ends.
const REVOKED: &str = "revoked";
const EXPIRED: &str = "expired";

impl Rule for AgentPaused {
    fn code(&self) -> &'static str {
        "agent_paused"
    }
    fn title(&self) -> &'static str {
        "Agent paused"
    }
    fn about(&self) -> &'static str {
        "A paused agent gets nothing in and nothing out; what waits keeps its place and can still \
         be approved. A revoked or expired agent sends nothing any more."
    }
    fn switch(&self) -> Switch {
        Switch::AlwaysOn
    }
    fn is_for_agents(&self) -> bool {
        true
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Block]
    }
    fn class(&self, finding: &Finding) -> NextClass {
        match finding.matched {
            Some(_) => NextClass::Never,
            None => NextClass::RetryAfter,
        }
    }

    fn check(&self, facts: &Facts, _terms: &Terms<'_>) -> Vec<Finding> {
        let agent = &facts.agent;
        let name = &agent.name;
        let block = |sentence| Finding::new(self.code(), FindingOutcome::Block, sentence);
        let at = |instant| say::time(instant, facts.now);
        let mut findings = Vec::new();
        if let Some(revoked) = agent.revoked_at {
            let sentence = format!("The agent {name} was revoked at {}.", at(revoked));
            findings.push(block(sentence).matching(REVOKED));
        }
        if let Some(ended) = agent.expires_at.filter(|end| *end <= facts.now) {
            let sentence = format!("The access of the agent {name} ended at {}.", at(ended));
            findings.push(block(sentence).matching(EXPIRED));
        }
        if let Some(since) = agent.paused_at {
            let since = at(since);
            let sentence = format!("The agent {name} has been paused since {since}");
            findings.push(match pause_stops(facts.moment) {
                true => block(format!("{sentence}.")),
                false => {
                    let sentence = format!("{sentence}; it waits until that ends.");
                    Finding::new(self.code(), FindingOutcome::NotApplicable, sentence)
                }
            });
        }
        if findings.is_empty() {
            let sentence = format!("The agent {name} is not paused.");
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}
