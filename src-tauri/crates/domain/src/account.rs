//! Accounts (how mail leaves) and mailboxes (the addresses it leaves as).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::id::{AccountId, MailboxId};
use crate::reply_token::ReplyTokens;
use crate::time::Timestamp;

/// How mail leaves: a relay's settings. The password is in the vault, under the account's id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Where its mail goes.
    pub kind: AccountKind,
    /// Where its mail arrives, if it is read.
    pub imap: Option<ImapSettings>,
    /// Made at.
    pub created_at: Timestamp,
}

/// Where an account's mail goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AccountKind {
    /// A real relay.
    Smtp(SmtpSettings),
    /// The built-in relay that keeps what it is given and sends nothing.
    Rehearsal,
}

/// A submission server (RFC 6409) and how to talk to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SmtpSettings {
    /// Host name or IP address.
    pub host: String,
    /// Port, usually 465 (implicit TLS) or 587 (STARTTLS).
    pub port: u16,
    /// Encryption.
    pub tls: TlsMode,
    /// PEM file with the certificate authority to trust beside the system's roots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// How to log in.
    pub auth: SmtpAuth,
}

/// Encryption of an SMTP connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsMode {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// Plain until STARTTLS (RFC 3207), and no further without it.
    Starttls,
    /// No encryption.
    None,
}

/// How to log in at a relay.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "mechanism", rename_all = "snake_case")]
pub enum SmtpAuth {
    /// No AUTH: the relay trusts who connects.
    None,
    /// AUTH PLAIN (RFC 4616) where offered, else LOGIN, with the password in the vault.
    Password {
        /// User name.
        user: String,
    },
    /// AUTH XOAUTH2 with the access token in the vault.
    Xoauth2 {
        /// User name.
        user: String,
    },
}

/// An IMAP server (RFC 3501) and what is read there. Nothing there is ever changed; with
/// [`SentCopy::Append`], copies of what left are added to its Sent folder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImapSettings {
    /// Host name or IP address.
    pub host: String,
    /// Port, usually 993 (implicit TLS) or 143 (STARTTLS).
    pub port: u16,
    /// Encryption.
    pub tls: TlsMode,
    /// PEM file with the certificate authority to trust beside the system's roots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// How to log in.
    pub auth: ImapAuth,
    /// Folders to read; empty for the inbox and, where the server names them, Junk and Sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<String>,
    /// Who files a copy of what is sent.
    #[serde(default)]
    pub sent_copy: SentCopy,
    /// True if people write with this account too: then mail in Sent that no submission explains is
    /// theirs, and no alarm.
    #[serde(default = "yes")]
    pub people_write: bool,
    /// Whether MAIL FROM carries a token that what comes back is known by.
    #[serde(default)]
    pub reply_tokens: ReplyTokens,
    /// Whose `Authentication-Results` are believed (RFC 8601); without it nobody's: a name that
    /// was guessed could be one that the server lets a stranger write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authserv_id: Option<String>,
    /// True if signatures (DKIM, RFC 6376) are checked here where nobody who is believed said who
    /// vouches for a sender: that asks DNS for the keys of sending domains.
    #[serde(default = "yes")]
    pub verify_dkim: bool,
}

fn yes() -> bool {
    true
}

/// How to log in at an IMAP server; the secret is the vault's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "mechanism", rename_all = "snake_case")]
pub enum ImapAuth {
    /// LOGIN with the password in the vault.
    Password {
        /// User name.
        user: String,
    },
    /// AUTHENTICATE XOAUTH2 with the access token in the vault.
    Xoauth2 {
        /// User name.
        user: String,
    },
}

/// Who files a copy of sent mail in the account's Sent folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentCopy {
    /// The provider does: a copy there proves that it took the mail.
    Provider,
    /// Sendoff does, after the relay took the mail: a copy there proves nothing.
    Append,
    /// Nobody does, or it is not known: a copy proves nothing.
    #[default]
    None,
}

/// An address agents may send as.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mailbox {
    /// Its id.
    pub id: MailboxId,
    /// Its address: `From`, and MAIL FROM.
    pub address: Address,
    /// The name shown beside it.
    pub display_name: Option<String>,
    /// The account its mail leaves through.
    pub account: AccountId,
    /// Paused since, if it is.
    pub paused_at: Option<Timestamp>,
    /// Made at.
    pub created_at: Timestamp,
}
