//! The closed list of things that can be wrong with a request: one code, one status, one sentence.
//!
//! A policy verdict is never a problem; it is an answer.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal;)*) => {
        /// A stable code to branch on.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        pub enum Code {$(
            $(#[$doc])*
            #[serde(rename = $text)]
            $name,
        )*}

        impl Code {
            /// All codes, for reference pages and API documents.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// As written in answers.
            pub const fn as_str(self) -> &'static str {
                match self {$(Code::$name => $text,)*}
            }
            /// The HTTP status it goes with.
            pub const fn status(self) -> u16 {
                match self {$(Code::$name => $status,)*}
            }
        }
    };
}

codes! {
    /// The body is not JSON, or not of the shape asked for.
    MalformedBody = "malformed_body", 400;
    /// A path or query value cannot be read.
    MalformedRequest = "malformed_request", 400;
    /// No token, or one we do not know.
    Unauthenticated = "unauthenticated", 401;
    /// The token has ended or was revoked.
    TokenEnded = "token_ended", 401;
    /// The operator's passphrase is missing or wrong.
    OperatorProofNeeded = "operator_proof_needed", 403;
    /// The `Host` is not one of ours.
    HostForbidden = "host_forbidden", 403;
    /// The `Origin` is not allowed.
    OriginForbidden = "origin_forbidden", 403;
    /// Only a person can do that.
    HumanDecisionRequired = "human_decision_required", 403;
    /// Nothing of that id that you may see.
    NotFound = "not_found", 404;
    /// The path is served with other methods.
    MethodNotAllowed = "method_not_allowed", 405;
    /// Same key, other content.
    IdempotencyMismatch = "idempotency_mismatch", 409;
    /// The step does not exist from where the submission stands.
    WrongState = "wrong_state", 409;
    /// What was approved is no longer what would leave.
    StaleHash = "stale_hash", 409;
    /// Already there.
    AlreadyExists = "already_exists", 409;
    /// The body is over its limit.
    BodyTooLarge = "body_too_large", 413;
    /// The content type is not JSON.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// A field we do not know.
    UnknownField = "unknown_field", 422;
    /// A field whose value cannot be used.
    InvalidField = "invalid_field", 422;
    /// An address that is none.
    InvalidAddress = "invalid_address", 422;
    /// Line breaks or control characters where a header goes.
    HeaderInjection = "header_injection", 422;
    /// No recipient.
    NoRecipients = "no_recipients", 422;
    /// More recipients than an ask may carry.
    TooManyRecipients = "too_many_recipients", 422;
    /// A file that is not base64, or over its limit.
    InvalidAttachment = "invalid_attachment", 422;
    /// A composed message that mail programs would read differently.
    MalformedMessage = "malformed_message", 422;
    /// No mailbox of that address here.
    UnknownMailbox = "unknown_mailbox", 422;
    /// A policy that does not parse or contradicts itself.
    InvalidPolicy = "invalid_policy", 422;
    /// Too many asks, or too many at once.
    TooManyRequests = "too_many_requests", 429;
    /// Something of ours failed; nothing was sent.
    Internal = "internal", 500;
    /// The database cannot take writes.
    StoreUnavailable = "store_unavailable", 503;
    /// The vault is locked or missing.
    VaultUnavailable = "vault_unavailable", 503;
    /// On the way down.
    ShuttingDown = "shutting_down", 503;
}

/// Something wrong with a request, for people and programs (RFC 9457).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// What to branch on.
    pub code: Code,
    /// One sentence: what could not be done, to which thing, and what to do now.
    pub detail: String,
    /// JSON pointer (RFC 6901) to the field it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Seconds to wait, where waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem with its sentence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Problem {
            code,
            detail: detail.into(),
            pointer: None,
            retry_after: None,
        }
    }

    /// About one field.
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Worth asking again after so many seconds.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Problem {}
