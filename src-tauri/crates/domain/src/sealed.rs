//! The exact bytes that will leave, and the hash a person approves.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::canonical::canonical_digest;
use crate::digest::Digest;
use crate::id::AccountId;
use crate::time::Timestamp;

/// Who the relay is told about (RFC 5321): not necessarily who the headers name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// MAIL FROM.
    pub mail_from: Address,
    /// RCPT TO, each once.
    pub rcpt_to: Vec<Address>,
}

/// The header field that has a message's own Message-ID once more, for providers that give what
/// they take another Message-ID. A client cannot write it.
pub const OWN_ID_FIELD: &str = "X-Sendoff-ID";

/// A composed message: every byte fixed but the `Date` header, which is set at the first attempt
/// and kept on retries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// The message without `Date`, lines ended by CRLF.
    pub bytes: Vec<u8>,
    /// Who it goes to.
    pub envelope: Envelope,
    /// Its Message-ID with angle brackets; belongs to the submission, not to the version.
    pub message_id: String,
}

/// What an approval binds to: the account, the envelope, the time asked for and every byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApprovalHash(pub Digest);

impl Sealed {
    /// Digest of the bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// SHA-256 over canonical JSON of account, MAIL FROM, sorted RCPT TO, `send_at` and the digest
    /// of the sealed bytes.
    pub fn approval_hash(&self, account: AccountId, send_at: Option<Timestamp>) -> ApprovalHash {
        let mut rcpt_to: Vec<&str> = self.envelope.rcpt_to.iter().map(Address::as_str).collect();
        rcpt_to.sort_unstable();
        ApprovalHash(canonical_digest(&serde_json::json!({
            "account": account,
            "mail_from": self.envelope.mail_from,
            "rcpt_to": rcpt_to,
            "send_at": send_at,
            "sealed": self.digest(),
        })))
    }

    /// The message as it goes over the wire: a `Date` header in front of the sealed bytes.
    ///
    /// `date` is the header's value in RFC 5322 form (`mail` writes it).
    pub fn with_date(&self, date: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes.len() + date.len() + 8);
        bytes.extend_from_slice(b"Date: ");
        bytes.extend_from_slice(date.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.bytes);
        bytes
    }
}

impl std::fmt::Display for ApprovalHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(rcpt: &[&str], bytes: &[u8]) -> Sealed {
        Sealed {
            bytes: bytes.to_vec(),
            envelope: Envelope {
                mail_from: "me@here.example".parse().unwrap(),
                rcpt_to: rcpt.iter().map(|r| r.parse().unwrap()).collect(),
            },
            message_id: "<1@here.example>".into(),
        }
    }

    #[test]
    fn the_hash_moves_with_anything_that_leaves_and_with_nothing_else() {
        let account = AccountId::from_uuid(uuid::Uuid::from_u128(1));
        let hash = |s: &Sealed| s.approval_hash(account, None);
        let base = sealed(&["a@x.example", "b@x.example"], b"Subject: 1\r\n\r\nhi");
        assert_eq!(
            hash(&base),
            hash(&sealed(&["b@x.example", "a@x.example"], &base.bytes))
        );
        assert_ne!(hash(&base), hash(&sealed(&["a@x.example"], &base.bytes)));
        assert_ne!(
            hash(&base),
            hash(&sealed(
                &["a@x.example", "b@x.example"],
                b"Subject: 2\r\n\r\nhi"
            ))
        );
        assert_ne!(
            hash(&base),
            base.approval_hash(account, Some(Timestamp::from_seconds(1)))
        );
        let other = AccountId::from_uuid(uuid::Uuid::from_u128(2));
        assert_ne!(hash(&base), base.approval_hash(other, None));
    }
}
