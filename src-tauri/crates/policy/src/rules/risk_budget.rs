//! How much risk an agent may take in a day.

use domain::{Facts, Finding, FindingOutcome};

use crate::param::{Number, Param};
use crate::risk;
use crate::rule::{Action, Rule};
use crate::settings::{Policy, Sender, Terms};

pub(crate) struct RiskBudget;

const POINTS: Number = Number {
    key: "points_per_day",
    help: "At most so many points in 24 hours.",
    default: 200,
    min: 1,
    max: 1000000,
};

impl Rule for RiskBudget {
    fn code(&self) -> &'static str {
        "risk_budget"
    }
    fn title(&self) -> &'static str {
        "Risk budget"
    }
    fn about(&self) -> &'static str {
        "The points of everything an agent sent in 24 hours, this message included."
    }
    fn is_for_agents(&self) -> bool {
        true
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Number(&POINTS)]
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let points = i64::from(risk::total(&risk::items(facts, terms.head)));
        let (spent, limit) = (i64::from(facts.agent.risk_spent), POINTS.of(terms));
        let name = &facts.agent.name;
        let (outcome, sentence) = match spent + points > limit {
            true => {
                let sentence = format!(
                    "{name} has spent {spent} of {limit} risk points in 24 hours, and this has \
                     {points}."
                );
                (terms.action().outcome(), sentence)
            }
            false => {
                let sentence = format!("{name} has spent {spent} of {limit} risk points.");
                (FindingOutcome::Pass, sentence)
            }
        };
        vec![Finding::new(self.code(), outcome, sentence).measured(spent + points, limit)]
    }
}

impl Policy {
    /// How many points an agent may spend in 24 hours when this sender asks: the strictest of what
    /// applies to it.
    pub fn risk_limit_for(&self, sender: &Sender<'_>) -> Option<u32> {
        self.least(&RiskBudget, &POINTS, sender)
    }
}
