//! Trying an account's settings out for a person: how far it got, and what would be read.

use domain::ImapSettings;

use super::{Folder, MailTrouble, Mailroom, Opened};

/// Newest messages of the inbox among which the smallest is looked at.
const LOOKED_AT: u32 = 20;

/// A step of opening a connection that went well, in the order they are taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Passed {
    /// The server answers.
    Connected,
    /// The connection is encrypted; left out where the settings ask for none.
    Encrypted,
    /// It took the user and the password.
    LoggedIn,
}

/// How a try went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tried {
    /// What went well before it stopped.
    pub passed: Vec<Passed>,
    /// The whole, or why it stopped after that.
    pub outcome: Result<Found, MailTrouble>,
}

/// What a try found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// How the connection was made.
    pub opened: Opened,
    /// The folders that would be read.
    pub folders: Vec<Folder>,
    /// Who says in a recent message that it checked the sender (RFC 8601, authserv-id); none if
    /// there is no message, or nobody does.
    pub authserv_id: Option<String>,
}

/// Connects, logs in, lists the folders and looks at one recent message. Changes nothing there.
pub async fn try_out(settings: &ImapSettings, secret: &str) -> Tried {
    let mut passed = Vec::new();
    let outcome = found(settings, secret, &mut passed).await;
    Tried { passed, outcome }
}

async fn found(
    settings: &ImapSettings,
    secret: &str,
    passed: &mut Vec<Passed>,
) -> Result<Found, MailTrouble> {
    let mut room = Mailroom::open_telling(settings, secret, passed).await?;
    let folders = room.folders(&settings.folders).await?;
    // Only advice: a mailbox where this cannot be read is read all the same.
    let authserv_id = recent_checker(&mut room).await.unwrap_or_default();
    let opened = room.opened().clone();
    room.close().await;
    Ok(Found {
        opened,
        folders,
        authserv_id,
    })
}

async fn recent_checker(room: &mut Mailroom) -> Result<Option<String>, MailTrouble> {
    let standing = room.examine("INBOX").await?;
    let next = standing.uid_next.unwrap_or(1);
    let listed = room.above(next.saturating_sub(LOOKED_AT + 1), None).await?;
    let Some(smallest) = listed.iter().min_by_key(|row| row.octets) else {
        return Ok(None);
    };
    let fetched = room.fetch(std::slice::from_ref(smallest)).await?;
    Ok(fetched
        .messages
        .first()
        .and_then(|message| checker(&message.bytes)))
}

/// The authserv-id of the topmost `Authentication-Results`: the last server on the way put it there.
fn checker(message: &[u8]) -> Option<String> {
    let headers = crate::parse::view(message).headers;
    let line = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("Authentication-Results"))?;
    let id = line
        .value
        .split([';', ' ', '\t', '\r', '\n'])
        .find(|part| !part.is_empty())?;
    Some(id.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_server_on_the_way_is_the_one_that_checked() {
        let with =
            |headers: &str| checker(format!("{headers}From: a@b.example\n\nHi\n").as_bytes());
        assert_eq!(
            with(
                "Authentication-Results: MX.Ours.example; spf=pass\nAuthentication-Results: theirs.example; dkim=pass\n"
            ),
            Some("mx.ours.example".to_owned())
        );
        assert_eq!(
            with("Authentication-Results:\n mx.ours.example 1;\n dmarc=none\n"),
            Some("mx.ours.example".to_owned())
        );
        assert_eq!(with(""), None);
        assert_eq!(with("Authentication-Results: ;\n"), None);
    }
}
