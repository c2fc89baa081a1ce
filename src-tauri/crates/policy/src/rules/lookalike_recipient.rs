//! An address that can be taken for a known one.

use std::collections::HashSet;

use domain::limits::SPELLED_DOMAINS_MAX;
use domain::{Facts, Finding, FindingOutcome};

use crate::rule::{Action, Rule};
use crate::settings::Terms;

pub(crate) struct LookalikeRecipient;

/// Providers of mailboxes for everyone: one letter apart, and none a disguise of another.
const PROVIDERS: [&str; 8] = [
    "gmail.com",
    "ymail.com",
    "hotmail.com",
    "mail.com",
    "email.com",
    "gmx.com",
    "gmx.net",
    "gmx.de",
];

impl Rule for LookalikeRecipient {
    fn code(&self) -> &'static str {
        "lookalike_recipient"
    }
    fn title(&self) -> &'static str {
        "Lookalike recipient"
    }
    fn about(&self) -> &'static str {
        "The recipient's domain is one letter, or one letter that looks alike, away from that of a known \
         contact."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        let (meant, recipient) = (finding.matched.as_ref()?, finding.recipient.as_ref()?);
        Some(format!("check whether {recipient} should be at {meant}"))
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for recipient in &facts.recipients {
            let domain = recipient.address.domain();
            let row = facts.domains.iter().find(|row| row.domain == domain);
            let Some(known) = row.and_then(|row| row.resembles.as_ref()) else {
                continue;
            };
            if PROVIDERS.contains(&domain) {
                continue;
            }
            let who = &recipient.address;
            let sentence = format!("{who} looks like somebody at {known}, and is not.");
            findings.push(
                Finding::new(self.code(), terms.action().outcome(), sentence)
                    .about(who)
                    .matching(known),
            );
        }
        if findings.is_empty() {
            let sentence = match has_more(facts) {
                false => "No recipient looks like somebody else.".to_owned(),
                true => format!(
                    "No recipient looks like somebody else; behind the first \
                     {SPELLED_DOMAINS_MAX} domains, one that is a letter apart was not looked for."
                ),
            };
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}

/// True if it goes to more domains than are held against known ones letter by letter.
fn has_more(facts: &Facts) -> bool {
    let domains = facts.recipients.iter().map(|one| one.address.domain());
    domains.collect::<HashSet<_>>().len() > SPELLED_DOMAINS_MAX
}
