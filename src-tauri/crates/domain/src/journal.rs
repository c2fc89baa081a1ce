//! The chained record: what every entry hashes over.
//!
//! `hash = SHA-256(JCS([prev_hex, seq, at_us, actor, kind, subject, body]))` (RFC 8785). Bodies
//! hold ids, verdicts, rule codes and integers; never content, never floats.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical::canonical_digest;
use crate::digest::Digest;
use crate::time::Timestamp;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What an entry records.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        pub enum JournalKind {$(
            $(#[$doc])*
            #[serde(rename = $text)]
            $name,
        )*}

        impl JournalKind {
            /// All kinds.
            pub const ALL: &'static [JournalKind] = &[$(JournalKind::$name,)*];
            /// As written in the record.
            pub const fn as_str(self) -> &'static str {
                match self {$(JournalKind::$name => $text,)*}
            }
        }
    };
}

kinds! {
    /// The record begins.
    Began = "began",
    /// An ask was judged for the first time.
    Submitted = "submission.submitted",
    /// A held ask was changed and judged again.
    Revised = "submission.revised",
    /// A person approved.
    Approved = "submission.approved",
    /// A person took an approval back in time.
    Undone = "submission.undone",
    /// Its agent took it back from its time, to give it another.
    Rescheduled = "submission.rescheduled",
    /// A person refused.
    Rejected = "submission.rejected",
    /// A person put it off.
    Snoozed = "submission.snoozed",
    /// A person asked its agent something about it.
    Asked = "submission.asked",
    /// Its agent answered.
    Answered = "submission.answered",
    /// A person released it from a block, in writing.
    Override = "submission.override",
    /// Nobody decided in time, or no slot came.
    Expired = "submission.expired",
    /// Taken back.
    Cancelled = "submission.cancelled",
    /// Judged at the wire and not let go.
    HeldBack = "submission.held_back",
    /// An attempt began.
    Attempted = "delivery.attempted",
    /// The last dot is about to be sent.
    FinalDot = "delivery.final_dot_pending",
    /// An attempt ended.
    Outcome = "delivery.outcome",
    /// A message arrived; its digest and what was read, not its text.
    Arrived = "inbound.arrived",
    /// A person let a message go to agents.
    Released = "inbound.released",
    /// A person keeps a message from agents.
    Kept = "inbound.kept",
    /// A person read a message otherwise than it was read.
    Corrected = "inbound.corrected",
    /// A person said whether a message asks to be left out.
    OptOutAnswered = "inbound.opt_out_answered",
    /// A sent message was returned.
    Bounced = "delivery.bounced",
    /// Mail left a mailbox that no submission explains.
    SentAround = "sent.around",
    /// A person has seen an alarm.
    AlarmSeen = "alarm.seen",
    /// A copy of what left stands in the Sent folder, filed by Sendoff.
    CopyFiled = "sent.filed",
    /// No copy could be filed; it left all the same.
    CopyGivenUp = "sent.not_filed",
    /// A folder goes on without a message that its server lists and does not give.
    PutAside = "inbound.put_aside",
    /// Such a message came after all, or is gone.
    AsideOver = "inbound.aside_over",
    /// An agent took a reply to work on.
    ReplyClaimed = "reply.claimed",
    /// A reply is done with.
    ReplyDone = "reply.done",
    /// A reply was given back.
    ReplyReturned = "reply.returned",
    /// An uncertain delivery was settled.
    Settled = "delivery.settled",
    /// A pause began.
    Paused = "pause.on",
    /// A pause ended.
    Resumed = "pause.off",
    /// A suppression was added.
    SuppressionAdded = "suppression.added",
    /// A suppression was lifted.
    SuppressionLifted = "suppression.lifted",
    /// Somebody agreed to receive marketing.
    ConsentRecorded = "consent.recorded",
    /// They no longer do.
    ConsentEnded = "consent.ended",
    /// In which time zone a contact's day runs was set, or taken back.
    ContactZone = "contact.zone",
    /// A person took a conversation or contact in hand.
    TakenOver = "takeover.on",
    /// A person handed it back.
    HandedBack = "takeover.off",
    /// A policy was published.
    PolicyPublished = "policy.published",
    /// An agent was made.
    AgentAdded = "agent.added",
    /// An agent's level changed.
    AgentLevel = "agent.level",
    /// Whom an agent may write to changed, or how much it may risk.
    AgentRecipients = "agent.recipients",
    /// An agent put back what it must never send; it was stopped.
    CanaryHit = "agent.canary",
    /// An agent's mailbox grants changed.
    AgentGranted = "agent.granted",
    /// An agent's token ended.
    AgentRevoked = "agent.revoked",
    /// An agent got a new token in place of its old one.
    AgentToken = "agent.token",
    /// An account was made.
    AccountAdded = "account.added",
    /// An account's settings changed.
    AccountChanged = "account.changed",
    /// A mailbox was made.
    MailboxAdded = "mailbox.added",
    /// A setting changed.
    SettingChanged = "setting.changed",
    /// A signing key came into use; its public part is in the body.
    KeyAdded = "key.added",
    /// A copy of the record was taken.
    Copied = "record.copied",
    /// A person erased a contact, or this names messages that went with one.
    Erased = "contact.erased",
    /// Content that had grown old was taken out.
    Retained = "content.aged_out",
    /// The process started and settled what was left open.
    Recovered = "recovered",
}

/// One entry of the journal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JournalEntry {
    /// 1 for the first, no gaps.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who, as [`crate::Actor`] displays.
    pub actor: String,
    /// What, as [`JournalKind::as_str`].
    pub kind: String,
    /// About what: an id, or `workspace`.
    pub subject: String,
    /// Details.
    pub body: Value,
    /// Hash of the entry before; all zeros for the first.
    pub prev: Digest,
    /// Hash of this entry.
    pub hash: Digest,
}

impl JournalEntry {
    /// What `prev` of the first entry is.
    pub const GENESIS: Digest = Digest([0; 32]);

    /// The hash these fields have.
    pub fn computed_hash(
        prev: &Digest,
        seq: u64,
        at: Timestamp,
        actor: &str,
        kind: &str,
        subject: &str,
        body: &Value,
    ) -> Digest {
        canonical_digest(&(prev, seq, at.micros(), actor, kind, subject, body))
    }

    /// True if the entry's hash is the one its fields have.
    pub fn holds(&self) -> bool {
        let Self {
            seq,
            at,
            actor,
            kind,
            subject,
            body,
            prev,
            hash,
        } = self;
        Self::computed_hash(prev, *seq, *at, actor, kind, subject, body) == *hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_was_touched_no_longer_holds() {
        let body = serde_json::json!({"verdict": "hold", "rules": ["autonomy"]});
        let at = Timestamp::from_seconds(5);
        let hash = JournalEntry::computed_hash(
            &JournalEntry::GENESIS,
            1,
            at,
            "operator",
            "submission.approved",
            "sub_1",
            &body,
        );
        let entry = JournalEntry {
            seq: 1,
            at,
            actor: "operator".into(),
            kind: "submission.approved".into(),
            subject: "sub_1".into(),
            body,
            prev: JournalEntry::GENESIS,
            hash,
        };
        assert!(entry.holds());
        assert!(
            !JournalEntry {
                seq: 2,
                ..entry.clone()
            }
            .holds()
        );
        assert!(
            !JournalEntry {
                body: serde_json::json!({"verdict": "allow"}),
                ..entry
            }
            .holds()
        );
    }
}
