//! What a received message was judged to mean: the words record, doors and window share.
//!
//! Judged by `triage`, kept by `store`, told by `api` and `console`. Each is a closed list; a word
//! written once is read back for as long as there are records.

use serde::{Deserialize, Serialize};

/// A closed list of words: the enum, every member in order, and each member's one spelling.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $member:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$each])* $member,)+ }

        impl $name {
            /// Every member, in order.
            pub const ALL: &'static [$name] = &[$($name::$member),+];

            /// Its one spelling, as in JSON.
            pub const fn word(self) -> &'static str {
                match self { $($name::$member => $word,)+ }
            }

            /// The member a spelling names.
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

words! {
    /// What the new text of a person's reply wants.
    Intent {
        /// They want to go on.
        Interested = "interested",
        /// They want to meet or call, or name a time.
        Meeting = "meeting",
        /// They ask something.
        Question = "question",
        /// Later, perhaps.
        NotNow = "not_now",
        /// No.
        NotInterested = "not_interested",
        /// They want no more mail: an opt-out, however it is worded.
        Unsubscribe = "unsubscribe",
        /// Somebody else is responsible, or they are not who we think.
        WrongPerson = "wrong_person",
        /// They name somebody to write to.
        Referral = "referral",
        /// A reason against: price, a competitor, no need.
        Objection = "objection",
        /// Something does not work.
        Support = "support",
        /// An invoice, a payment, a refund.
        Billing = "billing",
        /// Lawyers, privacy requests, threats of action.
        Legal = "legal",
        /// A report of a leak, a break-in, abuse.
        Security = "security",
        /// Away.
        OutOfOffice = "out_of_office",
        /// Thanks, and nothing else.
        Thanks = "thanks",
        /// Not to be told, which is an answer too.
        Unclear = "unclear",
    }
}

words! {
    /// How dangerous a message is to whoever reads it for us.
    ThreatClass {
        /// Nothing found. Still fenced as untrusted.
        Low = "low",
        /// Something found: labelled, and worth risk points.
        Medium = "medium",
        /// Kept from agents until a person looked; taints the conversation.
        High = "high",
    }
}

words! {
    /// What is best done next about a received message.
    Step {
        /// Answer it.
        Reply = "reply",
        /// Find a time.
        Schedule = "schedule",
        /// Answer what was asked.
        AnswerQuestion = "answer_question",
        /// Nothing before a day.
        WaitUntil = "wait_until",
        /// Send no more of this sequence.
        Stop = "stop",
        /// Never write to this address again.
        Suppress = "suppress",
        /// Write down another address or person.
        UpdateContact = "update_contact",
        /// A person must look.
        EscalateToPerson = "escalate_to_person",
        /// A person must look at what may be an attack before any agent sees it.
        ReviewThreat = "review_threat",
        /// Nothing.
        None = "none",
    }
}

words! {
    /// How sure it is what mail of ours a message belongs to.
    LinkStrength {
        /// Nothing of ours was found.
        None = "none",
        /// The same domain only: a suggestion to a person, never applied.
        Suggestion = "suggestion",
        /// The same contact and subject: shown as a guess, acts on nothing.
        Guess = "guess",
        /// Our Message-ID, our reply token, or a report that names either.
        Certain = "certain",
    }
}

words! {
    /// What a stranger's mail looks like as a whole.
    MailClass {
        /// Ordinary mail.
        Ham = "ham",
        /// Unsolicited bulk mail.
        Spam = "spam",
        /// Mail that wants to take credentials or money by pretending.
        Phishing = "phishing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_written_as_it_is_read() {
        for one in Intent::ALL {
            assert_eq!(
                serde_json::to_string(one).unwrap(),
                format!("\"{}\"", one.word())
            );
            assert_eq!(Intent::of(one.word()), Some(*one));
        }
        for one in Step::ALL {
            assert_eq!(
                serde_json::to_string(one).unwrap(),
                format!("\"{}\"", one.word())
            );
        }
        for one in ThreatClass::ALL {
            assert_eq!(ThreatClass::of(one.word()), Some(*one));
        }
        assert!(ThreatClass::High > ThreatClass::Low);
        assert!(LinkStrength::Certain > LinkStrength::Guess);
        assert_eq!(Intent::of("Interested"), None);
    }
}
