//! Reading an account's mail over IMAP (RFC 3501), and changing nothing there but, where asked for,
//! adding copies of what left (`copies`).
//!
//! [`Mailroom`] is one connection: encrypted as the settings say, logged in, read-only (EXAMINE,
//! `BODY.PEEK`). It lists folders by their use (RFC 6154), gives what stands above a UID, and
//! waits for news with IDLE (RFC 2177) where the server has it.
//!
//! Why `async-imap` and not the blocking `imap`: a connection that waits for mail must end when
//! the process does, and its reads must have time limits. Over a Tokio stream both are one
//! `select!`; over a blocking socket they are a second handle, a shutdown from outside and a
//! thread per account. The stream is our own, so TLS and its words are those of the relay.

mod copies;
mod folders;
mod idle;
mod line;
mod open;
mod talk;
mod tried;

use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::{AttributeValue, Response};
use futures_util::TryStreamExt as _;
use tokio::time::timeout;

pub use folders::{Folder, FolderUse, Folders};
pub(crate) use line::Line;
pub use tried::{Found, try_out};

/// Octets of one message that are fetched; of a larger one only the headers are.
pub const FETCH_OCTETS_MAX: u32 = 25 << 20;
/// Messages listed at once.
pub const LIST_MAX: usize = 100_000;
/// What is asked for of a message whose headers are enough.
const HEAD: &str = "(UID INTERNALDATE BODY.PEEK[HEADER])";
/// How long one command may take.
const COMMAND: Duration = Duration::from_secs(60);
/// How long a fetch may take that never stops talking; how long it may be silent is the line's.
const FETCH: Duration = Duration::from_secs(3_600);
/// How long the end of an IDLE may take; a connection that is dead in between is noticed here.
const DONE: Duration = Duration::from_secs(20);

/// One connection to an account's mail.
pub struct Mailroom {
    session: Session<Line>,
    /// Host and port, for sentences.
    server: String,
    can_idle: bool,
    can_condstore: bool,
    /// How the login went, for a person's test.
    greeting: Opened,
}

/// How a connection was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The server, as in the settings.
    pub server: String,
    /// `TLS 1.3`, or nothing where it is not encrypted.
    pub tls: Option<String>,
    /// `LOGIN` or `XOAUTH2`.
    pub login: &'static str,
    /// True if the server tells of new mail by itself.
    pub idle: bool,
}

/// Why mail could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text}")]
pub struct MailTrouble {
    /// What to do about it.
    pub kind: MailTroubleKind,
    /// One sentence.
    pub text: String,
}

/// Kinds of trouble.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailTroubleKind {
    /// No connection, or it broke: try again soon.
    Connection,
    /// The server does not take the login: trying again hammers it.
    Login,
    /// It answers something that cannot be read, or refuses what it must not.
    Protocol,
}

/// How a folder stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FolderStanding {
    /// UIDs mean the same as long as this is the same.
    pub uid_validity: u32,
    /// The next message's UID, where the server says it.
    pub uid_next: Option<u32>,
    /// HIGHESTMODSEQ (RFC 7162), where the server has it.
    pub modseq: Option<u64>,
}

/// One message's number and size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Its UID.
    pub uid: u32,
    /// Its size in octets.
    pub octets: u32,
}

/// One fetched message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    /// Its UID.
    pub uid: u32,
    /// Its bytes; of one larger than [`FETCH_OCTETS_MAX`] its headers.
    pub bytes: Vec<u8>,
    /// True if only the headers are there.
    pub is_head: bool,
    /// When the server took it in, in seconds since 1970.
    pub received_at: Option<i64>,
}

/// What a fetch brought.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Batch {
    /// The messages, ascending.
    pub messages: Vec<Fetched>,
    /// UIDs of messages that stand there and did not come, ascending: what comes after them must
    /// wait, or they would be passed over.
    pub withheld: Vec<u32>,
}

impl Mailroom {
    /// How the connection was made.
    pub fn opened(&self) -> &Opened {
        &self.greeting
    }

