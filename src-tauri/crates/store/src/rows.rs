//! What callers get back: rows in domain words.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use domain::submission::State;
use domain::{
    Account, AccountId, Actor, Address, AgentId, ApprovalHash, Attempt, Change, Decision,
    DecisionId, Digest, Draft, Facts, MailboxId, Moment, RecipientState, Sealed, SmtpReply, Stream,
    SubmissionId, Timestamp, Verdict,
};

/// A policy as published. Version 0 with empty text means none was published yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublishedPolicy {
    /// 1 for the first.
    pub version: u64,
    /// The document.
    pub text: Arc<str>,
    /// When.
    pub published_at: Timestamp,
}

/// What became of an ask.
#[derive(Clone, PartialEq, Debug)]
pub enum Admission {
    /// It is new and was judged.
    New(Answer),
    /// Same key, same content: the first decision, and the submission as it stands now.
    Replayed(Answer),
    /// Same key, other content.
    Mismatch {
        /// The submission that key belongs to.
        first: SubmissionId,
    },
}

/// A submission with the decision that answers the caller.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// As it stands.
    pub submission: SubmissionRow,
    /// What was decided, and why.
    pub decision: DecisionRow,
}

/// One submission as it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct SubmissionRow {
    /// Risk points of its latest judgement.
    pub points: u32,
    /// Its id.
    pub id: SubmissionId,
    /// Who asked.
    pub agent: AgentId,
    /// The agent's name.
    pub agent_name: String,
    /// As which mailbox.
    pub mailbox: MailboxId,
    /// The mailbox's address.
    pub mailbox_address: Address,
    /// The account it leaves through.
    pub account: AccountId,
    /// Where it stands.
    pub state: State,
    /// Number of the current version, 1 for the first.
    pub version: u32,
    /// Hash of the exact message.
    pub hash: ApprovalHash,
    /// Its Message-ID, with angle brackets.
    pub message_id: String,
    /// Subject of the current version.
    pub subject: String,
    /// Its envelope recipients, in the order to, cc, bcc.
    pub recipients: Vec<RecipientRow>,
    /// Kind of mail.
    pub stream: Stream,
    /// Why the agent sends it, in its words.
    pub reason: Option<String>,
    /// The agent's labels.
    pub tags: BTreeMap<String, String>,
    /// Asked at.
    pub asked_at: Timestamp,
    /// Last moved at.
    pub changed_at: Timestamp,
    /// Not before, if asked for.
    pub send_at: Option<Timestamp>,
    /// Not after.
    pub send_by: Timestamp,
    /// True if the agent gave an idempotency key.
    pub keyed: bool,
    /// The inbound message its agent said was the latest it had read.
    pub if_latest: Option<String>,
    /// The approval that stands, if one does.
    pub approved: Option<Approval>,
    /// The latest decision.
    pub decision: DecisionId,
    /// Its verdict.
    pub verdict: Verdict,
    /// The rule of its primary finding.
    pub primary_rule: Option<String>,
    /// The sentence of its primary finding.
    pub sentence: Option<String>,
    /// What a person last did with it.
    pub review: Option<ReviewRow>,
    /// Number of the change that last moved it.
    pub seq: u64,
}

impl SubmissionRow {
    /// True if an approval stands that can be taken back: nothing was tried under it, and nobody has
    /// the message from an earlier one.
    pub fn may_be_undone(&self) -> bool {
        let untried = self.approved.as_ref().is_some_and(|one| !one.tried);
        untried && !self.has_left()
    }

    /// True if a relay took it for anybody. What came back since was taken all the same.
    pub(crate) fn has_left(&self) -> bool {
        self.recipients
            .iter()
            .any(|recipient| match recipient.state {
                RecipientState::Accepted | RecipientState::Bounced => true,
                RecipientState::Open
                | RecipientState::Deferred
                | RecipientState::Refused
                | RecipientState::Uncertain => false,
            })
    }
}

/// One envelope recipient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecipientRow {
    /// The address.
    pub address: Address,
    /// Where it stands in the message.
    pub role: Role,
    /// What became of it.
    pub state: RecipientState,
    /// What the relay said of it at the last attempt, if it said anything.
    pub reply: Option<SmtpReply>,
}

/// Where a recipient stands in the message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// `To`.
    To,
    /// `Cc`.
    Cc,
    /// In the envelope only.
    Bcc,
}

impl Role {
    /// `to`, `cc`, `bcc`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::To => "to",
            Role::Cc => "cc",
            Role::Bcc => "bcc",
        }
    }
}

/// A person's approval of exact bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approval {
    /// What was approved.
    pub hash: ApprovalHash,
    /// When.
    pub at: Timestamp,
    /// The decision it led to.
    pub decision: DecisionId,
    /// True once a relay was tried under it.
    pub tried: bool,
}

/// What a person last did with a submission.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewRow {
    /// What.
    pub outcome: Review,
    /// In their words, if they gave any.
    pub reason: Option<String>,
    /// What they asked its agent, for [`Review::Asked`] and [`Review::Answered`].
    pub question: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Acts of review.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Review {
    /// Approved as it was.
    Approved,
    /// Changed and approved.
    Edited,
    /// Refused.
    Rejected,
    /// An approval taken back.
    Undone,
    /// An uncertain or failed delivery settled.
    Settled,
    /// Its agent was asked something.
    Asked,
    /// And has answered, or changed it.
    Answered,
    /// Released from a block, in writing.
    Released,
}

