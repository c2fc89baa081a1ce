//! Almost the same words to the same person.

use domain::{Facts, Finding, FindingOutcome, Span};

use crate::param::{Number, Param};
use crate::rule::{Action, Rule};
use crate::say;
use crate::settings::Terms;

pub(crate) struct NearDuplicate;

const SIMILAR: Number = Number {
    key: "similarity_percent",
    help: "From this similarity on, in percent; 100 is the same words.",
    default: 90,
    min: 50,
    max: 100,
};

const WINDOW: Number = Number {
    key: "window_hours",
    help: "How far back the earlier one may be.",
    default: 72,
    min: 1,
    max: 720,
};

impl Rule for NearDuplicate {
    fn code(&self) -> &'static str {
        "near_duplicate"
    }
    fn title(&self) -> &'static str {
        "Nearly sent before"
    }
    fn about(&self) -> &'static str {
        "A body much like one committed to the same recipient a while ago (Dice similarity of character \
         trigrams)."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Number(&SIMILAR), Param::Number(&WINDOW)]
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        let earlier = finding.matched.as_ref()?;
        Some(format!("say something that {earlier} did not say"))
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let (percent, window) = (SIMILAR.of(terms), Span::from_hours(WINDOW.of(terms)));
        let mut findings = Vec::new();
        for recipient in &facts.recipients {
            let lately = recipient.nearest.iter();
            let lately = lately.filter(|one| facts.now.since(one.at) < window);
            let Some(nearest) = lately.max_by_key(|one| one.similarity_bp) else {
                continue;
            };
            let similar = i64::from(nearest.similarity_bp);
            if similar < percent * 100 {
                continue;
            }
            let sentence = format!(
                "It is {} % like {}, which went to {} at {}.",
                similar / 100,
                nearest.submission,
                recipient.address,
                say::time(nearest.at, facts.now),
            );
            findings.push(
                Finding::new(self.code(), terms.action().outcome(), sentence)
                    .about(&recipient.address)
                    .matching(nearest.submission.to_string())
                    .measured(similar / 100, percent),
            );
        }
        if findings.is_empty() {
            let sentence = "Nobody here was sent much the same lately.";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}
