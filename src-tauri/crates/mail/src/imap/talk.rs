//! Commands read to their last line. The client's own reading of a list ends at that line without
//! looking at what it says: a refusal would pass for an empty answer.

use async_imap::Session;
use async_imap::imap_proto::{RequestId, Response, Status};

use super::Line;

/// What a command comes to.
pub(super) type Said<T> = async_imap::error::Result<T>;

/// Runs a command and hands what comes before its last line to `each`; an error unless the server
/// says that it is done.
pub(super) async fn told(
    session: &mut Session<Line>,
    command: &str,
    each: impl FnMut(&Response<'_>),
) -> Said<()> {
    let tag = session.run_command(command).await?;
    until_done(session, &tag, each).await
}

/// Reads to the last line of a command that runs.
pub(super) async fn until_done(
    session: &mut Session<Line>,
    tag: &RequestId,
    mut each: impl FnMut(&Response<'_>),
) -> Said<()> {
    while let Some(answer) = session.read_response().await? {
        if let Some(end) = ended(answer.parsed(), tag) {
            return end;
        }
        each(answer.parsed());
    }
    Err(async_imap::error::Error::ConnectionLost)
}

/// Waits until the server asks for the literal a command announced.
pub(super) async fn until_asked(session: &mut Session<Line>, tag: &RequestId) -> Said<()> {
    while let Some(answer) = session.read_response().await? {
        if let Response::Continue(_) = answer.parsed() {
            return Ok(());
        }
        if let Some(end) = ended(answer.parsed(), tag) {
            // Done before it had anything is a refusal too.
            return end.and(Err(async_imap::error::Error::Append));
        }
    }
    Err(async_imap::error::Error::ConnectionLost)
}

/// How a command ended, if this is its last line.
pub(super) fn ended(answer: &Response<'_>, asked: &RequestId) -> Option<Said<()>> {
    let Response::Done {
        tag,
        status,
        outcome,
    } = answer
    else {
        return None;
    };
    if tag != asked {
        return None;
    }
    let said = || outcome.information.as_deref().unwrap_or("").to_owned();
    Some(match status {
        Status::Ok => Ok(()),
        Status::No => Err(async_imap::error::Error::No(said())),
        Status::Bad | Status::PreAuth | Status::Bye => Err(async_imap::error::Error::Bad(said())),
    })
}
