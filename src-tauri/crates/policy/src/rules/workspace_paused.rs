//! The kill switch for everything.

use domain::{Facts, Finding, FindingOutcome, NextClass};

use crate::rule::{Action, Rule, Switch, pause_stops};
use crate::say;
use crate::settings::Terms;

pub(crate) struct WorkspacePaused;

impl Rule for WorkspacePaused {
    fn code(&self) -> &'static str {
        "workspace_paused"
    }
    fn title(&self) -> &'static str {
        "Everything paused"
    }
    fn about(&self) -> &'static str {
        "While everything is paused, nothing new is taken and nothing leaves; what waits keeps its \
         place and can still be approved."
    }
    fn switch(&self) -> Switch {
        Switch::AlwaysOn
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Block]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::RetryAfter
    }

    fn check(&self, facts: &Facts, _terms: &Terms<'_>) -> Vec<Finding> {
        let Some(since) = facts.workspace.paused_at else {
            let sentence = "Sending is not paused.";
            return vec![Finding::new(self.code(), FindingOutcome::Pass, sentence)];
        };
        let since = say::time(since, facts.now);
        let sentence = format!("All sending has been paused since {since}");
        vec![match pause_stops(facts.moment) {
            true => Finding::new(self.code(), FindingOutcome::Block, format!("{sentence}.")),
            false => {
                let sentence = format!("{sentence}; it waits until that ends.");
                Finding::new(self.code(), FindingOutcome::NotApplicable, sentence)
            }
        }]
    }
}
