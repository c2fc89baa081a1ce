//! How much this agent decides itself.

use domain::facts::RecipientFacts;
use domain::{Facts, Finding, FindingOutcome, Level};

use crate::judge::level;
use crate::rule::{Action, Rule};
use crate::settings::Terms;

pub(crate) struct Autonomy;

impl Rule for Autonomy {
    fn code(&self) -> &'static str {
        "autonomy"
    }
    fn title(&self) -> &'static str {
        "Autonomy"
    }
    fn about(&self) -> &'static str {
        "Level 0 observes and sends nothing, level 1 always asks, level 2 asks for anyone not yet \
         established (we delivered to them, or they wrote to us), level 3 asks only for what \
         another rule holds. Levels are set per agent; switched off, level 1 and 2 hold nothing, \
         and level 0 still sends nothing."
    }
    fn is_for_agents(&self) -> bool {
        true
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold]
    }

    fn check(&self, facts: &Facts, _terms: &Terms<'_>) -> Vec<Finding> {
        let name = &facts.agent.name;
        let say = |outcome, sentence| Finding::new(self.code(), outcome, sentence);
        match level(facts) {
            Level::Observe => {
                let sentence = format!("{name} only observes (level 0): nothing is sent.");
                vec![say(FindingOutcome::NotApplicable, sentence)]
            }
            Level::AskAlways => {
                let sentence = format!("{name} always asks (level 1).");
                vec![say(FindingOutcome::Hold, sentence)]
            }
            Level::AskForStrangers => self.strangers(facts),
            Level::AskOnException => {
                let sentence = format!("{name} asks only on exception (level 3).");
                vec![say(FindingOutcome::Pass, sentence)]
            }
        }
    }
}

impl Autonomy {
    fn strangers(&self, facts: &Facts) -> Vec<Finding> {
        let strangers = facts
            .recipients
            .iter()
            .filter(|one| one.established.is_none());
        let mut findings: Vec<Finding> = strangers
            .map(|one| {
                Finding::new(self.code(), FindingOutcome::Hold, stranger(one)).about(&one.address)
            })
            .collect();
        if findings.is_empty() {
            let sentence = "Every recipient is established (level 2).";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}

fn stranger(recipient: &RecipientFacts) -> String {
    let address = &recipient.address;
    match (&recipient.last_by_anyone, recipient.last_inbound_at) {
        (None, None) => format!("First mail to {address}."),
        (Some(_), _) => format!("No mail to {address} is known to have arrived yet."),
        (None, Some(_)) => format!("First mail to {address}, who wrote without proof of origin."),
    }
}
