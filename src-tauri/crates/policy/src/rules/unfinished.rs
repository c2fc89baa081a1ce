//! A message that is not finished.

use domain::scan::Spot;
use domain::{Facts, Finding, FindingOutcome};

use crate::rule::{Action, Rule};
use crate::scan::unfinished::{EMPTY, MODEL_TALK, NOTE, PLACEHOLDER};
use crate::settings::Terms;

pub(crate) struct Unfinished;

impl Rule for Unfinished {
    fn code(&self) -> &'static str {
        "unfinished"
    }
    fn title(&self) -> &'static str {
        "Unfinished message"
    }
    fn about(&self) -> &'static str {
        "Placeholders such as {{name}} or [Your Name], notes such as TODO, a model speaking of \
         itself, an empty subject or body."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        finding
            .matched
            .as_ref()
            .map(|what| format!("finish the message: {what}"))
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for spot in &facts.scan.found.unfinished {
            let row = format!("{} in {}", spot.kind, spot.part);
            // Where exactly moves with every edit; once per kind and part says enough.
            if findings
                .iter()
                .all(|said| said.matched.as_ref() != Some(&row))
            {
                let outcome = terms.action().outcome();
                findings.push(Finding::new(self.code(), outcome, sentence(spot)).matching(row));
            }
        }
        if findings.is_empty() {
            let sentence = "Nothing in it looks unfinished.";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}

fn sentence(spot: &Spot) -> String {
    let part = match spot.part.as_str() {
        "html" => "HTML text",
        part => part,
    };
    match spot.kind.as_str() {
        EMPTY => format!("The {part} is empty."),
        PLACEHOLDER => format!("The {part} has a placeholder that was not filled in."),
        NOTE => format!("The {part} has a note such as TODO left in it."),
        MODEL_TALK => format!("The {part} speaks as a language model about itself."),
        kind => format!("The {part} has {kind} in it."),
    }
}
