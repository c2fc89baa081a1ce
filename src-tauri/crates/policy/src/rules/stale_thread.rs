//! An answer to what is no longer the last word.

use domain::{Facts, Finding, FindingOutcome};

use crate::rule::{Action, Rule};
use crate::say;
use crate::settings::Terms;

pub(crate) struct StaleThread;

impl Rule for StaleThread {
    fn code(&self) -> &'static str {
        "stale_thread"
    }
    fn title(&self) -> &'static str {
        "Newer mail is unread"
    }
    fn about(&self) -> &'static str {
        "The conversation holds a newer inbound message than the one the agent last fetched, or than \
         the one it says is the latest (if_latest)."
    }
    fn is_for_agents(&self) -> bool {
        true
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        let newest = finding.matched.as_ref()?;
        Some(format!("read {newest} first, then ask again"))
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let newest = facts
            .conversation
            .as_ref()
            .and_then(|here| here.newest.as_ref());
        let (Some(here), Some(newest)) = (&facts.conversation, newest) else {
            let sentence = "It answers no conversation with mail from outside.";
            let outcome = FindingOutcome::NotApplicable;
            return vec![Finding::new(self.code(), outcome, sentence)];
        };
        let at = say::time(newest.at, facts.now);
        let sentence = match (&facts.submission.if_latest, &here.fetched) {
            (Some(latest), _) if *latest == newest.id => None,
            (Some(latest), _) => Some(format!(
                "It was written with {latest} as the latest, and {} arrived at {at}.",
                newest.id
            )),
            (None, Some(fetched)) if fetched.at >= newest.at => None,
            (None, _) => Some(format!(
                "{} arrived at {at}, and the agent has not read it.",
                newest.id
            )),
        };
        let outcome = terms.action().outcome();
        vec![match sentence {
            Some(sentence) => {
                Finding::new(self.code(), outcome, sentence).matching(newest.id.clone())
            }
            None => {
                let sentence = "The agent has read the newest mail of this conversation.";
                Finding::new(self.code(), FindingOutcome::Pass, sentence)
            }
        }]
    }
}
