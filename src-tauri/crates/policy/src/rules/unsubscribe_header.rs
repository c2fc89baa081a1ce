//! Bulk mail says who sends it and how to end it.

use domain::{Facts, Finding, FindingOutcome, NextClass, Stream};

use crate::param::{Param, Text};
use crate::rule::{Action, Rule};
use crate::settings::{Policy, Terms};

pub(crate) struct UnsubscribeHeader;

const POSTAL: Text = Text {
    key: "postal_address",
    help: "The postal address under every marketing mail; without one, none leaves.",
    default: "",
    takes: "an address of at most 500 characters",
    is_one: |text| {
        !text
            .chars()
            .any(|letter| letter.is_control() && letter != '\n')
    },
};

const ONE_CLICK: Text = Text {
    key: "one_click_url",
    help: "Where a click on unsubscribe is posted to (RFC 8058), if you run such a place.",
    default: "",
    takes: "an address that begins with https://, or nothing",
    is_one: |text| {
        text.is_empty()
            || text.strip_prefix("https://").is_some_and(|rest| {
                !rest.is_empty() && rest.chars().all(|letter| letter.is_ascii_graphic())
            })
    },
};

/// What every marketing mail carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BulkMail<'p> {
    /// The postal address under it; empty if none is set.
    pub postal_address: &'p str,
    /// Where a click on unsubscribe is posted to, if anywhere.
    pub one_click_url: Option<&'p str>,
}

impl Policy {
    /// What a marketing mail has to carry, for whoever composes it.
    pub fn bulk_mail(&self) -> BulkMail<'_> {
        let settings = self.rule(&UnsubscribeHeader);
        let url = ONE_CLICK.of(settings);
        BulkMail {
            postal_address: POSTAL.of(settings).trim(),
            one_click_url: (!url.is_empty()).then_some(url),
        }
    }
}

impl Rule for UnsubscribeHeader {
    fn code(&self) -> &'static str {
        "unsubscribe_header"
    }
    fn title(&self) -> &'static str {
        "Unsubscribing"
    }
    fn about(&self) -> &'static str {
        "Marketing mail carries List-Unsubscribe (RFC 2369; one-click by RFC 8058 where an address for \
         it is set) and a postal address."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Block, Action::Hold]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Text(&POSTAL), Param::Text(&ONE_CLICK)]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::Never
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
        let header = facts.scan.found.unsubscribe.unwrap_or_default();
        let wants_click = !ONE_CLICK.of(terms).is_empty();
        let missing = [
            (
                POSTAL.of(terms).trim().is_empty(),
                "postal address",
                "No postal address is set for marketing mail.",
            ),
            (
                !header.mailto,
                "list-unsubscribe",
                "It has no address to unsubscribe at.",
            ),
            (
                wants_click && !header.one_click,
                "one-click",
                "It has no one-click unsubscribing.",
            ),
        ];
        let missing = missing.into_iter().filter(|(is_missing, _, _)| *is_missing);
        let mut findings: Vec<Finding> = missing
            .map(|(_, row, sentence)| {
                Finding::new(self.code(), terms.action().outcome(), sentence).matching(row)
            })
            .collect();
        if findings.is_empty() {
            let sentence = "It says how to unsubscribe and where the sender is.";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}
