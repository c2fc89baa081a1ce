//! What callers hand in about received mail.

use domain::received::Received;
use domain::{
    AccountId, Address, AgentId, ConversationId, InboundId, Intent, MailboxId, Timestamp,
};

use crate::finding::Search;

/// Where a message stands on its server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// The folder.
    pub folder: String,
    /// The folder's UIDVALIDITY.
    pub uid_validity: u32,
    /// The message's UID.
    pub uid: u32,
    /// The UID that was handed in before it: the cursor moves only from there, so that a message
    /// that could not be written is fetched again.
    pub after: u32,
}

/// A message as it arrived, read.
#[derive(Clone, Debug)]
pub struct Ingest {
    /// The id it gets if it is new.
    pub id: InboundId,
    /// The id its conversation gets if it begins one.
    pub conversation: ConversationId,
    /// Where it stands.
    pub place: Place,
    /// Its exact bytes.
    pub bytes: Vec<u8>,
    /// What was read in it.
    pub read: Received,
    /// When its server took it in; at most `now`. What it says of people is dated by it: a folder
    /// read for the first time holds the news of months.
    pub received_at: Timestamp,
    /// The clock.
    pub now: Timestamp,
}

/// A message seen in a Sent folder.
#[derive(Clone, Debug)]
pub struct SentSeen {
    /// Where it stands.
    pub place: Place,
    /// Its exact bytes, or its headers where it is too large.
    pub bytes: Vec<u8>,
    /// Its Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// The Message-ID it left with, if it says so ([`domain::OWN_ID_FIELD`]), without angle brackets.
    pub own_id: Option<String>,
    /// What it answers, without angle brackets, nearest first.
    pub references: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Who it says it is from.
    pub from: Option<Address>,
    /// Whom it went to.
    pub to: Vec<Address>,
    /// When it says it was written.
    pub written_at: Option<Timestamp>,
    /// True if a copy there proves that the provider took the mail.
    pub proves: bool,
    /// True if people write with this account: what no submission explains is theirs.
    pub people_write: bool,
    /// The clock.
    pub now: Timestamp,
}

/// Which conversations a list shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ConversationTab {
    /// All with a received message.
    #[default]
    All,
    /// With messages nobody has looked at.
    Unread,
    /// With messages kept from agents.
    Quarantine,
    /// With something for a person: quarantined, a request to be left out to confirm, or a message
    /// that is with a person otherwise than because they took it over.
    Decide,
    /// A person has them in hand.
    TakenOver,
}

/// Which conversations a list shows; absent fields do not filter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConversationFilter {
    /// Of which list.
    pub tab: ConversationTab,
    /// Whose newest message wants this.
    pub intent: Option<Intent>,
    /// In this mailbox.
    pub mailbox: Option<MailboxId>,
    /// That this agent may see: its own, and those of mailboxes granted to it that are nobody's,
    /// with a message that is open to it or one it sent, and that no person has in hand.
    pub agent: Option<AgentId>,
    /// With this contact, folded.
    pub contact: Option<String>,
    /// With a message that has all its words, and one that has all the rest of it.
    pub search: Search,
}

/// An agent asks for something to work on.
#[derive(Clone, Debug)]
pub struct ClaimReply {
    /// Which agent.
    pub agent: AgentId,
    /// The clock.
    pub now: Timestamp,
    /// Until when nobody else gets it.
    pub until: Timestamp,
}

/// A message that its server lists and does not give, or gives so that it cannot be taken in.
#[derive(Clone, Debug)]
pub struct Withheld {
    /// Where it stands.
    pub place: Place,
    /// Its size as the server tells it.
    pub octets: u32,
    /// What happened instead, in one sentence.
    pub why: String,
    /// So many tries, and its folder goes on without it.
    pub tries_max: u32,
    /// The clock.
    pub now: Timestamp,
}
