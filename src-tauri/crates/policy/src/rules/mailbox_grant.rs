//! Whether this agent may send as this mailbox.

use domain::{Facts, Finding, FindingOutcome, NextClass};

use crate::rule::{Action, Rule, Switch};
use crate::settings::Terms;

pub(crate) struct MailboxGrant;

impl Rule for MailboxGrant {
    fn code(&self) -> &'static str {
        "mailbox_grant"
    }
    fn title(&self) -> &'static str {
        "Mailbox granted"
    }
    fn about(&self) -> &'static str {
        "An agent sends only as mailboxes a person has granted it."
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
        let (agent, mailbox) = (&facts.agent.name, &facts.mailbox.address);
        let finding = if facts.mailbox.granted {
            let sentence = format!("{agent} may send as {mailbox}.");
            Finding::new(self.code(), FindingOutcome::Pass, sentence)
        } else {
            let sentence = format!("{agent} may not send as {mailbox}.");
            Finding::new(self.code(), FindingOutcome::Block, sentence)
        };
        vec![finding.matching(facts.mailbox.id.to_string())]
    }
}
