//! What is known of the people a message goes to, their domains, and the conversation it is part of.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::address::Address;
use crate::id::SubmissionId;
use crate::suppression::Suppression;
use crate::time::Timestamp;

/// One envelope recipient.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecipientFacts {
    /// The address.
    pub address: Address,
    /// Suppressions whose pattern and scope cover it and which have not ended.
    pub suppressions: Vec<Suppression>,
    /// Why we know them, if we do (level 2 asks this).
    pub established: Option<Established>,
    /// The last send by anyone here to this contact until the instant this one is judged for,
    /// committed before this one.
    pub last_by_anyone: Option<LastSend>,
    /// The last such send by this agent.
    pub last_by_agent: Option<LastSend>,
    /// The next send by anyone here that is promised after the instant this one is judged for,
    /// committed before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_by_anyone: Option<LastSend>,
    /// The next such send by this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_by_agent: Option<LastSend>,
    /// When they last wrote to us, as far as inbound mail is read.
    pub last_inbound_at: Option<Timestamp>,
    /// The row of the agent's allow list that covers it: an address or `@domain`. Two point reads;
    /// only where the agent has a list ([`crate::facts::AgentFacts::allow_rows`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_by: Option<String>,
    /// The row of the agent's list of forbidden recipients that covers it. Two point reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forbidden_by: Option<String>,
    /// Their live consent to marketing mail, if there is a record. One point read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// A person holds this contact for this mailbox. One point read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_over: Option<TakenOver>,
    /// The last mail a person wrote to this contact by hand, as the Sent folder shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_by_person: Option<PersonSend>,
    /// The last send by another agent to this contact, as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_by_other_agent: Option<OtherSend>,
    /// The next send by another agent to this contact, as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_by_other_agent: Option<OtherSend>,
    /// Among the last [`RecipientFacts::NEAREST_MAX`] bodies committed to this contact before this
    /// one, newest first: each that is more similar than every newer one
    /// (`domain::sketch::Sketch::similarity_bp`). Whatever window a rule looks back over, the most
    /// similar within it is the last of these that falls into it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<Nearest>,
    /// Their time zone, if known: an IANA name such as `Europe/Berlin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

impl RecipientFacts {
    /// Earlier bodies to one contact that are compared.
    pub const NEAREST_MAX: usize = 16;

    /// Somebody nobody here knows and nothing is against.
    pub fn unknown(address: Address) -> Self {
        RecipientFacts {
            address,
            suppressions: Vec::new(),
            established: None,
            last_by_anyone: None,
            last_by_agent: None,
            next_by_anyone: None,
            next_by_agent: None,
            last_inbound_at: None,
            allowed_by: None,
            forbidden_by: None,
            consent: None,
            taken_over: None,
            last_by_person: None,
            last_by_other_agent: None,
            next_by_other_agent: None,
            nearest: Vec::new(),
            zone: None,
        }
    }
}

/// That somebody agreed to be written to in bulk; withdrawn ones are not given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Consent {
    /// Row number.
    pub id: i64,
    /// Where it was given, in words.
    pub source: String,
    /// When.
    pub at: Timestamp,
}

/// That a person took a contact or conversation out of agents' hands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TakenOver {
    /// Who did: the operator, or Sendoff itself when somebody answered by hand.
    pub by: Actor,
    /// Since when.
    pub at: Timestamp,
}

/// A mail a person wrote by hand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PersonSend {
    /// When.
    pub at: Timestamp,
}

/// A send by another agent, committed to leave or left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OtherSend {
    /// Which one.
    pub submission: SubmissionId,
    /// The agent's name.
    pub agent: String,
    /// When it left, or is due to.
    pub at: Timestamp,
}

/// An earlier message much like this one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Nearest {
    /// Which one.
    pub submission: SubmissionId,
    /// Dice similarity of the bodies' character trigrams, in basis points: 10,000 is the same.
    pub similarity_bp: u16,
    /// When it left, or is due to.
    pub at: Timestamp,
}

/// What is known of one recipient domain.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DomainFacts {
    /// The domain, in the form of [`Address::domain`].
    pub domain: String,
    /// True if anybody at that domain was written to before (committed before this one).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mailed: bool,
    /// True if a contact there is established.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// A domain with an established contact that this one could be taken for
    /// (`domain::lookalike`); looked for only where `known` is false. A point read per key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resembles: Option<String>,
    /// `(sub-bucket of an hour, recipients)` taken and promised, ascending, empty ones left out,
    /// own excluded; from one hour before `now` to the last promise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hour: Vec<(i64, u32)>,
}

/// What is known of a host a link leads to. A host without a row is an ordinary one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HostFacts {
    /// The host, as the scan names it.
    pub host: String,
    /// True if no message committed before this one had a link there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_new: bool,
    /// When it first appeared here, if that was in the mail of somebody not established.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stranger_at: Option<Timestamp>,
    /// A domain with an established contact that it looks like and is not
    /// (`domain::lookalike::looks_like`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resembles: Option<String>,
}

/// The conversation a message is part of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConversationFacts {
    /// Its id, as agents and people see it.
    pub id: String,
    /// A person holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_over: Option<TakenOver>,
    /// Why its content is not to be trusted: the worst inbound in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taint: Option<Taint>,
    /// Injection score, in basis points, of the inbound this message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_score_bp: Option<u16>,
    /// The newest inbound in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<InboundMark>,
    /// The newest inbound in it that this agent fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched: Option<InboundMark>,
    /// The last mail a person wrote into it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_by_person: Option<PersonSend>,
    /// The last send by another agent into it until the instant this one is judged for, committed
    /// before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_by_other_agent: Option<OtherSend>,
    /// The next send by another agent into it that is promised after that instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_by_other_agent: Option<OtherSend>,
}

/// Why an inbound taints its conversation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Taint {
    /// The inbound.
    pub inbound: String,
    /// True if it is in quarantine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
    /// Its injection score in basis points.
    pub score_bp: u16,
}

/// One inbound message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InboundMark {
    /// Its id, as agents see it.
    pub id: String,
    /// When it arrived.
    pub at: Timestamp,
}

/// Why a contact counts as established.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Established {
    /// We delivered to them and it has not bounced.
    Delivered {
        /// When the relay took it.
        at: Timestamp,
    },
    /// They wrote to us, with aligned authentication.
    Wrote {
        /// When.
        at: Timestamp,
    },
}

/// A send committed to leave, or left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LastSend {
    /// Which one.
    pub submission: SubmissionId,
    /// When it left, or is due to.
    pub at: Timestamp,
}
