//! A received message as it is recorded: what it is, whom it answers, what was read in it, and
//! what follows.
//!
//! [`Received`] is made by reading the message alone; [`Standing`] is what the record knows about
//! it; [`Plan`] is what a pure function makes of both. All of it is a stranger's text and is kept
//! within the limits below.

use serde::{Deserialize, Serialize};

use crate::address::{Address, NamedAddress};
use crate::digest::Digest;
use crate::id::{AgentId, ConversationId, SubmissionId};
use crate::meaning::{Intent, Step};
use crate::time::Timestamp;

/// Message-IDs of In-Reply-To and References that are looked at, nearest first.
pub const REFERENCES_MAX: usize = 50;
/// Octets of one text (new, quoted, …) that are recorded; the whole is in the raw bytes.
pub const TEXT_KEPT_MAX: usize = 64 << 10;
/// Pieces of evidence recorded.
pub const EVIDENCE_MAX: usize = 40;
/// Recipients of one report that are acted on.
pub const REPORTS_MAX: usize = 200;
/// Files of one message that are listed.
pub const FILES_MAX: usize = 100;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name {$(
            $(#[$vdoc])*
            #[serde(rename = $text)]
            $variant,
        )*}

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// As written in JSON and in the database.
            pub const fn as_str(self) -> &'static str {
                match self {$($name::$variant => $text,)*}
            }
        }
    };
}

words! {
    /// What a received message is, told from its structure.
    ReceivedKind {
        /// Somebody wrote it.
        Person = "person",
        /// A delivery failed for good.
        Bounce = "bounce",
        /// A delivery is late.
        Delay = "delay",
        /// A delivery was made.
        Delivered = "delivered",
        /// Somebody called our mail spam.
        Complaint = "complaint",
        /// A provider passes on the wish to be left out.
        OptOut = "opt_out",
        /// A report about authentication.
        AuthReport = "auth_report",
        /// A disposition notice.
        Receipt = "receipt",
        /// Away for a while.
        OutOfOffice = "out_of_office",
        /// "I no longer work here."
        AddressGone = "address_gone",
        /// Another automatic reply.
        AutoReply = "auto_reply",
        /// The sender wants a proof that we are human.
        Challenge = "challenge",
        /// An answer to an invitation.
        Calendar = "calendar",
        /// Sent by a program about something else.
        Notification = "notification",
        /// Mail of a list.
        List = "list",
        /// Too large to be fetched; only its headers were.
        TooLarge = "too_large",
    }
}

words! {
    /// How an inbound message was tied to what we sent, strongest first.
    LinkKind {
        /// Our Message-ID stands in In-Reply-To or References.
        MessageId = "message_id",
        /// Our reply token stands in the address it was sent to.
        Token = "token",
        /// Our Message-ID stands in the original inside a report.
        Report = "report",
        /// Same contact and same subject within 30 days: a guess.
        Guess = "guess",
        /// Somebody of a domain we wrote to: a suggestion, never applied.
        Domain = "domain",
    }
}

words! {
    /// Where a message stands between its arrival and the agents.
    Shelf {
        /// Nothing is against it.
        Clear = "clear",
        /// Kept from agents until a person has looked.
        Quarantined = "quarantined",
        /// A person let it go to agents.
        Released = "released",
        /// A person keeps it from agents for good.
        Kept = "kept",
    }
}

words! {
    /// Whether the address in `From` is to be believed.
    SenderCheck {
        /// Authenticated, and aligned with the address shown (DMARC's sense).
        Aligned = "aligned",
        /// Authenticated by somebody else's domain, or not to the end.
        Unaligned = "unaligned",
        /// Authentication was tried and failed.
        Failed = "failed",
        /// Nobody we trust looked.
        Unknown = "unknown",
    }
}

impl LinkKind {
    /// How sure it is, in basis points.
    pub const fn strength(self) -> u16 {
        match self {
            LinkKind::MessageId | LinkKind::Token | LinkKind::Report => 10_000,
            LinkKind::Guess => 6_000,
            LinkKind::Domain => 2_000,
        }
    }

    /// True if things may be done because of it: suppress, unblock, route to an agent.
    pub const fn is_proof(self) -> bool {
        match self {
            LinkKind::MessageId | LinkKind::Token | LinkKind::Report => true,
            LinkKind::Guess | LinkKind::Domain => false,
        }
    }
}

/// One reason for something that was read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReadEvidence {
    /// About what: `kind`, `intent`, `threat`, `spam`.
    pub about: String,
    /// Where it stands: a header name, `new`, `quoted`, `hidden`, a file's name.
    pub place: String,
    /// What stands there, cut.
    pub said: String,
}

