//! Links that are not what they seem, or not what a business should send.

use domain::scan::{LinkKind, OddLink};
use domain::{Facts, Finding, FindingOutcome};

use crate::rule::{Action, Rule};
use crate::settings::Policy;

pub(crate) struct Links;

impl Rule for Links {
    fn code(&self) -> &'static str {
        "links"
    }
    fn title(&self) -> &'static str {
        "Odd links"
    }
    fn about(&self) -> &'static str {
        "Links whose text shows another site, hosts in punycode, bare IP addresses, http without \
         encryption, shorteners, and links that are neither web, mail nor telephone."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        finding
            .matched
            .as_ref()
            .map(|what| format!("change or leave out the link ({what})"))
    }

    fn check(&self, facts: &Facts, policy: &Policy) -> Vec<Finding> {
        let odd = &facts.scan.found.links;
        if odd.is_empty() {
            let sentence = "No link in it is odd.";
            return vec![Finding::new(self.code(), FindingOutcome::Pass, sentence)];
        }
        let outcome = policy.rule(self).action().outcome();
        odd.iter()
            .map(|link| {
                let (what, sentence) = said(link);
                let row = format!("{what}: {}", link.host);
                Finding::new(self.code(), outcome, sentence).matching(row)
            })
            .collect()
    }
}

/// What is odd, and a sentence.
fn said(link: &OddLink) -> (&'static str, String) {
    let host = &link.host;
    match link.kind {
        LinkKind::Mismatch => {
            let shown = link.shown.as_deref().unwrap_or("another site");
            (
                "mismatch",
                format!("A link shows {shown} and leads to {host}."),
            )
        }
        LinkKind::Lookalike => (
            "lookalike",
            format!("A link leads to {host}, a name that can pass for another."),
        ),
        LinkKind::IpAddress => (
            "ip address",
            format!("A link leads to the bare address {host}."),
        ),
        LinkKind::Plain => ("http", format!("A link to {host} is not encrypted (http).")),
        LinkKind::Shortener => (
            "shortener",
            format!("A link through {host} hides where it leads."),
        ),
        LinkKind::Scheme => (
            "scheme",
            format!("A link is neither web, mail nor telephone ({host})."),
        ),
    }
}
