//! Trying an account's settings out for a person: how far it got, and what would be read.

use domain::ImapSettings;

use crate::parse::MessageView;

use super::{Folder, MailTrouble, Mailroom, Opened};

/// Newest messages of the inbox whose headers are looked at.
const LOOKED_AT: u32 = 20;
/// Senders whose mail must have passed the same checker before it is named.
const SENDERS_MIN: usize = 3;

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
    /// Who says in every recent message that it checked the sender (RFC 8601, authserv-id); none if
    /// one message says nothing or names another, or where too few have come.
    pub authserv_id: Option<String>,
}

/// Connects, logs in, lists the folders and looks at the headers of recent messages. Changes nothing there.
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
    let newest = listed.len().saturating_sub(LOOKED_AT as usize);
    let heads = room.heads(listed.get(newest..).unwrap_or_default()).await?;
    Ok(agreed(&heads))
}

/// The checker that stands topmost in all of these, from several senders. One message proves nothing:
/// where no server says who checked, whoever writes it says what they like.
fn agreed(heads: &[Vec<u8>]) -> Option<String> {
    let mut found: Option<String> = None;
    let mut senders = std::collections::BTreeSet::new();
    for head in heads {
        let head = crate::parse::view(head);
        let said = checker(&head)?;
        if *found.get_or_insert_with(|| said.clone()) != said {
            return None;
        }
        senders.extend(sender(&head));
    }
    found.filter(|_| senders.len() >= SENDERS_MIN)
}

/// The authserv-id of the topmost `Authentication-Results`: the last server on the way put it there.
fn checker(head: &MessageView) -> Option<String> {
    let headers = &head.headers;
    let line = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("Authentication-Results"))?;
    let id = line
        .value
        .split([';', ' ', '\t', '\r', '\n'])
        .find(|part| !part.is_empty())?;
    Some(id.to_ascii_lowercase())
}

/// The address in `From`.
fn sender(head: &MessageView) -> Option<String> {
    let headers = &head.headers;
    let from = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("From"))?;
    let (_, address) = from.value.rsplit_once('<').unwrap_or(("", &from.value));
    Some(address.trim_end_matches('>').trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_server_on_the_way_is_the_one_that_checked() {
        let with = |headers: &str| {
            let message = format!("{headers}From: a@b.example\n\nHi\n");
            checker(&crate::parse::view(message.as_bytes()))
        };
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

    #[test]
    fn a_checker_is_named_that_every_recent_message_names_and_no_stranger_alone() {
        let named = |heads: &[(&str, &str)]| {
            let head = |(from, by): &(&str, &str)| {
                let by = match *by {
                    "" => String::new(),
                    by => format!("Authentication-Results: {by}; dmarc=pass\n"),
                };
                format!("{by}From: {from}\n\n").into_bytes()
            };
            agreed(&heads.iter().map(head).collect::<Vec<_>>())
        };
        let ours = "mx.ours.example";
        let usual = [("A <a@a.example>", ours), ("b@b.example", ours)];
        let with = |one| named(&[usual.as_slice(), &[one]].concat());
        assert_eq!(with(("c@c.example", ours)).as_deref(), Some(ours));
        // Nobody stamps here, and a stranger says that somebody does.
        assert_eq!(
            named(&[("a@a.example", ""), ("b@b.example", "forged.example")]),
            None
        );
        assert_eq!(named(&[("b@b.example", "forged.example"); 20]), None);
        assert_eq!(with(("c@c.example", "forged.example")), None);
        assert_eq!(with(("c@c.example", "")), None);
        // Too few, or too few senders.
        assert_eq!(named(&usual), None);
        assert_eq!(with(("Another A <A@a.example>", ours)), None);
        assert_eq!(named(&[]), None);
    }
}