    /// True if the server tells of new mail by itself, and has not refused to.
    pub fn can_idle(&self) -> bool {
        self.can_idle
    }

    /// The folders to read: `wanted`, or the inbox, Junk and Sent.
    ///
    /// # Errors
    /// If the connection broke.
    pub async fn folders(&mut self, wanted: &[String]) -> Result<Folders, MailTrouble> {
        let server = self.server.clone();
        let listing = async {
            let names = self.session.list(Some(""), Some("*")).await?;
            names.try_collect::<Vec<_>>().await
        };
        let names = within(&server, COMMAND, listing).await?;
        let rows: Vec<folders::Row<'_>> = names.iter().map(folders::Row::of).collect();
        Ok(folders::to_read(&rows, wanted))
    }

    /// Opens a folder for reading only.
    ///
    /// # Errors
    /// If it cannot be opened, or has no UIDVALIDITY.
    pub async fn examine(&mut self, folder: &str) -> Result<FolderStanding, MailTrouble> {
        let server = self.server.clone();
        let opening = within(&server, COMMAND, self.session.examine(folder)).await;
        let opened = opening.map_err(|trouble| MailTrouble {
            text: match trouble.kind {
                MailTroubleKind::Protocol => {
                    let name = folders::decoded(folder);
                    format!(
                        "the folder `{}` cannot be opened: {}",
                        cut(&name),
                        trouble.text
                    )
                }
                MailTroubleKind::Connection | MailTroubleKind::Login => trouble.text,
            },
            kind: trouble.kind,
        })?;
        let uid_validity = opened.uid_validity.ok_or_else(|| MailTrouble {
            kind: MailTroubleKind::Protocol,
            text: format!("{server} gives no UIDVALIDITY for `{folder}`; it cannot be read safely"),
        })?;
        Ok(FolderStanding {
            uid_validity,
            uid_next: opened.uid_next,
            modseq: opened.highest_modseq.filter(|_| self.can_condstore),
        })
    }

    /// What stands in the open folder above `uid`, ascending; with `since` (`1-Feb-2026`), only what
    /// the server took in from that day on.
    ///
    /// # Errors
    /// If the connection broke.
    pub async fn above(
        &mut self,
        uid: u32,
        since: Option<&str>,
    ) -> Result<Vec<Listed>, MailTrouble> {
        let server = self.server.clone();
        let first = uid.saturating_add(1);
        let set = match since {
            None => format!("{first}:*"),
            Some(day) => {
                let query = format!("UID {first}:* SINCE {day}");
                let found = within(&server, FETCH, self.session.uid_search(query)).await?;
                let Some(lowest) = found.into_iter().filter(|found| *found > uid).min() else {
                    return Ok(Vec::new());
                };
                format!("{lowest}:*")
            }
        };
        let mut listed = within(&server, FETCH, list(&mut self.session, &set)).await?;
        // `n:*` names the last message even where it is below n.
        listed.retain(|row| row.uid > uid);
        listed.sort_unstable_by_key(|row| row.uid);
        listed.dedup_by_key(|row| row.uid);
        listed.truncate(LIST_MAX);
        Ok(listed)
    }

    /// Messages of the open folder, ascending. One that has gone in between is left out.
    ///
    /// # Errors
    /// If the connection broke, or what came cannot be read.
    pub async fn fetch(&mut self, wanted: &[Listed]) -> Result<Batch, MailTrouble> {
        let (small, large): (Vec<&Listed>, Vec<&Listed>) = wanted
            .iter()
            .partition(|row| row.octets <= FETCH_OCTETS_MAX);
        let mut fetched = Vec::new();
        for (rows, what, is_head) in [
            (small, "(UID INTERNALDATE BODY.PEEK[])", false),
            (large, HEAD, true),
        ] {
            if rows.is_empty() {
                continue;
            }
            let uids = rows.iter().map(|row| row.uid);
            fetched.extend(self.fetch_as(uids, what, is_head, FETCH).await?);
        }
        fetched.sort_unstable_by_key(|row| row.uid);
        fetched.dedup_by_key(|row| row.uid);
        let withheld = self.withheld(wanted, &fetched).await?;
        Ok(Batch {
            messages: fetched,
            withheld,
        })
    }

