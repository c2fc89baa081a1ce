//! Whom an agent may bring into a conversation, beside the recipients.

use domain::{Facts, Finding, FindingOutcome, NextClass};

use crate::rule::{Action, Rule};
use crate::settings::Policy;

pub(crate) struct RecipientScope;

impl Rule for RecipientScope {
    fn code(&self) -> &'static str {
        "recipient_scope"
    }
    fn title(&self) -> &'static str {
        "Recipient scope"
    }
    fn about(&self) -> &'static str {
        "An agent may write to anyone, and answers come back to the mailbox it sends as: a \
         Reply-To elsewhere would take the conversation out of sight."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::Never
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        finding
            .matched
            .as_ref()
            .map(|address| format!("leave out the Reply-To {address}"))
    }
    fn is_final(&self) -> bool {
        true
    }

    fn check(&self, facts: &Facts, policy: &Policy) -> Vec<Finding> {
        let own = &facts.mailbox.address;
        let outcome = policy.rule(self).action().outcome();
        let elsewhere = facts.scan.found.reply_to.iter();
        let mut findings: Vec<Finding> = elsewhere
            .filter(|address| address.folded() != own.folded())
            .map(|address| {
                let sentence = format!("Answers would go to {address} and not to {own}.");
                Finding::new(self.code(), outcome, sentence).matching(address.to_string())
            })
            .collect();
        if findings.is_empty() {
            let name = &facts.agent.name;
            let sentence = format!("{name} may write to anyone, and answers come to {own}.");
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}
