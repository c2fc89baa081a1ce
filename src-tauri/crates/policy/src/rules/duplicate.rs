//! The same content to the same people, asked before.

use domain::{Facts, Finding, FindingOutcome, NextClass, Span};

use crate::param::{Number, Param};
use crate::rule::{Action, Rule};
use crate::say;
use crate::settings::Terms;

pub(crate) struct Duplicate;

const WINDOW: Number = Number {
    key: "window_hours",
    help: "How far back the first may have been asked.",
    default: 24,
    min: 1,
    max: 720,
};

impl Rule for Duplicate {
    fn code(&self) -> &'static str {
        "duplicate"
    }
    fn title(&self) -> &'static str {
        "Sent before"
    }
    fn about(&self) -> &'static str {
        "The same recipients, subject, bodies and files as another ask, from whichever agent. An \
         ask with an idempotency key of its own is held; one without meets the action below."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Block, Action::Hold]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Number(&WINDOW)]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::Done
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let window = Span::from_hours(WINDOW.of(terms));
        let Some(first) = facts
            .duplicate
            .as_ref()
            .filter(|first| first.state.is_live() && facts.now.since(first.at) < window)
        else {
            let sentence = format!("Nothing with this content was asked within {window}.");
            return vec![Finding::new(self.code(), FindingOutcome::Pass, sentence)];
        };
        let outcome = match facts.submission.keyed {
            true => FindingOutcome::Hold,
            false => terms.action().outcome(),
        };
        let by = match first.same_agent {
            true => "by this agent",
            false => "by another agent",
        };
        let sentence = format!(
            "The same content was asked {by} at {} as {}, which is {}.",
            say::time(first.at, facts.now),
            first.submission,
            first.state,
        );
        vec![Finding::new(self.code(), outcome, sentence).matching(first.submission.to_string())]
    }
}