    /// The headers of messages of the open folder, ascending; what does not come is left out.
    ///
    /// # Errors
    /// If the connection broke, or what came cannot be read.
    async fn heads(&mut self, wanted: &[Listed]) -> Result<Vec<Vec<u8>>, MailTrouble> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let uids = wanted.iter().map(|row| row.uid);
        let heads = self.fetch_as(uids, HEAD, true, COMMAND).await?;
        Ok(heads.into_iter().map(|head| head.bytes).collect())
    }

    async fn fetch_as(
        &mut self,
        uids: impl Iterator<Item = u32>,
        what: &str,
        is_head: bool,
        limit: Duration,
    ) -> Result<Vec<Fetched>, MailTrouble> {
        let server = self.server.clone();
        let set: Vec<String> = uids.map(|uid| uid.to_string()).collect();
        let fetching = async {
            let rows = self.session.uid_fetch(set.join(","), what).await?;
            rows.try_collect::<Vec<_>>().await
        };
        let rows = within(&server, limit, fetching).await?;
        let fetched = rows.iter().filter_map(|row| {
            let bytes = if is_head { row.header() } else { row.body() }?;
            // A size is what the server says it is; what comes may be another.
            let (bytes, cut) = within_limit(bytes);
            Some(Fetched {
                uid: row.uid?,
                bytes: bytes.to_vec(),
                is_head: is_head || cut,
                received_at: row.internal_date().map(|at| at.timestamp()),
            })
        });
        Ok(fetched.collect())
    }

    /// What did not come and still stands there, ascending. The client reads a fetch to its last
    /// line and not what that says: a refusal, or an end of the connection, looks like an end.
    async fn withheld(
        &mut self,
        wanted: &[Listed],
        fetched: &[Fetched],
    ) -> Result<Vec<u32>, MailTrouble> {
        let came = |uid| fetched.binary_search_by_key(&uid, |row| row.uid).is_ok();
        let missing = wanted.iter().map(|row| row.uid).filter(|uid| !came(*uid));
        let missing: Vec<String> = missing.map(|uid| uid.to_string()).collect();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let server = self.server.clone();
        let set = missing.join(",");
        let listing = list(&mut self.session, &set);
        let standing = within(&server, FETCH, listing).await?;
        let mut uids: Vec<u32> = standing.iter().map(|row| row.uid).collect();
        uids.sort_unstable();
        uids.dedup();
        uids.retain(|uid| wanted.iter().any(|row| row.uid == *uid) && !came(*uid));
        Ok(uids)
    }

    /// That a message is listed and not given, in words.
    pub fn keeps_back(&self, uid: u32) -> MailTrouble {
        MailTrouble {
            kind: MailTroubleKind::Protocol,
            text: format!(
                "{} lists the message with UID {uid} and does not give it",
                self.server
            ),
        }
    }

    /// Waits until something happens in the open folder, or for `limit`. A server that refuses to
    /// tell is asked from then on: [`Mailroom::can_idle`] is false, and nothing was waited for.
    ///
    /// # Errors
    /// If the connection broke, or is dead and did not say so.
    pub async fn wait(&mut self, limit: Duration) -> Result<(), MailTrouble> {
        let server = self.server.clone();
        let session = &mut self.session;
        let (tag, came) = match within(&server, DONE, idle::begin(session)).await? {
            idle::Begun::Idling(tag, came) => (tag, came),
            idle::Begun::Refused => {
                self.can_idle = false;
                return Ok(());
            }
        };
        if !came {
            // A server that talks all the time does not keep us from the other folders.
            match timeout(limit, idle::news(session, &tag)).await {
                Ok(Err(error)) => return Err(broken(&server, &error)),
                Ok(Ok(true)) => return Ok(()),
                Ok(Ok(false)) | Err(_) => {}
            }
        }
        within(&server, DONE, idle::end(session, &tag)).await
    }

    /// Asks whether the server is still there.
    ///
    /// # Errors
    /// If it is not.
    pub async fn noop(&mut self) -> Result<(), MailTrouble> {
        let server = self.server.clone();
        within(&server, COMMAND, self.session.noop()).await
    }

    /// Says goodbye, and does not wait long for an answer.
    pub async fn close(mut self) {
        let _ = timeout(Duration::from_secs(2), self.session.logout()).await;
    }
}

