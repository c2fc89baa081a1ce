//! What others reported of a message after the relay took it.

use domain::received::{Report, ReportOutcome};
use domain::{Problem, State};
use store::SubmissionRow;

use crate::open::Engine;

/// A report of a message that is sent, and did not come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reported {
    /// Every recipient's system says that it has it.
    Delivered,
    /// A recipient called it spam.
    Complained,
}

impl Engine {
    /// What was reported of each of these, as far as the report names the message and somebody it
    /// went to; none where nothing was, and where it is not sent.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn reported(&self, rows: &[SubmissionRow]) -> Result<Vec<Option<Reported>>, Problem> {
        let rows = rows.to_vec();
        self.read(move |store| {
            rows.iter()
                .map(|row| match row.state {
                    State::Sent { .. } => {
                        let about = store.inbound_about(row.id)?.into_iter();
                        let proven =
                            about.filter(|one| one.link.is_some_and(|kind| kind.is_proof()));
                        let reports: Vec<Report> =
                            proven.flat_map(|one| one.read.reports).collect();
                        Ok(of(row, &reports))
                    }
                    State::Observed
                    | State::Held { .. }
                    | State::Deferred { .. }
                    | State::Queued { .. }
                    | State::Sending { .. }
                    | State::Uncertain { .. }
                    | State::Bounced { .. }
                    | State::Blocked
                    | State::Rejected { .. }
                    | State::Failed { .. }
                    | State::Expired
                    | State::Cancelled => Ok(None),
                })
                .collect()
        })
        .await
    }
}

fn of(row: &SubmissionRow, reports: &[Report]) -> Option<Reported> {
    let says = |outcome: ReportOutcome| {
        let mut said = row.recipients.iter().map(|recipient| {
            let theirs = recipient.address.folded();
            reports.iter().any(|report| {
                let named = [Some(&report.address), report.original_address.as_ref()];
                let mut named = named.into_iter().flatten();
                report.outcome == outcome
                    && named.any(|named| {
                        let named: Result<domain::Address, _> = named.parse();
                        named.is_ok_and(|named| named.folded() == theirs)
                    })
            })
        });
        (said.clone().any(|one| one), said.all(|one| one))
    };
    match (
        says(ReportOutcome::Complained),
        says(ReportOutcome::Delivered),
    ) {
        ((true, _), _) => Some(Reported::Complained),
        ((false, _), (true, true)) => Some(Reported::Delivered),
        ((false, _), _) => None,
    }
}
