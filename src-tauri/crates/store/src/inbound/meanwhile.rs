//! What came in about a mail while it was still on the wire: a copy in Sent, a report. It was kept
//! and could settle nothing then, for the attempt had not ended; it is looked at again when it ends.

use domain::StateName;
use domain::received::ReportOutcome;
use domain::{SentCopy, Timestamp};
use rusqlite::params;

use crate::inbound::ingest::place_of;
use crate::inbound::reads::{inbound_row, numbers};
use crate::sqlite::codec::int;
use crate::sqlite::directory::accounts_where;
use crate::sqlite::fault::Done;
use crate::sqlite::submissions::by_number;
use crate::sqlite::tx::Tx;

/// Messages that came in during one attempt that are looked at.
const MESSAGES_MAX: usize = 100;

impl Tx<'_> {
    /// An attempt, by row numbers, has just ended: what came in since it began says how, where it
    /// says more than its relay did.
    pub(crate) fn heard_meanwhile(
        &mut self,
        submission: i64,
        attempt: i64,
        at: Timestamp,
    ) -> Done<()> {
        let since: i64 = self
            .conn
            .prepare_cached("SELECT started_at FROM attempts WHERE n = ?1")?
            .query_row([attempt], |row| row.get(0))?;
        self.reported_meanwhile(submission, since, at)?;
        let loaded = by_number(self.conn, submission)?;
        if loaded.row.state.name() != StateName::Uncertain {
            return Ok(());
        }
        let uuid = loaded.row.account.uuid();
        let account = accounts_where(self.conn, "WHERE id = ?1", &[uuid.as_bytes()])?.pop();
        let proves = account
            .and_then(|account| account.imap)
            .is_some_and(|imap| imap.sent_copy == SentCopy::Provider);
        // A copy of an earlier attempt says nothing of whom this one was for.
        let has_copy = self
            .conn
            .prepare_cached("SELECT 1 FROM sent_copies WHERE submission = ?1 AND at >= ?2")?
            .exists(params![submission, since])?;
        if proves && has_copy {
            self.settled_by_copy(submission, at)?;
        }
        Ok(())
    }

    fn reported_meanwhile(&mut self, submission: i64, since: i64, at: Timestamp) -> Done<()> {
        let messages = numbers(
            self.conn,
            "SELECT n FROM inbound WHERE submission = ?1 AND arrived_at >= ?2
             AND link IN ('message_id', 'token', 'report') ORDER BY n LIMIT ?3",
            &[&submission, &since, &int(MESSAGES_MAX)],
        )?;
        for n in messages {
            let loaded = by_number(self.conn, submission)?;
            for report in inbound_row(self.conn, n)?.read.reports {
                let recipients = &loaded.row.recipients;
                let place = place_of(&loaded, &report);
                let Some(recipient) = place.and_then(|place| recipients.get(place)) else {
                    continue;
                };
                match report.outcome {
                    ReportOutcome::Dead | ReportOutcome::Failed | ReportOutcome::Refused => {
                        let said = report.diagnostic.as_deref().unwrap_or_default();
                        self.came_back(submission, &recipient.address, said, at)?;
                    }
                    ReportOutcome::Delivered => {
                        self.arrived(submission, &recipient.address, at)?;
                    }
                    ReportOutcome::Complained
                    | ReportOutcome::OptedOut
                    | ReportOutcome::Delayed => {}
                }
            }
        }
        Ok(())
    }
}
