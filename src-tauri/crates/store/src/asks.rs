//! What callers hand in: one struct per operation that takes more than a few values.

use domain::{
    AccountId, Actor, AgentId, ApprovalHash, AttemptId, DecisionId, Draft, MailboxId,
    NewSubmission, Outcome, Scan, Sealed, Span, StateName, SubmissionId, SuppressionReason,
    SuppressionScope, Timestamp, Verdict,
};

/// A new ask, composed and scanned, ready to be judged.
#[derive(Clone, Debug)]
pub struct Admit {
    /// The id it gets if it is new.
    pub id: SubmissionId,
    /// The id its decision gets if it is new.
    pub decision: DecisionId,
    /// What was asked.
    pub new: NewSubmission,
    /// The exact bytes that would leave.
    pub sealed: Sealed,
    /// What reading the message found.
    pub scan: Scan,
    /// The clock.
    pub now: Timestamp,
    /// How long a hold waits for a person.
    pub hold_for: Span,
    /// It does not leave after.
    pub send_by: Timestamp,
}

/// A person approves what was on screen.
#[derive(Clone, Debug)]
pub struct Approve {
    /// Which submission.
    pub id: SubmissionId,
    /// The hash of the message that was on screen.
    pub hash: ApprovalHash,
    /// The decision that was on screen; another one now is [`crate::StoreError::JudgedAgain`].
    pub shown: Option<DecisionId>,
    /// The id the new decision gets.
    pub decision: DecisionId,
    /// The clock.
    pub now: Timestamp,
    /// The end of the undo window: it does not leave before.
    pub due: Timestamp,
}

/// A new version of a held ask.
#[derive(Clone, Debug)]
pub struct Revise {
    /// Which submission.
    pub id: SubmissionId,
    /// The hash the editor started from; another one now is [`crate::StoreError::Stale`].
    pub expected: Option<ApprovalHash>,
    /// The id the new decision gets.
    pub decision: DecisionId,
    /// The new content.
    pub draft: Draft,
    /// Its exact bytes.
    pub sealed: Sealed,
    /// What reading it found.
    pub scan: Scan,
    /// Who changed it; an agent may change its own only.
    pub by: Actor,
    /// The clock.
    pub now: Timestamp,
}

/// A worker asks for something to send.
#[derive(Clone, Debug)]
pub struct ClaimAsk {
    /// The clock.
    pub now: Timestamp,
    /// The id the attempt gets if there is one.
    pub attempt: AttemptId,
    /// The id the decision gets if there is one.
    pub decision: DecisionId,
    /// How long a hold waits for a person, if it is held back.
    pub hold_for: Span,
    /// An attempt not heard of for so long is over: no dot may follow.
    pub lease: Span,
    /// Accounts whose connections are all taken.
    pub busy: Vec<AccountId>,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub struct Finish {
    /// Which attempt.
    pub attempt: AttemptId,
    /// How far it got.
    pub outcome: Outcome,
    /// The clock.
    pub now: Timestamp,
    /// What becomes of recipients that are still open.
    pub retry: Retry,
}

/// What becomes of recipients a relay did not take for now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Retry {
    /// Tried again then.
    At(Timestamp),
    /// Given up, for this reason in one sentence.
    GiveUp(String),
}

/// What a pause stops.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PauseScope {
    /// Everything.
    Workspace,
    /// What leaves as one mailbox.
    Mailbox(MailboxId),
    /// What one agent asked.
    Agent(AgentId),
}

/// An address or domain not to write to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSuppression {
    /// A folded address ([`domain::Address::folded`]), or `@domain` in lower case.
    pub pattern: String,
    /// How far it reaches.
    pub scope: SuppressionScope,
    /// Why.
    pub reason: SuppressionReason,
    /// In the words of whoever adds it.
    pub note: Option<String>,
    /// Who adds it.
    pub by: Actor,
    /// Ends at, if it does.
    pub expires_at: Option<Timestamp>,
}

/// Which submissions a list shows; empty and absent fields do not filter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListFilter {
    /// In one of these states; empty for all.
    pub states: Vec<StateName>,
    /// Asked by this agent.
    pub agent: Option<AgentId>,
    /// As this mailbox.
    pub mailbox: Option<MailboxId>,
    /// To this contact, folded ([`domain::Address::folded`]).
    pub contact: Option<String>,
    /// Whose latest decision came to this. With it, or a rule, a page looks at
    /// [`crate::LIST_LOOK_MAX`] submissions and may be short and still name a next one.
    pub verdict: Option<Verdict>,
    /// Whose latest decision this rule made.
    pub rule: Option<String>,
    /// Which of the held ones; others are not in the list then.
    pub held: Option<HeldOnes>,
    /// Which comes first.
    pub order: ListOrder,
}

/// Some of what is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeldOnes {
    /// Not snoozed at that instant.
    InSight(Timestamp),
    /// Snoozed at that instant.
    Snoozed(Timestamp),
    /// Lapsing by then.
    LapsingBy(Timestamp),
}

/// Which row of a list comes first; by when it was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ListOrder {
    /// The last asked.
    #[default]
    Newest,
    /// The first asked.
    Oldest,
}
