//! Who is it: `AUTH PLAIN` and `AUTH LOGIN`, user the agent's name or a mailbox of it, password its
//! token.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::Agent;
use engine::Engine;

/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Octets of a user or password.
const WORD_OCTETS_MAX: usize = 1_024;

/// What a client says it is.
pub(crate) struct Credentials {
    pub user: String,
    pub token: String,
}

/// One base64 word of a login; nothing if it is none.
pub(crate) fn word(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii();
    // RFC 4954, section 4: an empty response is written `=`.
    let line = if line == b"=" { b"" } else { line };
    BASE64.decode(line).ok()
}

/// A response of `PLAIN` (RFC 4616): `authzid NUL user NUL password`. Acting for somebody else is
/// not offered.
pub(crate) fn plain(response: &[u8]) -> Option<Credentials> {
    let mut parts = response.split(|byte| *byte == 0);
    let (authzid, user, token) = (parts.next()?, parts.next()?, parts.next()?);
    let alone = parts.next().is_none() && (authzid.is_empty() || authzid == user);
    alone.then(|| credentials(user, token)).flatten()
}

/// User and password as text.
pub(crate) fn credentials(user: &[u8], token: &[u8]) -> Option<Credentials> {
    let text = |octets: &[u8]| {
        let text = std::str::from_utf8(octets).ok()?.trim().to_owned();
        (text.len() <= WORD_OCTETS_MAX).then_some(text)
    };
    Some(Credentials {
        user: text(user)?,
        token: text(token)?,
    })
}

/// The agent behind them: the token says who it is, and the user must be a name of that agent.
pub(crate) async fn agent(engine: &Engine, given: &Credentials) -> Result<Agent, domain::Problem> {
    let agent = engine.authenticate(&given.token).await?;
    let user = given.user.to_lowercase();
    if agent.name.to_lowercase() == user {
        return Ok(agent);
    }
    let mailboxes = engine.mailbox_names(&agent).await?;
    let known = mailboxes
        .iter()
        .any(|mailbox| mailbox.address.as_str().to_lowercase() == user);
    match known {
        true => Ok(agent),
        false => Err(domain::Problem::new(
            domain::Code::Unauthenticated,
            "the user is neither the agent's name nor a mailbox it may send as",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_is_three_words_and_nobody_acts_for_somebody_else() {
        let read = |text: &[u8]| plain(text).map(|found| (found.user, found.token));
        let pair = Some(("user".to_owned(), "token".to_owned()));
        assert_eq!(read(b"\0user\0token"), pair);
        assert_eq!(read(b"user\0user\0token"), pair);
        for bad in [
            &b"other\0user\0token"[..],
            b"user\0token",
            b"\0user\0to\0ken",
            b"",
            b"\0\xff\0token",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn words_may_lack_their_padding() {
        assert_eq!(word(b"dXNlcg=="), Some(b"user".to_vec()));
        assert_eq!(word(b"dXNlcg"), Some(b"user".to_vec()));
        assert_eq!(word(b"="), Some(Vec::new()));
        assert_eq!(word(b"*"), None);
    }
}
