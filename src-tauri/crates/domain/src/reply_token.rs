//! Return addresses that say which message of ours something comes back for.
//!
//! `team@ours.example` sends as `team+so-4f0c…@ours.example` in MAIL FROM alone (VERP): reports and
//! automatic replies go there, and name the message even where they quote nothing of it. What a
//! person sees and answers stays `team@ours.example`. 80 random bits; who was not sent the message
//! does not know them.

use serde::{Deserialize, Serialize};

use crate::address::Address;

/// What stands before a token, behind the mailbox's own part.
const MARK: &str = "+so-";
/// Octets of chance in a token.
const TOKEN_OCTETS: usize = 10;
/// Octets a local part may have (RFC 5321, section 4.5.3.1.1).
const LOCAL_OCTETS_MAX: usize = 64;

/// Whether MAIL FROM carries a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyTokens {
    /// It is the mailbox's address. Some relays take nothing else.
    #[default]
    Off,
    /// It is the mailbox's address with a token behind a plus; its server must deliver those to the
    /// mailbox (RFC 5233).
    Plus,
}

/// The return address of one message; none where it would be too long.
pub fn return_address(mailbox: &Address, chance: &[u8; 32]) -> Option<Address> {
    let token: String = chance
        .iter()
        .take(TOKEN_OCTETS)
        .map(|octet| format!("{octet:02x}"))
        .collect();
    let local = format!("{}{MARK}{token}", mailbox.local());
    if local.len() > LOCAL_OCTETS_MAX {
        return None;
    }
    format!("{local}@{}", mailbox.domain()).parse().ok()
}

/// What a return address is known by, if it carries a token: servers may change its case.
pub fn token_key(address: &Address) -> Option<String> {
    let local = address.local().to_lowercase();
    let (_, token) = local.rsplit_once(MARK)?;
    let is_token =
        token.len() == TOKEN_OCTETS * 2 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_token.then(|| address.as_str().to_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a surprise in a test is a failed test")]

    use super::*;

    #[test]
    fn a_token_stands_behind_the_mailbox_and_is_known_in_any_case() {
        let mailbox: Address = "Team@ours.example".parse().unwrap();
        let given = return_address(&mailbox, &[0xab; 32]).unwrap();
        assert_eq!(given.as_str(), "Team+so-abababababababababab@ours.example");
        let shouted: Address = "TEAM+SO-ABABABABABABABABABAB@OURS.EXAMPLE".parse().unwrap();
        assert!(token_key(&given).is_some());
        assert_eq!(token_key(&shouted), token_key(&given));
        assert_ne!(
            return_address(&mailbox, &[1; 32]),
            return_address(&mailbox, &[2; 32])
        );
    }

    #[test]
    fn what_carries_no_token_has_no_key_and_what_is_too_long_gets_none() {
        for plain in [
            "team@ours.example",
            "team+so-@x.example",
            "team+so-zz@x.example",
        ] {
            assert_eq!(token_key(&plain.parse().unwrap()), None, "{plain}");
        }
        let long: Address = format!("{}@x.example", "a".repeat(50)).parse().unwrap();
        assert_eq!(return_address(&long, &[1; 32]), None);
    }
}
