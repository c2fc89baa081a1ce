//! What a message turned out to be: one [`Reading`], with its reasons.

use serde::Serialize;

/// Characters of one piece of evidence, diagnostic or date that are kept.
pub const QUOTE_CHARS_MAX: usize = 300;
/// Recipients of one reading.
pub const RECIPIENTS_MAX: usize = 200;
/// Pieces of evidence of one reading.
pub const EVIDENCE_MAX: usize = 40;

/// What a message is and what it says about deliveries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Reading {
    /// What it is.
    pub kind: Kind,
    /// Whom it speaks of: failed, delayed, delivered or complaining recipients of our mail.
    pub recipients: Vec<Recipient>,
    /// Message-ID of the mail it speaks of, without angle brackets.
    pub original_message_id: Option<String>,
    /// Why it was read so, strongest first.
    pub evidence: Vec<Evidence>,
}

/// What a message is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Kind {
    /// A delivery failed for good.
    Bounce,
    /// A delivery is late and still being tried.
    Delay,
    /// A delivery was made, relayed or expanded.
    Delivered,
    /// Somebody called our mail spam (RFC 5965, JMRP and others).
    Complaint,
    /// A provider passes on the wish to be left out (`Feedback-Type: opt-out`).
    Unsubscribe,
    /// A report about authentication (DMARC, RFC 6591): nobody complained.
    AuthReport,
    /// A disposition notice (RFC 8098): displayed, deleted.
    Receipt,
    /// An automatic reply (RFC 3834).
    AutoReply {
        /// Which sort.
        auto: AutoReply,
        /// The day of return as the mail writes it.
        returns: Option<String>,
    },
    /// The sender wants a proof that we are human before the mail is delivered.
    Challenge,
    /// An answer to an invitation (RFC 5546).
    Calendar,
    /// Sent by a program about something else.
    Notification,
    /// Mail of a list or a newsletter.
    List,
    /// None of the above: somebody wrote it, as far as its structure tells.
    Person,
}

/// The sorts of automatic reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoReply {
    /// Away for a while.
    OutOfOffice,
    /// "We have received your message."
    Acknowledgement,
    /// "I no longer work here", "this address is no longer read".
    AddressGone,
    /// Any other.
    Other,
}

/// What happened to a delivery, in the words of RFC 3464.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Given up.
    Failed,
    /// Late.
    Delayed,
    /// In the mailbox.
    Delivered,
    /// Handed to a system that sends no reports.
    Relayed,
    /// Handed to a list.
    Expanded,
}

/// One recipient of the mail that is spoken of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Recipient {
    /// The address as the last system knew it, lower case.
    pub address: String,
    /// The address as it was sent to, where the report says so; lower case.
    pub original_address: Option<String>,
    /// What happened.
    pub action: Action,
    /// Enhanced status code (RFC 3463), such as `5.1.1`.
    pub status: Option<String>,
    /// What the refusing system said.
    pub diagnostic: Option<String>,
    /// Why.
    pub cause: Cause,
}

impl Recipient {
    /// What is known of the address now.
    pub fn state(&self) -> AddressState {
        match self.action {
            Action::Delivered | Action::Relayed | Action::Expanded => AddressState::Fine,
            Action::Delayed => AddressState::Temporary,
            Action::Failed => self.cause.state(),
        }
    }

    /// True if nothing sent to this address can arrive: the only reading that suppresses.
    pub fn is_dead(&self) -> bool {
        self.state() == AddressState::Dead
    }

    /// True if it failed for our sake: our sender or our message was refused, whoever it was for.
    pub fn is_refused(&self) -> bool {
        self.action == Action::Failed && matches!(self.cause.fault(), Fault::Us | Fault::Content)
    }
}

/// What is known of an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressState {
    /// It took the mail.
    Fine,
    /// There is no such address, or it takes no mail at all.
    Dead,
    /// It is there and full.
    Full,
    /// It is there, and somebody's policy refused this mail.
    Policy,
    /// It could not be reached this time.
    Temporary,
    /// Not to be told.
    Unknown,
}

/// Whose doing a failure is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The address's.
    Address,
    /// Ours: authentication, reputation, rate, policy against the sender.
    Us,
    /// What we wrote.
    Content,
    /// The systems between.
    Infrastructure,
    /// Not to be told.
    Unknown,
}

