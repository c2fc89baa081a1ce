//! What a rule is, and the table of all of them.

use std::panic::RefUnwindSafe;

use domain::{Facts, Finding, FindingOutcome, Moment, NextClass, Timestamp};

use crate::param::Param;
use crate::rules::agent_paused::AgentPaused;
use crate::rules::attachments::Attachments;
use crate::rules::autonomy::Autonomy;
use crate::rules::canary::Canary;
use crate::rules::collision::Collision;
use crate::rules::consent::Consent;
use crate::rules::cooldown::Cooldown;
use crate::rules::domain_throttle::DomainThrottle;
use crate::rules::duplicate::Duplicate;
use crate::rules::links::Links;
use crate::rules::lookalike_recipient::LookalikeRecipient;
use crate::rules::mailbox_grant::MailboxGrant;
use crate::rules::mailbox_paused::MailboxPaused;
use crate::rules::near_duplicate::NearDuplicate;
use crate::rules::negative_signals::NegativeSignals;
use crate::rules::queue_full::QueueFull;
use crate::rules::quiet_hours::QuietHours;
use crate::rules::rate_limit::RateLimit;
use crate::rules::recipient_scope::RecipientScope;
use crate::rules::recipients_count::RecipientsCount;
use crate::rules::risk_budget::RiskBudget;
use crate::rules::risk_message::RiskMessage;
use crate::rules::secrets::Secrets;
use crate::rules::stale_thread::StaleThread;
use crate::rules::suppression::Suppression;
use crate::rules::tainted_conversation::TaintedConversation;
use crate::rules::taken_over::TakenOver;
use crate::rules::unfinished::Unfinished;
use crate::rules::unsubscribe_header::UnsubscribeHeader;
use crate::rules::warmup::Warmup;
use crate::rules::workspace_paused::WorkspacePaused;
use crate::settings::{Settings, Terms};

/// Every rule. The order is for reading and settles ties; all of them always run.
pub const RULES: &[&dyn Rule] = &[
    &WorkspacePaused,
    &AgentPaused,
    &QueueFull,
    &MailboxPaused,
    &MailboxGrant,
    &RecipientScope,
    &Suppression,
    &Consent,
    &TakenOver,
    &Duplicate,
    &NearDuplicate,
    &Cooldown,
    &Collision,
    &StaleThread,
    &RateLimit,
    &DomainThrottle,
    &Warmup,
    &QuietHours,
    &NegativeSignals,
    &RiskMessage,
    &RiskBudget,
    &RecipientsCount,
    &Canary,
    &Secrets,
    &Unfinished,
    &Links,
    &LookalikeRecipient,
    &Attachments,
    &UnsubscribeHeader,
    &TaintedConversation,
    &Autonomy,
];

/// One rule: looks at the facts, says what it concludes and why.
pub trait Rule: Send + Sync + RefUnwindSafe {
    /// Its stable code: in documents, answers and the journal.
    fn code(&self) -> &'static str;
    /// The code agents are told: another than [`Rule::code`] where that would say too much.
    fn told(&self) -> &'static str {
        self.code()
    }
    /// Its name on screen.
    fn title(&self) -> &'static str;
    /// What it looks at and what follows, in a sentence or two, for the document and its form.
    fn about(&self) -> &'static str;
    /// Whether a document may switch it off.
    fn switch(&self) -> Switch {
        Switch::OnOff
    }
    /// Whether it is on where the document says nothing.
    fn on_by_default(&self) -> bool {
        true
    }
    /// What a document may make of a hit, the default first; one entry leaves no choice.
    fn actions(&self) -> &'static [Action];
    /// Its parameters.
    fn params(&self) -> &'static [Param] {
        &[]
    }
    /// What its settings, each valid by itself, contradict each other in: key and sentence.
    fn contradictions(&self, _settings: &Settings) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// What it concludes under these terms. Passing needs one finding for all; whatever stops, one
    /// per recipient or row. An empty list means there was nothing to look at.
    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding>;
    /// The first instant from `at` on at which this rule, alone, would not defer; `None` if there
    /// is none. Asked only of rules that defer.
    fn earliest(&self, _facts: &Facts, _terms: &Terms<'_>, at: Timestamp) -> Option<Timestamp> {
        Some(at)
    }
    /// What an agent should do after a block by this finding.
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::FixAndResubmit
    }
    /// What an agent could change, if a change of the message helps.
    fn fix(&self, _finding: &Finding) -> Option<String> {
        None
    }
    /// True if it says how far an agent is trusted: to a person who writes by hand it does not
    /// apply.
    fn is_for_agents(&self) -> bool {
        false
    }
    /// True if a person cannot answer its block: at the wire it blocks where others hold.
    fn is_final(&self) -> bool {
        false
    }
    /// True if the operator may release this block of its with a typed reason.
    fn is_overridable(&self, _finding: &Finding) -> bool {
        false
    }
}

/// Whether a document may switch a rule off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Switch {
    /// It may.
    OnOff,
    /// It may, and the rule still looks, because part of it cannot be loosened.
    Partly,
    /// It may not; the document has no `enabled` but `true`.
    AlwaysOn,
}

/// What a document may make of a hit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Action {
    /// Later, by itself.
    Defer,
    /// Ask a person.
    Hold,
    /// Refuse.
    Block,
}

impl Action {
    /// All actions, weakest first.
    pub const ALL: [Action; 3] = [Action::Defer, Action::Hold, Action::Block];

    /// As written in a document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Defer => "defer",
            Action::Hold => "hold",
            Action::Block => "block",
        }
    }

    /// The outcome of a finding under this action.
    pub const fn outcome(self) -> FindingOutcome {
        match self {
            Action::Defer => FindingOutcome::Defer,
            Action::Hold => FindingOutcome::Hold,
            Action::Block => FindingOutcome::Block,
        }
    }
}

/// The rule of that code, if there is one.
pub(crate) fn by_code(code: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| rule.code() == code)
}

/// The code agents are told in place of a finding's: the doors of agents say no other.
pub fn told_code(code: &str) -> &str {
    by_code(code).map_or(code, |rule| rule.told())
}

/// The instant an ask is judged for: now, or when it is due if that is later.
pub(crate) fn judged_for(facts: &Facts) -> Timestamp {
    facts.now.max(facts.submission.due)
}

/// True where a pause stops an ask. What is in already keeps its place: it can be revised and
/// approved, and waits for the pause to end.
pub(crate) fn pause_stops(moment: Moment) -> bool {
    match moment {
        Moment::Check | Moment::Admission | Moment::Dispatch => true,
        Moment::Revision | Moment::Approval => false,
    }
}

/// What marks a finding of a rule that could not decide: held, and no approval answers it.
pub(crate) const UNDECIDED: &str = "undecided";

/// A rule could not decide: that is a hold.
pub(crate) fn undecided(code: &str, sentence: impl Into<String>) -> Finding {
    Finding::new(code, FindingOutcome::Hold, sentence).matching(UNDECIDED)
}
