//! Settling: what a person knows of a delivery nobody else knows the end of.

use domain::StateName;
use domain::journal::JournalKind;
use domain::submission::Settlement;
use domain::{Actor, ApprovalHash, RecipientState, SubmissionId, Timestamp, limits};
use serde_json::json;

use crate::erasure::must_have_bytes;
use crate::handle::Store;
use crate::reply::Reply;
use crate::review::{must_show, shown, wrong};
use crate::rows::{Review, ReviewRow, SubmissionRow};
use crate::sqlite::fault::Done;
use crate::sqlite::submissions::{Loaded, need};

impl Store {
    /// A person settles an uncertain delivery; or has a failed one sent again, or sees it off
    /// ([`Settlement::GiveUp`] leaves it failed and takes it from the counts). With a hash, only
    /// what was on screen.
    pub fn settle(
        &self,
        id: SubmissionId,
        hash: Option<ApprovalHash>,
        how: Settlement,
        now: Timestamp,
    ) -> Reply<SubmissionRow> {
        self.write(move |tx| {
            let before = need(tx.conn, id)?;
            match before.row.state.name() {
                StateName::Uncertain | StateName::Failed => {}
                // What is on the wire settles itself; the domain's steps from there are not a
                // person's to take.
                StateName::Sending
                | StateName::Observed
                | StateName::Held
                | StateName::Deferred
                | StateName::Queued
                | StateName::Sent
                | StateName::Bounced
                | StateName::Blocked
                | StateName::Rejected
                | StateName::Expired
                | StateName::Cancelled => return Err(wrong("settle", &before)),
            }
            must_show(&before, hash)?;
            if how == Settlement::Resend {
                must_have_bytes(tx, before.version_n, "sent again")?;
            }
            let at = tx.at(now);
            let mut after = before.clone();
            settled(&mut after, how, at)?;
            after.row.review = Some(ReviewRow {
                outcome: Review::Settled,
                reason: None,
                question: None,
                at,
            });
            let mut body = shown(hash);
            body.insert("how".to_owned(), json!(how));
            tx.delivered(&before, &after, at)?;
            tx.moved(
                &before,
                after,
                at,
                Actor::Operator,
                JournalKind::Settled,
                body,
            )
        })
    }
}

/// The step a settlement is, recipient by recipient.
fn settled(loaded: &mut Loaded, how: Settlement, at: Timestamp) -> Done<()> {
    let state = loaded.row.state.clone();
    let failed = state.name() == StateName::Failed;
    match how {
        Settlement::Sent => {
            loaded.set_recipients(RecipientState::Uncertain, RecipientState::Accepted);
            let settled = state.clone().sent(at)?;
            // Some were refused for now before the wire broke: they are still to be written to.
            loaded.row.state = if loaded.any_open() {
                state.retried(at)?
            } else {
                settled
            };
        }
        Settlement::Resend => {
            loaded.set_recipients(RecipientState::Uncertain, RecipientState::Open);
            if failed {
                loaded.set_recipients(RecipientState::Refused, RecipientState::Open);
            }
            loaded.row.state = state.resent(at)?;
            // Its time may be over by now, and a person says that it still matters.
            loaded.row.send_by = loaded.row.send_by.max(at + limits::DELIVERY_GIVE_UP);
            loaded.slot = loaded.slot.or(Some(at));
            loaded.seen = false;
        }
        Settlement::GiveUp if failed => loaded.seen = true,
        Settlement::GiveUp => {
            loaded.ended(state.failed("given up by a person".to_owned())?, at)?;
            loaded.seen = loaded.row.state.name() == StateName::Failed;
        }
    }
    Ok(())
}
