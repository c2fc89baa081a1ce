//! Recipients we do not write to.

use domain::facts::RecipientFacts;
use domain::{Facts, Finding, FindingOutcome, NextClass, SuppressionScope};

use crate::rule::{Action, Rule, Switch};
use crate::settings::Terms;

pub(crate) struct Suppression;

impl Rule for Suppression {
    fn code(&self) -> &'static str {
        "suppression"
    }
    fn title(&self) -> &'static str {
        "Suppressed recipient"
    }
    fn about(&self) -> &'static str {
        "Nobody on the suppression list is written to. Complaints and legal demands block whatever \
         this table says."
    }
    fn switch(&self) -> Switch {
        Switch::Partly
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Block, Action::Hold]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::Never
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        finding
            .recipient
            .as_ref()
            .map(|recipient| format!("leave out {recipient}"))
    }
    fn is_final(&self) -> bool {
        true
    }
    fn is_overridable(&self, finding: &Finding) -> bool {
        // Which rows can be released is said by `check`, which sees their reasons.
        finding.overridable
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for recipient in &facts.recipients {
            let live = recipient
                .suppressions
                .iter()
                .filter(|row| row.expires_at.is_none_or(|end| end > facts.now));
            // Every row is a finding of its own: who releases one has not answered the next. A
            // final one comes before any other.
            let (last, others): (Vec<_>, Vec<_>) = live.partition(|row| row.reason.is_final());
            for row in last.into_iter().chain(others) {
                findings.extend(self.finding(recipient, row, terms));
            }
        }
        if findings.is_empty() {
            let (outcome, sentence) = match terms.enabled() {
                true => (
                    FindingOutcome::Pass,
                    "No recipient is on the suppression list.",
                ),
                false => (
                    FindingOutcome::Off,
                    "Switched off in the policy, but for complaints and legal demands.",
                ),
            };
            findings.push(Finding::new(self.code(), outcome, sentence));
        }
        findings
    }
}

impl Suppression {
    /// What one live row says; nothing where the rule is off and the row is not final.
    fn finding(
        &self,
        recipient: &RecipientFacts,
        row: &domain::Suppression,
        terms: &Terms<'_>,
    ) -> Option<Finding> {
        let outcome = match (row.reason.is_final(), terms.enabled()) {
            (true, _) => FindingOutcome::Block,
            (false, true) => terms.action().outcome(),
            (false, false) => return None,
        };
        let wide = match row.pattern.starts_with('@') {
            true => format!(" (everyone{})", row.pattern),
            false => String::new(),
        };
        let here = match row.scope {
            SuppressionScope::Workspace => "",
            SuppressionScope::Mailbox(_) => " for this mailbox",
            SuppressionScope::Agent(_) => " for this agent",
        };
        let sentence = format!(
            "{}{wide} is on the suppression list{here}: {}.",
            recipient.address,
            row.reason.words()
        );
        let mut finding = Finding::new(self.code(), outcome, sentence)
            .about(&recipient.address)
            .matching(format!("suppression:{}", row.id));
        finding.overridable = !row.reason.is_final();
        Some(finding)
    }
}
