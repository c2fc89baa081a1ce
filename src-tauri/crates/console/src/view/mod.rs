//! What the operator's screens show: flat, ready to paint, in words a person would use.
//!
//! A view model changes with its screen and is nobody's promise; `api` has its own shapes. Times
//! are RFC 3339 text, ids and hashes are text. TypeScript gets the same shapes from ts-rs (see
//! `bindings`).

mod activity;
mod agent;
mod batch;
mod copy;
mod decision;
mod erasure;
mod frame;
mod inbox;
mod mailbox;
mod message;
mod names;
mod policy;
mod settings;
mod submission;
mod suppression;

pub(crate) use activity::{
    DialogueLine, FactGroup, FactLine, FactsView, Mark, TrafficColumn, TrafficView, WaitClass,
};
pub(crate) use agent::{
    AgentGranted, AgentMade, AgentRef, AgentView, BudgetView, BudgetWindow, ConsentView,
    ContactZoneView, Ended, InHandView, PeopleCounts, ReceiptsView, RecipientRuleView,
    RecipientsView, RiskView, Snippet, SnippetLanguage,
};
pub(crate) use batch::{Batch, BatchPart, BatchRow};
pub(crate) use copy::{CopiedView, CopiesView, CopyView, EarlierKeyView, RecordKeyView};
pub(crate) use decision::DecisionView;
pub(crate) use erasure::{ErasureView, RetentionView};
pub(crate) use frame::{Counts, Frame, Health, HealthState, HealthSummary};
pub(crate) use inbox::{
    AlarmView, ConversationDetail, ConversationView, Elsewhere, EvidenceView, HeaderView,
    InboundFile, InboundParts, InboundPictures, InboundView, InboxCounts, IntentWord, MailLink,
    NextView, OutboundView, ThreadItem,
};
pub(crate) use mailbox::{
    ChaosView, ImapForm, MailboxKind, MailboxRef, MailboxView, Mechanism, ReadingView,
    RehearsalStarted, RehearsalView, RehearsedView, ReplierView, ReplyTokensWord, SentCopyWord,
    SignInOffer, SignInView, SignedInView, SmtpForm, TestReport, TestState, TestStep, Tls, Usage,
    WarmupView,
};
pub(crate) use message::{
    AttachmentView, DraftEdit, EnvelopeView, LinkView, MessageShown, RawAttachment, RecipientView,
    Source,
};
pub(crate) use names::{FindingOutcome, Level, Moment, NextClass, StateName, Verdict};
pub(crate) use policy::{
    FlipCountView, FlipView, PolicyProblem, PolicyPublished, PolicyText, PolicyView, ProgressView,
    ReplayView, ReportView, VerifyProblem,
};
pub(crate) use policy::{
    PolicyForm, PolicyFormField, PolicyFormKind, PolicyFormTable, PolicyLine, PolicyLineDraft,
    PolicyWish,
};
pub(crate) use settings::Settings;
pub(crate) use submission::{
    ActivityRow, AgentStanding, AttemptView, ContactCard, ContactEvent, Decided, DecidedError,
    DiffKind, DiffPart, FoundMail, FoundRow, JournalLine, NoteView, QueueRow, RecipientStanding,
    ReviewView, SubmissionDetail, Verb, VersionView,
};
pub(crate) use suppression::{CsvFile, ImportProblem, Imported, Lifted, SuppressionView};

use serde::Serialize;
use ts_rs::TS;

/// One page of a list.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Page<T> {
    /// The rows, in the list's order.
    pub rows: Vec<T>,
    /// What to ask the next page with; null on the last.
    pub next: Option<String>,
    /// How many there are in all, where that is cheap to know.
    pub total: Option<u32>,
}
