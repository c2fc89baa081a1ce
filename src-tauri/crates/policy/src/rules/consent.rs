//! Bulk mail goes to people who agreed to it.

use domain::{Facts, Finding, FindingOutcome, NextClass, Stream};

use crate::rule::{Action, Rule};
use crate::settings::Terms;

pub(crate) struct Consent;

impl Rule for Consent {
    fn code(&self) -> &'static str {
        "consent"
    }
    fn title(&self) -> &'static str {
        "Consent"
    }
    fn about(&self) -> &'static str {
        "Marketing mail needs a live record of consent for every recipient."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Block, Action::Hold]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::Never
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        let recipient = finding.recipient.as_ref()?;
        Some(format!("leave out {recipient}"))
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        match facts.submission.stream {
            Stream::Marketing => {}
            Stream::Personal | Stream::Transactional => {
                let sentence = "It is no marketing mail.";
                let outcome = FindingOutcome::NotApplicable;
                return vec![Finding::new(self.code(), outcome, sentence)];
            }
        }
        let without = facts.recipients.iter().filter(|one| one.consent.is_none());
        let mut findings: Vec<Finding> = without
            .map(|one| {
                let sentence = format!("{} has not agreed to marketing mail.", one.address);
                Finding::new(self.code(), terms.action().outcome(), sentence).about(&one.address)
            })
            .collect();
        if findings.is_empty() {
            let sentence = "Every recipient agreed to marketing mail.";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}
