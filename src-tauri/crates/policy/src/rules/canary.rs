//! A token that only leaves by mistake or on command.

use domain::{Facts, Finding, FindingOutcome, NextClass};

use crate::rule::{Action, Rule, Switch};
use crate::settings::Terms;

pub(crate) struct Canary;

impl Rule for Canary {
    fn code(&self) -> &'static str {
        "canary"
    }
    /// Whoever steers the agent is not told that there was a trap, nor which value it was.
    fn told(&self) -> &'static str {
        "protected_value"
    }
    fn title(&self) -> &'static str {
        "Protected value"
    }
    fn about(&self) -> &'static str {
        "Every agent is handed a token that no honest text quotes. A message with it in it, however \
         disguised, was steered from outside."
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
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::Never
    }
    fn is_final(&self) -> bool {
        true
    }

    fn check(&self, facts: &Facts, _terms: &Terms<'_>) -> Vec<Finding> {
        // The agent reads this too, and is not told which value it was.
        vec![match facts.scan.found.canary {
            true => {
                let sentence = "There is a protected value in it.";
                Finding::new(self.code(), FindingOutcome::Block, sentence)
            }
            false => {
                let sentence = "No protected value is in it.";
                Finding::new(self.code(), FindingOutcome::Pass, sentence)
            }
        }]
    }
}
