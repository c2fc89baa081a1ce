//! Keys, tokens, card numbers and bank accounts in a message.

use domain::{Facts, Finding, FindingOutcome, NextClass};

use crate::rule::{Action, Rule, Switch};
use crate::scan::secrets::OWN;
use crate::settings::Terms;

pub(crate) struct Secrets;

impl Rule for Secrets {
    fn code(&self) -> &'static str {
        "secrets"
    }
    fn title(&self) -> &'static str {
        "Secrets"
    }
    fn about(&self) -> &'static str {
        "Private keys, tokens of clouds and services, card numbers and bank accounts (by their \
         check digits), in subject, bodies and text files. A token of this Sendoff, or a \
         password of its accounts, blocks whatever this table says."
    }
    fn switch(&self) -> Switch {
        Switch::Partly
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::FixAndResubmit
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        finding
            .matched
            .as_ref()
            .map(|what| format!("leave out {what}"))
    }
    fn is_overridable(&self, finding: &Finding) -> bool {
        let own = |row: &String| OWN.iter().any(|kind| row.starts_with(kind));
        !finding.matched.as_ref().is_some_and(own)
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for spot in &facts.scan.found.secrets {
            let outcome = if OWN.contains(&spot.kind.as_str()) {
                FindingOutcome::Block
            } else if terms.enabled() {
                terms.action().outcome()
            } else {
                continue;
            };
            let row = format!("{} in {}", spot.kind, spot.part);
            if findings
                .iter()
                .all(|said| said.matched.as_ref() != Some(&row))
            {
                let sentence = format!("There is {} in the {}.", spot.kind, part(&spot.part));
                findings.push(Finding::new(self.code(), outcome, sentence).matching(row));
            }
        }
        if findings.is_empty() {
            let (outcome, sentence) = match terms.enabled() {
                true => (FindingOutcome::Pass, "Nothing in it looks like a secret."),
                false => (
                    FindingOutcome::Off,
                    "Switched off in the policy, but for what is Sendoff's own.",
                ),
            };
            findings.push(Finding::new(self.code(), outcome, sentence));
        }
        findings
    }
}

fn part(part: &str) -> String {
    match part {
        "subject" | "text" | "header fields" | "message source" => part.to_owned(),
        "html" => "HTML text".to_owned(),
        file => format!("file {file}"),
    }
}
