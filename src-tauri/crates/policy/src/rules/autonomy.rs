//! How much this agent decides itself.

use domain::facts::RecipientFacts;
use domain::{Facts, Finding, FindingOutcome, Level};

use crate::judge::level;
use crate::param::{Number, Param};
use crate::rule::{Action, Rule};
use crate::settings::Terms;

pub(crate) struct Autonomy;

pub(crate) const AT_MOST: Number = Number {
    key: "at_most",
    help: "No agent counts as more than this level: 1 always asks, 2 asks for strangers, 3 leaves \
           every agent its own.",
    default: 3,
    min: 1,
    max: 3,
};

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
    fn params(&self) -> &'static [Param] {
        &[Param::Number(&AT_MOST)]
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let name = &facts.agent.name;
        let say = |outcome, sentence| Finding::new(self.code(), outcome, sentence);
        let own = level(facts);
        match own.min(at_most(terms)) {
            Level::Observe => {
                let sentence = format!("{name} only observes (level 0): nothing is sent.");
                vec![say(FindingOutcome::NotApplicable, sentence)]
            }
            Level::AskAlways if own > Level::AskAlways => {
                let sentence =
                    format!("Mail like this is always asked about, whatever {name} may.");
                vec![say(FindingOutcome::Hold, sentence)]
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

fn at_most(terms: &Terms<'_>) -> Level {
    let level = u8::try_from(AT_MOST.of(terms)).ok();
    let level = level.and_then(|level| Level::try_from(level).ok());
    level.unwrap_or(Level::AskOnException)
}

fn stranger(recipient: &RecipientFacts) -> String {
    let address = &recipient.address;
    match (&recipient.last_by_anyone, recipient.last_inbound_at) {
        (None, None) => format!("First mail to {address}."),
        (Some(_), _) => format!("No mail to {address} is known to have arrived yet."),
        (None, Some(_)) => format!("First mail to {address}, who wrote without proof of origin."),
    }
}
