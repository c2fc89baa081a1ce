//! Keys, tokens, card numbers and bank accounts in a message.

use domain::{Facts, Finding, FindingOutcome, NextClass};

use crate::rule::{Action, Rule, Switch};
use crate::scan::secrets::OWN_TOKEN;
use crate::settings::Policy;

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
         check digits), in subject, bodies and text files. A token of this Sendoff blocks whatever \
         this table says."
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

    fn check(&self, facts: &Facts, policy: &Policy) -> Vec<Finding> {
        let settings = policy.rule(self);
        let mut findings: Vec<Finding> = Vec::new();
        for spot in &facts.scan.found.secrets {
            let outcome = if spot.kind == OWN_TOKEN {
                FindingOutcome::Block
            } else if settings.enabled() {
                settings.action().outcome()
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
            let (outcome, sentence) = match settings.enabled() {
                true => (FindingOutcome::Pass, "Nothing in it looks like a secret."),
                false => (
                    FindingOutcome::Off,
                    "Switched off in the policy, but for tokens of this Sendoff.",
                ),
            };
            findings.push(Finding::new(self.code(), outcome, sentence));
        }
        findings
    }
}

fn part(part: &str) -> String {
    match part {
        "subject" | "text" => part.to_owned(),
        "html" => "HTML text".to_owned(),
        file => format!("file {file}"),
    }
}
