//! Ids: UUIDv7 behind a prefix that says what they name (`sub_0198…`). Given, never drawn here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::time::Timestamp;

/// Where new ids and random bytes come from. One implementation per building, one for tests.
pub trait IdSource: Send + Sync {
    /// A UUIDv7 for `now`; successive calls sort in the order they were made.
    fn uuid(&self, now: Timestamp) -> Uuid;
    /// 32 unpredictable bytes, for tokens and salts.
    fn secret(&self) -> [u8; 32];
}

/// Text that is not an id of the kind asked for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{text}` is not an id of the form `{prefix}…`")]
pub struct IdError {
    /// What was read, cut to 64 characters.
    pub text: String,
    /// The prefix that was expected.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What stands before the hexadecimal digits.
            pub const PREFIX: &'static str = $prefix;

            /// Names nothing: no source draws it.
            pub const NIL: Self = Self(Uuid::nil());

            /// A new id, made at `now`.
            pub fn new(source: &dyn IdSource, now: Timestamp) -> Self {
                Self(source.uuid(now))
            }
            /// From its 16 bytes.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
            /// Its 16 bytes.
            pub const fn uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0.as_simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix($prefix)
                    .filter(|digits| digits.len() == 32)
                    .and_then(|digits| Uuid::try_parse(digits).ok())
                    .map(Self)
                    .ok_or_else(|| IdError {
                        text: text.chars().take(64).collect(),
                        prefix: $prefix,
                    })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// An agent's ask to send (RFC 6409, JMAP EmailSubmission).
    SubmissionId = "sub_";
    /// One judgement and its findings.
    DecisionId = "dec_";
    /// One agent.
    AgentId = "agt_";
    /// An address agents may send as.
    MailboxId = "mbx_";
    /// SMTP and IMAP settings with credentials.
    AccountId = "acc_";
    /// One try at delivering one submission.
    AttemptId = "att_";
    /// One received message.
    InboundId = "inb_";
    /// Messages to and from somebody about one thing.
    ConversationId = "cnv_";
}

impl AgentId {
    /// Who stands for a person where a submission names its agent: what they wrote by hand. No
    /// source draws it and no token leads to it.
    pub const BY_HAND: Self = Self(Uuid::max());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_and_never_taken_for_another_kind() {
        let id = SubmissionId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.to_string(), "sub_00000000000000000000000000000007");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(
            "dec_00000000000000000000000000000007"
                .parse::<SubmissionId>()
                .is_err()
        );
        assert!("sub_7".parse::<SubmissionId>().is_err());
        assert!(
            "sub_é0000000000000000000000000000000"
                .parse::<SubmissionId>()
                .is_err()
        );
    }
}
