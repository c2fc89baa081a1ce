//! Trying an account's settings out for a person: how far it gets, and what would be read.

use std::time::Duration;

use domain::ImapSettings;

use crate::parse::MessageView;
use crate::steps::{Step, Witness};

use super::folders::decoded;
use super::{FolderStanding, Folders, MailTrouble, Mailroom, Opened};

/// How long the server is left to tell of news.
const IDLE_TRIED: Duration = Duration::from_millis(100);

/// Newest messages of the inbox whose headers are looked at.
const LOOKED_AT: u32 = 20;
/// Senders whose mail must have passed the same checker before it is named.
const SENDERS_MIN: usize = 3;

/// What a try found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// How the connection was made.
    pub opened: Opened,
    /// The folders that would be read, and those that are not there.
    pub folders: Folders,
    /// Who says in every recent message that it checked the sender (RFC 8601, authserv-id); none if
    /// one message says nothing or names another, or where too few have come.
    pub authserv_id: Option<String>,
}

/// Connects, logs in, lists the folders, opens the inbox, looks at the headers of recent messages
/// and has the server tell of new mail for a moment. Changes nothing there. Each step is told to
/// `witness`.
///
/// # Errors
/// Where it stopped, in one sentence; which step that was, the witness knows.
pub async fn try_out(
    settings: &ImapSettings,
    secret: &str,
    witness: Witness<'_>,
) -> Result<Found, MailTrouble> {
    let mut room = Mailroom::open_before(settings, secret, witness).await?;
    witness.begun(Step::Folders);
    let folders = room.folders(&settings.folders).await?;
    let inbox = room.examine("INBOX").await?;
    witness.passed(Step::Folders, || {
        let found = folders.found.iter();
        let names: Vec<String> = found.map(|folder| decoded(&folder.name)).collect();
        let reads = format!("Reads {}", names.join(", "));
        match folders.missing.as_slice() {
            [] => reads,
            missing => format!("{reads}; it has no {}", missing.join(", ")),
        }
    });
    witness.begun(Step::News);
    let offers = room.can_idle();
    if offers {
        room.wait(IDLE_TRIED).await?;
    }
    witness.passed(Step::News, || match (offers, room.can_idle()) {
        (_, true) => "It tells of new mail by itself".to_owned(),
        (true, false) => {
            "It offers to tell of new mail and refuses to; it is asked every 20 seconds".to_owned()
        }
        (false, false) => "It is asked for new mail every 20 seconds".to_owned(),
    });
    witness.begun(Step::Checker);
    // Only advice: a mailbox where this cannot be read is read all the same.
    let checker = recent_checker(&mut room, inbox).await.unwrap_or_default();
    witness.passed(Step::Checker, || {
        checked_by(checker.as_deref(), settings.authserv_id.as_deref())
    });
    let opened = room.opened().clone();
    room.close().await;
    Ok(Found {
        opened,
        folders,
        authserv_id: checker,
    })
}

/// Whose word about senders is there, and whether it is the one the settings believe.
fn checked_by(said: Option<&str>, believed: Option<&str>) -> String {
    match (said, believed) {
        (Some(said), Some(believed)) if said.eq_ignore_ascii_case(believed) => {
            format!("{said} checks who mail is from, and is believed")
        }
        (Some(said), Some(believed)) => format!(
            "{said} checks who mail is from; the settings believe {believed}, so its word counts \
             for nothing"
        ),
        (Some(said), None) => format!(
            "{said} checks who mail is from; until it is believed, its word counts for nothing"
        ),
        (None, _) => "No recent mail says who checked its sender".to_owned(),
    }
}

async fn recent_checker(
    room: &mut Mailroom,
    inbox: FolderStanding,
) -> Result<Option<String>, MailTrouble> {
    let next = inbox.uid_next.unwrap_or(1);
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
    fn a_checker_that_is_not_believed_counts_for_nothing_and_that_is_said() {
        let ours = Some("mx.ours.example");
        assert!(checked_by(ours, Some("MX.ours.example")).ends_with("and is believed"));
        assert!(checked_by(ours, Some("mx.theirs.example")).contains("counts for nothing"));
        assert!(checked_by(ours, None).contains("until it is believed"));
        assert!(checked_by(None, ours).starts_with("No recent mail"));
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