/// What a report says of one recipient of ours.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The address as the last system knew it.
    pub address: String,
    /// The address as it was sent to, where the report says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_address: Option<String>,
    /// What became of it.
    pub outcome: ReportOutcome,
    /// Enhanced status code (RFC 3463).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What the refusing system said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<String>,
}

words! {
    /// What a report says became of a recipient.
    ReportOutcome {
        /// It failed for good and the address is dead.
        Dead = "dead",
        /// It failed, and the address may be fine: full, out of reach, not said.
        Failed = "failed",
        /// It failed for our sake: their side refuses our sender, or what the message holds.
        Refused = "refused",
        /// Late.
        Delayed = "delayed",
        /// It arrived.
        Delivered = "delivered",
        /// The recipient complained.
        Complained = "complained",
        /// The recipient wants to be left out.
        OptedOut = "opted_out",
    }
}

/// A file in a received message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceivedFile {
    /// Its place among the files.
    pub index: u32,
    /// Its name as claimed.
    pub filename: Option<String>,
    /// Its media type as claimed.
    pub content_type: String,
    /// What its first bytes are, if they tell.
    pub sniffed: Option<String>,
    /// Octets, decoded.
    pub octets: u64,
    /// True if it could run: kept from agents.
    pub quarantined: bool,
    /// Of its bytes, decoded. Records from before it was taken have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// A received message, read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Received {
    /// Its Message-ID, without angle brackets.
    pub message_id: Option<String>,
    /// What it answers, nearest first: In-Reply-To, then References from its end.
    pub references: Vec<String>,
    /// The Message-ID of our mail that a report speaks of.
    pub reported_id: Option<String>,
    /// Who it says it is from.
    pub from: Option<NamedAddress>,
    /// Whom it was sent to, as far as its headers tell.
    pub to: Vec<Address>,
    /// Its subject.
    pub subject: String,
    /// When it says it was written.
    pub date: Option<Timestamp>,
    /// What it is.
    pub kind: ReceivedKind,
    /// What it says about our deliveries.
    pub reports: Vec<Report>,
    /// When its sender is back, if it says so.
    pub returns_at: Option<Timestamp>,
    /// What the sender newly wrote.
    pub new_text: String,
    /// What it quotes.
    pub quoted_text: String,
    /// What it forwards.
    pub forwarded_text: String,
    /// Signature and disclaimer.
    pub signature: String,
    /// What they want.
    pub intent: Intent,
    /// How sure that is, in basis points.
    pub confidence: u16,
    /// Whether the sender is to be believed.
    pub sender: SenderCheck,
    /// How much it looks like instructions to the reader's assistant, in basis points.
    pub injection: u16,
    /// How much it looks like spam or phishing, in basis points.
    pub spam: u16,
    /// True if agents must not see it before a person has.
    pub quarantine: bool,
    /// What to do next, as far as the message alone tells.
    pub next: Next,
    /// Hosts its links lead to, in order; at most [`crate::Found::HOSTS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Its files.
    pub files: Vec<ReceivedFile>,
    /// Why it was read so.
    pub evidence: Vec<ReadEvidence>,
    /// What was odd about its bytes.
    pub defects: Vec<String>,
    /// Octets of the whole message.
    pub octets: u64,
}

/// What to do next with a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Next {
    /// What.
    pub action: Step,
    /// Why, in one sentence.
    pub reason: String,
    /// Within how many minutes, if it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla_minutes: Option<u32>,
    /// Not before, for [`Step::WaitUntil`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A tie between a received message and what we sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Link {
    /// How it was found.
    pub kind: LinkKind,
    /// The submission it answers or reports, if one of ours is meant.
    pub submission: Option<SubmissionId>,
    /// The conversation it belongs to, if there is one yet.
    pub conversation: Option<ConversationId>,
    /// Whose submission that was.
    pub agent: Option<AgentId>,
}

/// What the record knows that bears on a received message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The instant of the ingest.
    pub now: Timestamp,
    /// The strongest tie.
    pub link: Option<Link>,
    /// True if the sender is a recipient of the submission it is tied to.
    pub sender_is_recipient: bool,
    /// For each report, the recipient of the linked envelope it names; none if it names none.
    pub reported: Vec<Option<Address>>,
    /// Soft bounces of the reported recipients within the window, this one not counted.
    pub soft_bounces: Vec<u32>,
    /// True if a person has taken the conversation over.
    pub taken_over: bool,
    /// True if the conversation was tainted by an earlier message.
    pub tainted: bool,
}