impl Review {
    /// All of them.
    pub const ALL: [Review; 8] = [
        Review::Approved,
        Review::Edited,
        Review::Rejected,
        Review::Undone,
        Review::Settled,
        Review::Asked,
        Review::Answered,
        Review::Released,
    ];

    /// `approved`, `edited`, `rejected`, `undone`, `settled`, `asked`, `answered`, `released`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Review::Approved => "approved",
            Review::Edited => "edited",
            Review::Rejected => "rejected",
            Review::Undone => "undone",
            Review::Settled => "settled",
            Review::Asked => "asked",
            Review::Answered => "answered",
            Review::Released => "released",
        }
    }
}

/// Kinds of notes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Note {
    /// A person asked.
    Question,
    /// The agent answered.
    Answer,
    /// Why a person released it from a block.
    Override,
}

impl Note {
    /// All of them.
    pub const ALL: [Note; 3] = [Note::Question, Note::Answer, Note::Override];

    /// `question`, `answer`, `override`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Note::Question => "question",
            Note::Answer => "answer",
            Note::Override => "override",
        }
    }
}

/// Something said about a submission.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteRow {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// What kind of saying.
    pub kind: Note,
    /// Their words.
    pub text: String,
}

/// One judgement as recorded.
#[derive(Clone, PartialEq, Debug)]
pub struct DecisionRow {
    /// Its id.
    pub id: DecisionId,
    /// About which submission.
    pub submission: SubmissionId,
    /// When.
    pub at: Timestamp,
    /// On which occasion.
    pub moment: Moment,
    /// What it came to.
    pub decision: Decision,
    /// What the rules saw.
    pub facts: Facts,
}

/// One version of a submission's content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionRow {
    /// 1 for the first.
    pub number: u32,
    /// Made at.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Hash of its exact message.
    pub hash: ApprovalHash,
    /// Its subject.
    pub subject: String,
    /// Its content; attachments without their bytes.
    pub draft: Draft,
}

/// All rows about one submission, of one instant.
#[derive(Clone, PartialEq, Debug)]
pub struct StoryRows {
    /// Where it stands.
    pub row: SubmissionRow,
    /// All decisions, oldest first; the row's is among them.
    pub decisions: Vec<DecisionRow>,
    /// All versions, oldest first.
    pub versions: Vec<VersionRow>,
    /// All attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// What was said about it, oldest first.
    pub notes: Vec<NoteRow>,
}

/// What a worker's claim came to.
#[expect(
    clippy::large_enum_variant,
    reason = "taken apart at once, one per send; the row is what its readers want"
)]
pub enum Claim<C> {
    /// Nothing is due; look again then, or when something changes.
    Nothing {
        /// The next time something is due.
        wake: Option<Timestamp>,
    },
    /// Something was due and judged, and may not leave now. There may be more: claim again.
    HeldBack(SubmissionRow),
    /// This leaves now.
    Leave(Box<Departure<C>>),
}

/// A submission on its way to the wire.
pub struct Departure<C> {
    /// The attempt this is.
    pub attempt: Attempt,
    /// The submission, now sending.
    pub submission: SubmissionRow,
    /// The exact bytes.
    pub sealed: Sealed,
    /// The account it leaves through.
    pub account: Account,
    /// Not before, if asked for: part of the approval hash.
    pub send_at: Option<Timestamp>,
    /// The instant of the `Date` header: when the first attempt began.
    pub date_at: Timestamp,
    /// Recipients still open or deferred.
    pub recipients: Vec<Address>,
    /// Since when a relay is tried for it: the first attempt, or a person's word to send it again.
    pub tried_since: Timestamp,
    /// The proof that it was judged just now.
    pub clearance: C,
}

/// What `expire_due` did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expired {
    /// What lapsed.
    pub ids: Vec<SubmissionId>,
    /// When the next one lapses.
    pub next: Option<Timestamp>,
}

/// What `recover` did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recovered {
    /// Were sending and had not come to the last dot: queued again.
    pub requeued: Vec<SubmissionId>,
    /// Had come to the last dot: openly uncertain.
    pub uncertain: Vec<SubmissionId>,
}

/// How much waits where.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Wait for a person.
    pub held: u64,
    /// Wait for their slot.
    pub deferred: u64,
    /// Committed to leave.
    pub queued: u64,
    /// On the wire.
    pub sending: u64,
    /// Nobody knows whether they arrived.
    pub uncertain: u64,
    /// Failed, and no person has settled them.
    pub failed_unseen: u64,
    /// When the next hold lapses.
    pub next_expiry_at: Option<Timestamp>,
}

/// One page of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// A place in a list. Opaque: written and read back as text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor(pub(crate) i64);

/// Text that is no cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is not a cursor of this list, start again without one")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{:x}", self.0)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;
    fn from_str(text: &str) -> Result<Self, CursorError> {
        text.strip_prefix('c')
            .and_then(|digits| i64::from_str_radix(digits, 16).ok())
            .filter(|number| *number >= 0)
            .map(Cursor)
            .ok_or(CursorError)
    }
}

/// Committed changes after a number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// The oldest number still kept; asking from before it has missed something. 0 if none is.
    pub oldest_kept: u64,
    /// The newest number; 0 if there is none.
    pub newest: u64,
    /// The changes, ascending.
    pub rows: Vec<Change>,
}

/// A signed place in the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The entry it signs.
    pub seq: u64,
    /// That entry's hash.
    pub hash: Digest,
    /// When.
    pub at: Timestamp,
    /// The public key, in hexadecimal digits.
    pub key: String,
    /// The signature over it.
    pub signature: Vec<u8>,
}
