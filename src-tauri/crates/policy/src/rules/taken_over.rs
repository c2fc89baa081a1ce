//! A person writes here now.

use domain::facts::TakenOver as Row;
use domain::{Facts, Finding, FindingOutcome, NextClass};

use crate::rule::{Action, Rule};
use crate::say;
use crate::settings::Terms;

pub(crate) struct TakenOver;

impl Rule for TakenOver {
    fn code(&self) -> &'static str {
        "taken_over"
    }
    fn title(&self) -> &'static str {
        "Taken over"
    }
    fn about(&self) -> &'static str {
        "While a person holds a conversation, or a contact for a mailbox, agents keep out of it."
    }
    fn is_for_agents(&self) -> bool {
        true
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Block, Action::Hold]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::Never
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let outcome = terms.action().outcome();
        let since = |row: &Row| say::time(row.at, facts.now);
        let mut findings = Vec::new();
        if let Some(conversation) = &facts.conversation
            && let Some(row) = &conversation.taken_over
        {
            let since = since(row);
            let sentence = format!("A person has held this conversation since {since}.");
            findings.push(Finding::new(self.code(), outcome, sentence).matching(&conversation.id));
        }
        for recipient in &facts.recipients {
            if let Some(row) = &recipient.taken_over {
                let (who, since) = (&recipient.address, since(row));
                let sentence = format!("A person has been writing to {who} since {since}.");
                findings.push(Finding::new(self.code(), outcome, sentence).about(who));
            }
        }
        if findings.is_empty() {
            let sentence = "No person holds this conversation or contact.";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}