/// Why a delivery failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// No such mailbox.
    UserUnknown,
    /// No such domain, or none that takes mail.
    HostUnknown,
    /// The person has another address now.
    Moved,
    /// The domain says it takes no mail (null MX, RFC 7505).
    NoMail,
    /// The mailbox exists and is closed.
    Suspended,
    /// A recipient's own filter, or a refusal that does not say whether the mailbox exists.
    Filtered,
    /// The mailbox is full.
    MailboxFull,
    /// SPF, DKIM or DMARC did not hold.
    AuthFailure,
    /// The sender's address or host has a bad name, or is on a list.
    Blocked,
    /// The sending host has no reverse name.
    ReverseDns,
    /// Too much, too fast.
    RateLimited,
    /// The system does not relay for us.
    NoRelaying,
    /// TLS was required and not to be had, or a login.
    Security,
    /// The recipient's side does not take this mail, for a rule of its own.
    Policy,
    /// The sender address was refused.
    SenderRejected,
    /// Looks like spam.
    Spam,
    /// Has a virus.
    Virus,
    /// Its format or attachments were refused.
    Content,
    /// Too big.
    TooBig,
    /// Tried until the time was up.
    Expired,
    /// The network or the name service failed.
    Network,
    /// A mail system failed.
    System,
    /// A program that was to take the mail failed.
    Mailer,
    /// The protocol was not understood.
    Protocol,
    /// Not said.
    Undefined,
}

/// Causes by what there is to be done about them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Never write there again.
    Dead,
    /// The address may come back.
    Doubtful,
    /// Mend the sender.
    Sender,
    /// Mend the message.
    Content,
    /// Wait.
    Transport,
    /// Ask a person.
    Unclear,
}

impl Cause {
    /// What there is to be done about it.
    pub fn group(self) -> Group {
        match self {
            Self::UserUnknown | Self::HostUnknown | Self::Moved | Self::NoMail => Group::Dead,
            Self::Suspended | Self::Filtered | Self::MailboxFull => Group::Doubtful,
            Self::AuthFailure
            | Self::Blocked
            | Self::ReverseDns
            | Self::RateLimited
            | Self::NoRelaying
            | Self::Security
            | Self::Policy
            | Self::SenderRejected => Group::Sender,
            Self::Spam | Self::Virus | Self::Content | Self::TooBig => Group::Content,
            Self::Expired | Self::Network | Self::System | Self::Mailer => Group::Transport,
            Self::Protocol | Self::Undefined => Group::Unclear,
        }
    }

    /// What a failure for this cause says about the address.
    pub fn state(self) -> AddressState {
        match self {
            Self::UserUnknown | Self::HostUnknown | Self::Moved | Self::NoMail => {
                AddressState::Dead
            }
            Self::MailboxFull => AddressState::Full,
            Self::Filtered
            | Self::AuthFailure
            | Self::Blocked
            | Self::ReverseDns
            | Self::RateLimited
            | Self::NoRelaying
            | Self::Security
            | Self::Policy
            | Self::SenderRejected
            | Self::Spam
            | Self::Virus
            | Self::Content
            | Self::TooBig => AddressState::Policy,
            Self::Expired | Self::Network | Self::System | Self::Mailer => AddressState::Temporary,
            Self::Suspended | Self::Protocol | Self::Undefined => AddressState::Unknown,
        }
    }

    /// Whose doing it is.
    pub fn fault(self) -> Fault {
        match self.group() {
            Group::Dead | Group::Doubtful => Fault::Address,
            Group::Sender => Fault::Us,
            Group::Content => Fault::Content,
            Group::Transport => Fault::Infrastructure,
            Group::Unclear => Fault::Unknown,
        }
    }
}

/// One reason for a reading.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Evidence {
    /// Where it stands: a header name, a content type, `text`.
    pub place: String,
    /// What stands there, at most [`QUOTE_CHARS_MAX`] characters.
    pub said: String,
}

impl Evidence {
    /// A reason and its place.
    pub fn new(place: impl Into<String>, said: &str) -> Self {
        Self {
            place: place.into(),
            said: quote(said),
        }
    }
}

/// At most [`QUOTE_CHARS_MAX`] characters on one line.
pub fn quote(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_whitespace() {
        if out.len() >= QUOTE_CHARS_MAX {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().take(QUOTE_CHARS_MAX));
    }
    out.chars().take(QUOTE_CHARS_MAX).collect()
}
