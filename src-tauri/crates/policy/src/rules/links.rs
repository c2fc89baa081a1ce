//! Links that are not what they seem, or not what a business should send.

use domain::scan::{LinkKind, OddLink};
use domain::{Facts, Finding, FindingOutcome};

use crate::rule::{Action, Rule};
use crate::say;
use crate::settings::Terms;

pub(crate) struct Links;

impl Rule for Links {
    fn code(&self) -> &'static str {
        "links"
    }
    fn title(&self) -> &'static str {
        "Odd links"
    }
    fn about(&self) -> &'static str {
        "Links whose text shows another site or a name their host only looks like, hosts in punycode \
         or that look like a known contact's domain (1 for l, 0 for o, rn for m, vv for w), bare IP \
         addresses, http without encryption, shorteners, links that are neither web, mail nor \
         telephone, and hosts that first appeared here in a stranger's mail."
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
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let outcome = terms.action().outcome();
        let odd = facts.scan.found.links.iter().map(|link| {
            let (what, sentence) = said(link);
            (format!("{what}: {}", link.host), sentence)
        });
        let strange = facts.hosts.iter().filter_map(|host| {
            let (name, since) = (&host.host, say::time(host.stranger_at?, facts.now));
            let sentence = format!("A link leads to {name}, which a stranger brought at {since}.");
            Some((format!("stranger: {name}"), sentence))
        });
        let alike = facts.hosts.iter().filter_map(|host| {
            let (name, known) = (&host.host, host.resembles.as_ref()?);
            let sentence = format!("A link leads to {name}, which looks like {known} and is not.");
            Some((format!("lookalike: {name}"), sentence))
        });
        let left_off = facts.scan.found.hosts_left_off;
        let too_many = (left_off > 0).then(|| {
            let sentence = format!("It links to {left_off} sites more than were looked up.");
            ("more sites than were looked up".to_owned(), sentence)
        });
        let mut findings: Vec<Finding> = odd
            .chain(alike)
            .chain(strange)
            .chain(too_many)
            .map(|(row, sentence)| Finding::new(self.code(), outcome, sentence).matching(row))
            .collect();
        if findings.is_empty() {
            let sentence = "No link in it is odd.";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
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
        LinkKind::Lookalike => {
            let sentence = match &link.shown {
                Some(shown) => {
                    format!("A link says {shown} and leads to {host}, which only looks like it.")
                }
                None => format!("A link leads to {host}, a name that can pass for another."),
            };
            ("lookalike", sentence)
        }
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
