//! An answer where somebody may have steered the agent.

use domain::{Facts, Finding, FindingOutcome};

use crate::param::{Number, Param};
use crate::rule::{Action, Rule};
use crate::settings::Terms;

pub(crate) struct TaintedConversation;

const PERCENT: Number = Number {
    key: "injection_percent",
    help: "From this injection score on, in percent.",
    default: 70,
    min: 1,
    max: 100,
};

impl Rule for TaintedConversation {
    fn code(&self) -> &'static str {
        "tainted_conversation"
    }
    fn title(&self) -> &'static str {
        "Tainted conversation"
    }
    fn about(&self) -> &'static str {
        "The conversation holds an inbound message that is quarantined or very likely tries to steer \
         whoever reads it."
    }
    fn is_for_agents(&self) -> bool {
        true
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Number(&PERCENT)]
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let Some(conversation) = &facts.conversation else {
            let sentence = "It is part of no conversation.";
            let outcome = FindingOutcome::NotApplicable;
            return vec![Finding::new(self.code(), outcome, sentence)];
        };
        let limit = PERCENT.of(terms);
        let taint = conversation.taint.as_ref();
        let tainted = taint.filter(|taint| {
            taint.quarantined || i64::from(taint.score_bp) >= limit.saturating_mul(100)
        });
        let Some(taint) = tainted else {
            let sentence = "Nothing in this conversation tries to steer the agent.";
            return vec![Finding::new(self.code(), FindingOutcome::Pass, sentence)];
        };
        let inbound = &taint.inbound;
        let sentence = match taint.quarantined {
            true => format!("The conversation holds {inbound}, which was put in quarantine."),
            false => format!("The conversation holds {inbound}, which may steer its reader."),
        };
        vec![
            Finding::new(self.code(), terms.action().outcome(), sentence)
                .measured(i64::from(taint.score_bp / 100), limit)
                .matching(inbound),
        ]
    }
}
