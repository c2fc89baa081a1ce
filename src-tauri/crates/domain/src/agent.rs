//! Agents: who may ask, as which mailbox, and how much they may decide themselves.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::id::{AgentId, MailboxId};
use crate::time::Timestamp;

/// How much an agent may send without a person. The lower of agent and mailbox override wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Level {
    /// 0: every ask is judged and recorded, nothing is ever sent.
    Observe,
    /// 1: a person approves everything.
    AskAlways,
    /// 2: a person approves mail to anyone not yet established.
    AskForStrangers,
    /// 3: a person approves only what another rule holds.
    AskOnException,
}

/// A number that is no autonomy level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not an autonomy level; levels are 0 to 3")]
pub struct LevelError(pub u8);

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Level; 4] = [
        Level::Observe,
        Level::AskAlways,
        Level::AskForStrangers,
        Level::AskOnException,
    ];

    /// What the level is called on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Observe => "observe",
            Level::AskAlways => "ask always",
            Level::AskForStrangers => "ask for strangers",
            Level::AskOnException => "ask on exception",
        }
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> u8 {
        match level {
            Level::Observe => 0,
            Level::AskAlways => 1,
            Level::AskForStrangers => 2,
            Level::AskOnException => 3,
        }
    }
}

impl TryFrom<u8> for Level {
    type Error = LevelError;
    fn try_from(number: u8) -> Result<Self, LevelError> {
        match number {
            0 => Ok(Level::Observe),
            1 => Ok(Level::AskAlways),
            2 => Ok(Level::AskForStrangers),
            3 => Ok(Level::AskOnException),
            other => Err(LevelError(other)),
        }
    }
}

/// SHA-256 of an agent's bearer token; the token itself is shown once and never stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenDigest(pub Digest);

impl TokenDigest {
    /// What every token begins with.
    pub const TOKEN_PREFIX: &'static str = "so_live_";

    /// The digest of a token as presented.
    pub fn of(token: &str) -> Self {
        TokenDigest(Digest::of(token.as_bytes()))
    }

    /// The token that 32 random bytes make: `so_live_` and 43 characters of base64url.
    pub fn token(secret: &[u8; 32]) -> String {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret);
        format!("{}{text}", Self::TOKEN_PREFIX)
    }
}

/// One agent as stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// Its name, unique, 1 to [`crate::limits::NAME_CHARS_MAX`] characters.
    pub name: String,
    /// Its autonomy level.
    pub level: Level,
    /// Mailboxes it may send as.
    pub grants: Vec<AgentGrant>,
    /// Paused since, if it is.
    pub paused_at: Option<Timestamp>,
    /// Its token was revoked at, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Its token ends at, if it does.
    pub expires_at: Option<Timestamp>,
    /// Made at.
    pub created_at: Timestamp,
}

/// That an agent may send as a mailbox.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AgentGrant {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// A lower level for this mailbox, if set.
    pub level: Option<Level>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_carries_256_bits_behind_its_prefix() {
        let token = TokenDigest::token(&[0xff; 32]);
        assert_eq!(token.len(), "so_live_".len() + 43);
        assert_eq!(TokenDigest::of(&token), TokenDigest::of(&token));
    }

    #[test]
    fn there_is_no_level_four() {
        assert_eq!(Level::try_from(4), Err(LevelError(4)));
        assert!(serde_json::from_str::<Level>("9").is_err());
        assert!(
            Level::ALL
                .iter()
                .all(|level| Level::try_from(u8::from(*level)) == Ok(*level))
        );
    }
}