/// A message that is no larger than is fetched, else its headers, and whether it was cut.
fn within_limit(bytes: &[u8]) -> (&[u8], bool) {
    let max = FETCH_OCTETS_MAX as usize;
    let Some(start) = bytes.get(..max).filter(|_| bytes.len() > max) else {
        return (bytes, false);
    };
    let head = start.windows(4).position(|four| four == b"\r\n\r\n");
    let head = head.and_then(|end| start.get(..end + 4));
    (head.unwrap_or(start), true)
}

/// The messages of a set that stand in the open folder, with their sizes; an error unless the server
/// says that these are all.
async fn list(session: &mut Session<Line>, set: &str) -> async_imap::error::Result<Vec<Listed>> {
    let mut rows = Vec::new();
    let command = format!("UID FETCH {set} (UID RFC822.SIZE)");
    talk::told(session, &command, |answer| {
        if let Response::Fetch(_, attributes) = answer {
            rows.extend(listed(attributes));
        }
    })
    .await?;
    Ok(rows)
}

fn listed(attributes: &[AttributeValue<'_>]) -> Option<Listed> {
    let (mut uid, mut octets) = (None, 0);
    for attribute in attributes {
        if let AttributeValue::Uid(found) = attribute {
            uid = Some(*found);
        }
        if let AttributeValue::Rfc822Size(found) = attribute {
            octets = *found;
        }
    }
    uid.map(|uid| Listed { uid, octets })
}

/// A day as IMAP searches write it: `1-Feb-2026`, in UTC.
pub fn day(at: domain::Timestamp) -> String {
    jiff::Timestamp::from_second(at.seconds())
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .strftime("%-d-%b-%Y")
        .to_string()
}

/// Runs one command within its time.
async fn within<T>(
    server: &str,
    limit: Duration,
    command: impl Future<Output = async_imap::error::Result<T>>,
) -> Result<T, MailTrouble> {
    match timeout(limit, command).await {
        Ok(done) => done.map_err(|error| broken(server, &error)),
        Err(_) => Err(MailTrouble {
            kind: MailTroubleKind::Connection,
            text: format!("{server} has not answered for {} seconds", limit.as_secs()),
        }),
    }
}

/// A failed command in words.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the client's list may grow, and what it adds cannot be read either"
)]
pub(crate) fn broken(server: &str, error: &async_imap::error::Error) -> MailTrouble {
    use async_imap::error::Error;
    let (kind, text) = match error {
        Error::Io(error) => (
            MailTroubleKind::Connection,
            format!("the connection to {server} broke ({error})"),
        ),
        Error::ConnectionLost => (
            MailTroubleKind::Connection,
            format!("{server} closed the connection"),
        ),
        Error::No(said) => (
            MailTroubleKind::Protocol,
            format!("{server} refuses: {}", cut(said)),
        ),
        Error::Bad(said) => (
            MailTroubleKind::Protocol,
            format!("{server} does not understand us: {}", cut(said)),
        ),
        other => (
            MailTroubleKind::Protocol,
            format!(
                "{server} answers what cannot be read: {}",
                cut(&other.to_string())
            ),
        ),
    };
    MailTrouble { kind, text }
}

/// A server's words on one line.
pub(crate) fn cut(said: &str) -> String {
    said.chars()
        .filter(|c| !c.is_control())
        .take(domain::limits::REPLY_CHARS_MAX)
        .collect()
}
