//! How many people one message goes to.

use domain::{Facts, Finding, FindingOutcome};

use crate::param::{Number, Param};
use crate::rule::{Action, Rule};
use crate::settings::{Settings, Terms};

pub(crate) struct RecipientsCount;

const HOLD_ABOVE: Number = Number {
    key: "hold_above",
    help: "A person decides about a message to more envelope recipients (to, cc and bcc).",
    default: 5,
    min: 1,
    max: domain::limits::RECIPIENTS_MAX as i64,
};

const BLOCK_ABOVE: Number = Number {
    key: "block_above",
    help: "A message to more envelope recipients is blocked.",
    default: domain::limits::RECIPIENTS_BLOCK as i64,
    min: 1,
    max: domain::limits::RECIPIENTS_MAX as i64,
};

impl Rule for RecipientsCount {
    fn code(&self) -> &'static str {
        "recipients_count"
    }
    fn title(&self) -> &'static str {
        "Many recipients"
    }
    fn about(&self) -> &'static str {
        "A message to many is a person's decision; one to very many is not sent."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Number(&HOLD_ABOVE), Param::Number(&BLOCK_ABOVE)]
    }
    fn contradictions(&self, settings: &Settings) -> Vec<(&'static str, String)> {
        let (hold, block) = (HOLD_ABOVE.of(settings), BLOCK_ABOVE.of(settings));
        let message = format!("is {hold}, above `block_above` ({block}): nothing would be held");
        let contradicts = hold > block;
        contradicts
            .then_some((HOLD_ABOVE.key, message))
            .into_iter()
            .collect()
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        finding
            .limit
            .map(|limit| format!("send to at most {limit} recipients"))
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let (hold, block) = (HOLD_ABOVE.of(terms), BLOCK_ABOVE.of(terms));
        let count = i64::try_from(facts.recipients.len()).unwrap_or(i64::MAX);
        let (outcome, limit, sentence) = if count > block {
            let sentence = format!("It goes to {count} recipients; {block} is the most.");
            (FindingOutcome::Block, block, sentence)
        } else if count > hold {
            let sentence = format!("It goes to {count} recipients, more than {hold}.");
            (FindingOutcome::Hold, hold, sentence)
        } else {
            let sentence = format!("It goes to {count} of at most {hold} recipients.");
            (FindingOutcome::Pass, hold, sentence)
        };
        vec![Finding::new(self.code(), outcome, sentence).measured(count, limit)]
    }
}
