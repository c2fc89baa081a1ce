//! Whom an agent may bring into a conversation, beside the recipients.

use domain::{Facts, Finding, FindingOutcome, NextClass};

use crate::rule::{Action, Rule};
use crate::settings::Terms;

pub(crate) struct RecipientScope;

impl Rule for RecipientScope {
    fn code(&self) -> &'static str {
        "recipient_scope"
    }
    fn title(&self) -> &'static str {
        "Recipient scope"
    }
    fn about(&self) -> &'static str {
        "Each agent's list of whom it may write to, where it has one, and of whom it may not; both \
         block. Answers come back to a mailbox it is granted, the name shown is the mailbox's own, \
         and it sets no header fields but X-, List- and References; anything else meets the action \
         below."
    }
    fn is_for_agents(&self) -> bool {
        true
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::Never
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        match (&finding.recipient, &finding.matched) {
            (Some(recipient), _) => Some(format!("leave out {recipient}")),
            (None, Some(row)) => Some(format!("leave out the {row}")),
            (None, None) => None,
        }
    }
    fn is_final(&self) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let mut findings = self.lists(facts);
        findings.extend(self.fields(facts, terms.action().outcome()));
        if findings.is_empty() {
            let name = &facts.agent.name;
            let whom = match facts.agent.allow_rows {
                None => "anyone",
                Some(_) => "everyone here",
            };
            let own = &facts.mailbox.address;
            let sentence = format!("{name} may write to {whom}, and answers come to {own}.");
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}

impl RecipientScope {
    /// Recipients beyond what the agent's own lists let it reach.
    fn lists(&self, facts: &Facts) -> Vec<Finding> {
        let name = &facts.agent.name;
        let mut findings = Vec::new();
        for recipient in &facts.recipients {
            let who = &recipient.address;
            let (row, sentence) = match (&recipient.forbidden_by, facts.agent.allow_rows) {
                (Some(row), _) => {
                    let sentence = format!("{name} may not write to {who} (forbidden: {row}).");
                    (Some(row), sentence)
                }
                (None, Some(0)) => (None, format!("{name} may write to no one.")),
                (None, Some(_)) if recipient.allowed_by.is_none() => {
                    let sentence = format!("{who} is not among those {name} may write to.");
                    (None, sentence)
                }
                (None, Some(_) | None) => continue,
            };
            let finding = Finding::new(self.code(), FindingOutcome::Block, sentence).about(who);
            findings.push(match row {
                Some(row) => finding.matching(row),
                None => finding,
            });
        }
        findings
    }

    /// Header fields that would lead elsewhere or say somebody else.
    fn fields(&self, facts: &Facts, outcome: FindingOutcome) -> Vec<Finding> {
        let (own, found) = (&facts.mailbox.address, &facts.scan.found);
        let granted = &facts.mailbox.reply_to_granted;
        let mut findings = Vec::new();
        for address in &found.reply_to {
            if address.folded() != own.folded() && !granted.contains(address) {
                let sentence = format!("Answers would go to {address} and not to {own}.");
                let row = format!("Reply-To {address}");
                findings.push(Finding::new(self.code(), outcome, sentence).matching(row));
            }
        }
        if let Some(name) = &found.from_name
            && Some(name) != facts.mailbox.display_name.as_ref()
        {
            let sentence = match &facts.mailbox.display_name {
                Some(right) => format!("It would come from {name} and not from {right}."),
                None => format!("It would come from {name}, a name {own} does not have."),
            };
            findings.push(Finding::new(self.code(), outcome, sentence).matching("sender's name"));
        }
        for header in &found.headers {
            let sentence = format!("It sets the header field {header}, which agents may not.");
            let row = format!("header field {header}");
            findings.push(Finding::new(self.code(), outcome, sentence).matching(row));
        }
        findings
    }
}
