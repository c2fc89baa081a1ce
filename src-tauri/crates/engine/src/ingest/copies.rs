//! Copies of what left, filed in the account's Sent folder over the connection that reads it.
//!
//! A copy is looked for before it is filed: a try that was cut off may have succeeded. A failure
//! is the copy's alone; what left has left.

use domain::{AccountId, Problem, Span};
use mail::imap::{Folder, FolderUse, MailTrouble, MailTroubleKind, Mailroom};
use store::{Filing, FilingStanding};

use super::watch::local;
use crate::open::Engine;
use crate::problems;

/// Copies filed before the inbox is looked at again.
const ROUND_MAX: usize = 20;
/// How long a copy that was given up stays in the account's health.
const REMEMBERED: Span = Span::from_days(7);
/// Messages put aside that are named one by one.
const NAMED_MAX: usize = 3;

impl Engine {
    /// Files the copies that are due.
    pub(super) async fn file_copies(
        &self,
        room: &mut Mailroom,
        account: AccountId,
        folders: &[Folder],
    ) -> Result<(), MailTrouble> {
        let store = &self.inner.store;
        let kept = |error| local(problems::from_store(error));
        let sent = folders.iter().find(|folder| folder.kind == FolderUse::Sent);
        for _ in 0..ROUND_MAX {
            let due = store
                .begin_filing(account, self.now())
                .await
                .map_err(kept)?;
            let Some(submission) = due else {
                return Ok(());
            };
            let copy = self.read(move |store| store.filing(submission)).await;
            let tried = match (sent, copy) {
                (Some(folder), Ok(filing)) => file(room, folder, &filing).await,
                // Ours, and no fault of the connection.
                (_, Err(problem)) => Err(refused(problem.detail)),
                (None, Ok(_)) => Err(refused(
                    "the server lists no folder for sent mail".to_owned(),
                )),
            };
            let now = self.now();
            match tried {
                Ok(found) => store.filed(submission, found, now).await.map_err(kept)?,
                Err(trouble) => {
                    tracing::warn!(id = %submission, error = %trouble, "no copy was filed");
                    let failed = store.filing_failed(submission, trouble.text.clone(), now);
                    failed.await.map_err(kept)?;
                    match trouble.kind {
                        MailTroubleKind::Connection | MailTroubleKind::Login => {
                            return Err(trouble);
                        }
                        // A refusal leaves the connection as it was; anything else shows here.
                        MailTroubleKind::Protocol => room.noop().await?,
                    }
                }
            }
        }
        Ok(())
    }

    /// What a person should know of an account whose mail is read: which folders go `unread`, what is
    /// missing in the others, and, where Sendoff `files` copies, which of those are.
    pub(super) async fn amiss(
        &self,
        account: AccountId,
        files: bool,
        unread: Vec<String>,
    ) -> Result<Option<String>, Problem> {
        let since = self.now() - REMEMBERED;
        let (asides, copies) = self
            .read(move |store| {
                let copies = match files {
                    true => store.filing_standing(account, since)?,
                    false => FilingStanding::default(),
                };
                Ok((store.asides(account)?, copies))
            })
            .await?;
        let mut said = unread;
        if let Some(first) = asides.first() {
            let named: Vec<String> = asides
                .iter()
                .take(NAMED_MAX)
                .map(|aside| format!("UID {} in `{}`", aside.uid, aside.folder))
                .collect();
            said.push(format!(
                "{} put aside ({}{}): {}; asked for again until it comes, so delete \
                 or move it at the server if it never does",
                counted(asides.len(), "message is", "messages are"),
                named.join(", "),
                if asides.len() > NAMED_MAX {
                    ", …"
                } else {
                    ""
                },
                first.why,
            ));
        }
        let copies_missing = copies.waiting.saturating_add(copies.given_up);
        if copies_missing > 0 {
            let count = usize::try_from(copies_missing).unwrap_or(usize::MAX);
            said.push(format!(
                "{} not filed in Sent ({} given up): {}; the mail itself left — make room or a \
                 Sent folder there, or set `sent=none`",
                counted(count, "copy is", "copies are"),
                copies.given_up,
                copies.why.as_deref().unwrap_or("the tries were cut off"),
            ));
        }
        Ok((!said.is_empty()).then(|| said.join("; ")))
    }
}

/// What leaves the connection as it was.
fn refused(text: String) -> MailTrouble {
    MailTrouble {
        kind: MailTroubleKind::Protocol,
        text,
    }
}

/// Files one copy; true if it stood there already.
async fn file(room: &mut Mailroom, folder: &Folder, filing: &Filing) -> Result<bool, MailTrouble> {
    if room
        .has_message(&folder.name, &filing.sealed.message_id)
        .await?
    {
        return Ok(true);
    }
    let date = mail::compose::date_header(filing.dated_at);
    room.append(&folder.name, &filing.sealed.with_date(&date))
        .await?;
    Ok(false)
}

fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}