/// What a bounce says of the address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BounceMeans {
    /// No mail can arrive there: suppressed.
    Dead,
    /// Counted; the address may be fine.
    Soft,
    /// Counted, and the last of too many in the window: suppressed.
    WornOut,
    /// Nothing: our sender or our message was refused. Not counted.
    Refused,
}

/// Something that follows from a received message by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Mail to a recipient of the linked submission came back.
    Bounced {
        /// Who.
        address: Address,
        /// What that says of the address.
        means: BounceMeans,
        /// What the report said, in one sentence.
        said: String,
    },
    /// A recipient of the linked submission has it.
    Arrived {
        /// Who.
        address: Address,
    },
    /// A recipient of the linked submission complained: suppressed.
    Complained {
        /// Who.
        address: Address,
    },
    /// They asked to be left out: suppressed, and what waits for them is cancelled.
    OptedOut {
        /// Who.
        address: Address,
        /// Why it is believed, in one sentence.
        said: String,
    },
    /// They may have asked to be left out: a person confirms.
    OptOutToConfirm {
        /// Who.
        address: Address,
    },
    /// Away: what waits for them alone leaves after.
    Away {
        /// Who.
        address: Address,
        /// Back at.
        until: Timestamp,
    },
    /// They wrote to us; `proven` makes them an established contact.
    Wrote {
        /// Who.
        address: Address,
        /// Authenticated, or answering our mail by its Message-ID.
        proven: bool,
    },
    /// They said no, or something as bad: a negative signal against the agent that wrote.
    Negative {
        /// Which: `not_interested`, `complaint`, `unsubscribe`, `bounce`.
        what: &'static str,
    },
}

/// Where a message goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route {
    /// The agent it answers, or any granted to the mailbox if it answers none.
    Agents,
    /// A person.
    Person,
    /// Nobody works on it.
    Nobody,
}

/// What follows from a received message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// How it is read now that the record says what it answers; none where it stays as it was read.
    pub read: Option<Box<Received>>,
    /// What happens by itself.
    pub effects: Vec<Effect>,
    /// Where it stands.
    pub shelf: Shelf,
    /// True if the conversation is tainted from now on.
    pub taint: bool,
    /// Who works on it.
    pub route: Route,
    /// What to do next.
    pub next: Next,
    /// What Sendoff has done by itself, one sentence each.
    pub done: Vec<String>,
}

/// A subject without the marks of answering and forwarding, in lower case, blanks made one.
pub fn subject_key(subject: &str) -> String {
    let mut rest = subject.trim();
    // `Re:`, `AW:`, `Fwd:`, `Re[2]:`, `[list]` and their like, however many.
    while let Some((mark, after)) = rest.split_once(':') {
        let word = mark.split('[').next().unwrap_or(mark).trim();
        let is_mark = !word.is_empty()
            && word.chars().count() <= 6
            && MARKS
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known) || word == *known);
        if !is_mark {
            break;
        }
        rest = after.trim_start();
    }
    rest.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// Marks of answers and forwards, in the languages mail programs write.
const MARKS: [&str; 40] = [
    "re",
    "fw",
    "fwd",
    "aw",
    "wg",
    "antw",
    "antwort",
    "sv",
    "vs",
    "vb",
    "vl",
    "rv",
    "res",
    "enc",
    "tr",
    "rif",
    "r",
    "i",
    "ri",
    "odp",
    "pd",
    "ynt",
    "ilt",
    "bls",
    "trs",
    "doorst",
    "ref",
    "απ",
    "πρθ",
    "отв",
    "ответ",
    "пер",
    "回复",
    "回覆",
    "答复",
    "转发",
    "轉寄",
    "返信",
    "転送",
    "회신",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_in_any_language_keep_the_subject_they_answer() {
        for text in [
            "Offer for spring",
            "Re: Offer for  spring",
            "AW: Re: offer for spring",
            "Re[2]: Offer for spring",
            "回复: Offer for spring",
        ] {
            assert_eq!(subject_key(text), "offer for spring", "{text}");
        }
        assert_eq!(subject_key("Budget: spring"), "budget: spring");
        assert_eq!(subject_key(""), "");
    }

    #[test]
    fn a_guess_is_never_a_proof() {
        assert!(LinkKind::MessageId.is_proof());
        assert!(!LinkKind::Guess.is_proof());
        assert!(!LinkKind::Domain.is_proof());
    }
}
