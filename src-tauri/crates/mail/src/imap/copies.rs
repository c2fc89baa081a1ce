//! Copies of what left, filed in the Sent folder: the only thing that is ever written there.

use async_imap::imap_proto::{MailboxDatum, Response};
use tokio::io::AsyncWriteExt as _;

use super::talk::{told, until_asked, until_done};
use super::{COMMAND, FETCH, MailTrouble, MailTroubleKind, Mailroom, within};

impl Mailroom {
    /// True if a message with this Message-ID (with angle brackets) stands in the folder. Opens it
    /// for reading.
    ///
    /// # Errors
    /// If the folder cannot be opened or searched: then nobody knows, and nothing may be filed.
    pub async fn has_message(
        &mut self,
        folder: &str,
        message_id: &str,
    ) -> Result<bool, MailTrouble> {
        let server = self.server.clone();
        let Some(wanted) = quoted(message_id) else {
            return Err(MailTrouble {
                kind: MailTroubleKind::Protocol,
                text: format!("the Message-ID `{message_id}` cannot be searched for at {server}"),
            });
        };
        self.examine(folder).await?;
        let command = format!("UID SEARCH HEADER Message-ID {wanted}");
        let mut found = false;
        let searching = told(&mut self.session, &command, |answer| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                found |= !uids.is_empty();
            }
        });
        within(&server, COMMAND, searching).await?;
        Ok(found)
    }

    /// Files a message in a folder, marked as read (RFC 3501, section 6.3.11).
    ///
    /// # Errors
    /// If the server refuses it, or the connection broke: then it may stand there all the same, so
    /// look before trying again.
    pub async fn append(&mut self, folder: &str, message: &[u8]) -> Result<(), MailTrouble> {
        let server = self.server.clone();
        let Some(name) = quoted(folder) else {
            return Err(MailTrouble {
                kind: MailTroubleKind::Protocol,
                text: format!("the folder `{folder}` cannot be named to {server}"),
            });
        };
        // Not the client's own: it takes whatever comes first for the answer, and says nothing
        // about a refusal.
        let command = format!("APPEND {name} (\\Seen) {{{}}}", message.len());
        let session = &mut self.session;
        let filing = async {
            let tag = session.run_command(command).await?;
            until_asked(session, &tag).await?;
            let line = session.get_mut();
            line.write_all(message).await?;
            line.write_all(b"\r\n").await?;
            line.flush().await?;
            until_done(session, &tag, |_| {}).await
        };
        within(&server, FETCH, filing).await
    }
}

/// A string as IMAP quotes it; none where only a literal could say it.
fn quoted(text: &str) -> Option<String> {
    let plain = text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    plain.then(|| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_quoted_or_cannot_be_said() {
        assert_eq!(quoted("<a@x>").as_deref(), Some("\"<a@x>\""));
        assert_eq!(quoted("a\"b\\c").as_deref(), Some("\"a\\\"b\\\\c\""));
        assert_eq!(quoted("a\r\nb"), None);
        assert_eq!(quoted("é"), None);
    }
}
