//! One message that is risky in several ways.

use domain::{Facts, Finding, FindingOutcome};

use crate::param::{Number, Param};
use crate::risk;
use crate::rule::{Action, Rule};
use crate::settings::Terms;

pub(crate) struct RiskMessage;

const POINTS: Number = Number {
    key: "points",
    help: "From so many points on.",
    default: 10,
    min: 1,
    max: 10000,
};

impl Rule for RiskMessage {
    fn code(&self) -> &'static str {
        "risk_message"
    }
    fn title(&self) -> &'static str {
        "Risky message"
    }
    fn about(&self) -> &'static str {
        "Adds up the points of everything that makes a message risky (table [risk]); a person decides \
         about what has many."
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
        let items = risk::items(facts, terms.head);
        let (points, limit) = (i64::from(risk::total(&items)), POINTS.of(terms));
        let items = risk::words(&items);
        let (outcome, sentence) = match (points >= limit, points) {
            (true, _) => {
                let sentence = format!("It has {points} risk points ({items}).");
                (terms.action().outcome(), sentence)
            }
            (false, 0) => (FindingOutcome::Pass, "Nothing makes it risky.".to_owned()),
            (false, _) => {
                let sentence = format!("It has {points} of {limit} risk points ({items}).");
                (FindingOutcome::Pass, sentence)
            }
        };
        vec![Finding::new(self.code(), outcome, sentence).measured(points, limit)]
    }
}
