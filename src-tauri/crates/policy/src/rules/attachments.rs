//! Files that are not what they say, that run, or that are too large.

use domain::scan::{FileKind, OddFile};
use domain::{Facts, Finding, FindingOutcome};

use crate::param::{Number, Param};
use crate::rule::{Action, Rule};
use crate::settings::Terms;

pub(crate) struct Attachments;

const OCTETS_PER_MIB: i64 = 1024 * 1024;

const TOTAL_MAX: Number = Number {
    key: "total_mib_max",
    help: "All files together, in MiB; more is blocked.",
    default: domain::limits::ATTACHMENTS_OCTETS_MAX as i64 / OCTETS_PER_MIB,
    min: 1,
    max: 100,
};

impl Rule for Attachments {
    fn code(&self) -> &'static str {
        "attachments"
    }
    fn title(&self) -> &'static str {
        "Odd files"
    }
    fn about(&self) -> &'static str {
        "Files whose bytes are another type than their name says and documents with macros meet \
         the action below; programs, scripts and too much at once are blocked."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Number(&TOTAL_MAX)]
    }
    fn fix(&self, finding: &Finding) -> Option<String> {
        match (&finding.matched, finding.limit) {
            (Some(file), _) => Some(format!("leave out or replace {file}")),
            (None, Some(limit)) => Some(format!("send at most {limit} octets of files")),
            (None, None) => None,
        }
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let found = &facts.scan.found;
        let mut findings = Vec::new();
        let octets = i64::try_from(found.file_octets).unwrap_or(i64::MAX);
        let limit = TOTAL_MAX.of(terms);
        if octets > limit * OCTETS_PER_MIB {
            let sentence = format!("The files are over {limit} MiB together.");
            findings.push(
                Finding::new(self.code(), FindingOutcome::Block, sentence)
                    .measured(octets, limit * OCTETS_PER_MIB),
            );
        }
        for file in &found.files {
            let outcome = match file.kind {
                FileKind::Executable | FileKind::Script => FindingOutcome::Block,
                FileKind::Mismatch | FileKind::Macros => terms.action().outcome(),
            };
            findings.push(Finding::new(self.code(), outcome, sentence(file)).matching(&file.name));
        }
        if findings.is_empty() {
            let sentence = match facts.scan.attachments {
                0 => "It has no files.",
                _ => "Its files are what they say.",
            };
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}

fn sentence(file: &OddFile) -> String {
    let name = &file.name;
    match (file.kind, &file.sniffed) {
        (FileKind::Mismatch, Some(bytes)) => format!("The file {name} is really {bytes}."),
        (FileKind::Mismatch, None) => format!("The file {name} is not what its name says."),
        (FileKind::Executable, _) => format!("The file {name} is a program."),
        (FileKind::Script, _) => format!("The file {name} is a script."),
        (FileKind::Macros, _) => format!("The file {name} has macros."),
    }
}
