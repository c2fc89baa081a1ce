//! A mailbox that is paused, by hand or for its reputation.

use domain::{Facts, Finding, FindingOutcome, NextClass};

use crate::rule::{Action, Rule, Switch, pause_stops};
use crate::say;
use crate::settings::Terms;

pub(crate) struct MailboxPaused;

impl Rule for MailboxPaused {
    fn code(&self) -> &'static str {
        "mailbox_paused"
    }
    fn title(&self) -> &'static str {
        "Mailbox paused"
    }
    fn about(&self) -> &'static str {
        "While a mailbox is paused, nothing new is taken for it and nothing leaves as it; what \
         waits keeps its place and can still be approved."
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
        let address = &facts.mailbox.address;
        let Some(since) = facts.mailbox.paused_at else {
            let sentence = format!("{address} is not paused.");
            return vec![Finding::new(self.code(), FindingOutcome::Pass, sentence)];
        };
        let since = say::time(since, facts.now);
        let sentence = format!("{address} has been paused since {since}");
        vec![match pause_stops(facts.moment) {
            true => Finding::new(self.code(), FindingOutcome::Block, format!("{sentence}.")),
            false => {
                let sentence = format!("{sentence}; it waits until that ends.");
                Finding::new(self.code(), FindingOutcome::NotApplicable, sentence)
            }
        }]
    }
}
