//! An agent that has filled the queue of a person.

use domain::{Facts, Finding, FindingOutcome, Moment, NextClass};

use crate::param::{Number, Param};
use crate::rule::{Action, Rule};
use crate::settings::{Policy, Sender, Terms};

pub(crate) struct QueueFull;

const HELD_MAX: Number = Number {
    key: "held_max",
    help: "Messages of one agent that may wait for a person.",
    default: 200,
    min: 1,
    max: 100_000,
};

impl Rule for QueueFull {
    fn code(&self) -> &'static str {
        "queue_full"
    }
    fn title(&self) -> &'static str {
        "Queue full"
    }
    fn about(&self) -> &'static str {
        "An agent whose messages wait for a person in such number gets no new one in until some \
         are answered."
    }
    fn is_for_agents(&self) -> bool {
        true
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Block]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Number(&HELD_MAX)]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::RetryAfter
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        match facts.moment {
            Moment::Check | Moment::Admission => {}
            // It is in already.
            Moment::Revision | Moment::Approval | Moment::Dispatch => return Vec::new(),
        }
        let held = i64::from(facts.agent.held);
        let limit = HELD_MAX.of(terms);
        let name = &facts.agent.name;
        let (outcome, sentence) = if held < limit {
            let sentence =
                format!("{held} of at most {limit} messages of {name} wait for a person.");
            (FindingOutcome::Pass, sentence)
        } else {
            let sentence = format!(
                "{held} messages of {name} already wait for a person; {limit} is the most."
            );
            (FindingOutcome::Block, sentence)
        };
        vec![Finding::new(self.code(), outcome, sentence).measured(held, limit)]
    }
}

impl Policy {
    /// How many messages of an agent may wait for a person when this sender asks: the strictest of
    /// what applies to it.
    pub fn held_max_for(&self, sender: &Sender<'_>) -> Option<u32> {
        self.least(&QueueFull, &HELD_MAX, sender)
    }
}
