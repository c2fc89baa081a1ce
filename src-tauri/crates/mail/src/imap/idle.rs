//! IDLE (RFC 2177), spoken ourselves: the client's own waits for a server that says no until its
//! time is over, gives no connection back afterwards, and takes it for granted that a refusal has
//! words.

use async_imap::Session;
use async_imap::imap_proto::{MailboxDatum, RequestId, Response, Status};

use super::Line;
use super::talk::{Said, ended, until_done};

/// How a server takes an IDLE.
pub(super) enum Begun {
    /// It tells from now on, until this command is ended; true if mail came before it began.
    Idling(RequestId, bool),
    /// It offers IDLE and does not let us; the connection is as good as before.
    Refused,
}

/// Asks to be told.
pub(super) async fn begin(session: &mut Session<Line>) -> Said<Begun> {
    use async_imap::error::Error::{Bad, ConnectionLost, No};
    let tag = session.run_command("IDLE").await?;
    let mut came = false;
    while let Some(answer) = session.read_response().await? {
        if let Response::Continue(_) = answer.parsed() {
            return Ok(Begun::Idling(tag, came));
        }
        came |= matches!(
            answer.parsed(),
            Response::MailboxData(MailboxDatum::Exists(_))
        );
        match ended(answer.parsed(), &tag) {
            None => {}
            // Done before it began is a refusal too.
            Some(Ok(()) | Err(No(_) | Bad(_))) => return Ok(Begun::Refused),
            Some(Err(other)) => return Err(other),
        }
    }
    Err(ConnectionLost)
}

/// Waits until something is told; true if the server has ended the IDLE by itself.
pub(super) async fn news(session: &mut Session<Line>, tag: &RequestId) -> Said<bool> {
    while let Some(answer) = session.read_response().await? {
        if ended(answer.parsed(), tag).is_some() {
            return Ok(true);
        }
        let still_here = matches!(
            answer.parsed(),
            Response::Continue(_)
                | Response::Data {
                    status: Status::Ok,
                    ..
                }
        );
        if !still_here {
            return Ok(false);
        }
    }
    Err(async_imap::error::Error::ConnectionLost)
}

/// Ends it.
pub(super) async fn end(session: &mut Session<Line>, tag: &RequestId) -> Said<()> {
    session.run_command_untagged("DONE").await?;
    until_done(session, tag, |_| {}).await
}
