//! What a chart shows: how asks went over time, how long people took, and what came back.

use domain::{AgentId, Problem, Span, StateName, Timestamp, Verdict};
use store::{AskedRow, Review};

use crate::open::Engine;

/// Submissions one chart is made of; a busier time is charted from the newest of them.
pub const TRAFFIC_ROWS_MAX: usize = 50_000;
/// Columns of a chart.
const COLUMNS_MAX: usize = 60;
/// Upper edges of the waiting times a person is told apart by; the last class has none.
pub const WAIT_EDGES: [Span; 6] = [
    Span::from_minutes(1),
    Span::from_minutes(5),
    Span::from_minutes(30),
    Span::from_hours(2),
    Span::from_hours(8),
    Span::from_hours(24),
];

/// How asks went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Traffic {
    /// One column per stretch of time, oldest first, empty ones included.
    pub columns: Vec<TrafficColumn>,
    /// How many decisions by a person took up to each of [`WAIT_EDGES`], and longer than all.
    pub waits: [u32; WAIT_EDGES.len() + 1],
    /// Half of the decisions by a person came within.
    pub wait_median: Option<Span>,
    /// Nine of ten came within.
    pub wait_ninetieth: Option<Span>,
    /// Left and was taken by the relay.
    pub sent: u32,
    /// Was taken and came back.
    pub bounced: u32,
    /// Could not be delivered.
    pub failed: u32,
    /// Somebody reported it as spam, in the same stretch of time.
    pub complained: u32,
    /// False if there was more than [`TRAFFIC_ROWS_MAX`], and the oldest columns miss some.
    pub whole: bool,
}

/// Asks of one stretch of time, by the verdict of their first judgement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TrafficColumn {
    /// Where it begins.
    pub from: Timestamp,
    /// Left alone.
    pub allowed: u32,
    /// Put off until later.
    pub deferred: u32,
    /// A person was asked.
    pub held: u32,
    /// Refused.
    pub blocked: u32,
}

impl Engine {
    /// How asks went in the last `columns` stretches of `stretch` each.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn traffic(
        &self,
        stretch: Span,
        columns: usize,
        agent: Option<AgentId>,
    ) -> Result<Traffic, Problem> {
        let now = self.now();
        let columns = columns.clamp(1, COLUMNS_MAX);
        let length = i64::try_from(columns).unwrap_or(i64::MAX);
        let from = Timestamp::from_micros(
            now.micros()
                .saturating_sub(stretch.micros().saturating_mul(length)),
        );
        let (rows, complained) = self
            .read(move |store| {
                let rows = store.asked_since(from, agent, TRAFFIC_ROWS_MAX)?;
                Ok((rows, store.complaints_since(from, agent)?))
            })
            .await?;
        Ok(Traffic {
            complained,
            ..fold(&rows, from, stretch, columns)
        })
    }
}

/// Rows into columns and classes.
fn fold(rows: &[AskedRow], from: Timestamp, stretch: Span, columns: usize) -> Traffic {
    let step = stretch.micros().max(1);
    let mut traffic = Traffic {
        columns: (0_i64..)
            .take(columns)
            .map(|place| TrafficColumn {
                from: Timestamp::from_micros(from.micros().saturating_add(step * place)),
                allowed: 0,
                deferred: 0,
                held: 0,
                blocked: 0,
            })
            .collect(),
        waits: [0; WAIT_EDGES.len() + 1],
        wait_median: None,
        wait_ninetieth: None,
        sent: 0,
        bounced: 0,
        failed: 0,
        complained: 0,
        whole: rows.len() < TRAFFIC_ROWS_MAX,
    };
    let mut waits = Vec::new();
    for row in rows {
        let place = (row.asked_at.micros() - from.micros()).div_euclid(step);
        let place = usize::try_from(place).unwrap_or(0).min(columns - 1);
        if let Some(column) = traffic.columns.get_mut(place) {
            match row.first {
                Verdict::Allow => column.allowed += 1,
                Verdict::Defer => column.deferred += 1,
                Verdict::Hold => column.held += 1,
                Verdict::Block => column.blocked += 1,
            }
        }
        match row.state {
            StateName::Sent => traffic.sent += 1,
            StateName::Bounced => traffic.bounced += 1,
            StateName::Failed => traffic.failed += 1,
            StateName::Observed
            | StateName::Held
            | StateName::Deferred
            | StateName::Queued
            | StateName::Sending
            | StateName::Uncertain
            | StateName::Blocked
            | StateName::Rejected
            | StateName::Expired
            | StateName::Cancelled => {}
        }
        if let Some((Review::Approved | Review::Edited | Review::Rejected, at)) = row.reviewed {
            waits.push((at.micros() - row.asked_at.micros()).max(0));
        }
    }
    waits.sort_unstable();
    for wait in &waits {
        let class = WAIT_EDGES
            .iter()
            .take_while(|edge| *wait > edge.micros())
            .count();
        if let Some(count) = traffic.waits.get_mut(class) {
            *count += 1;
        }
    }
    let at = |share: usize| {
        let place = (waits.len().saturating_sub(1)) * share / 100;
        waits.get(place).copied().map(Span::from_micros)
    };
    traffic.wait_median = at(50);
    traffic.wait_ninetieth = at(90);
    traffic
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: Timestamp = Timestamp::from_seconds(1_000_000);

    fn row(minute: i64, first: Verdict, state: StateName, wait: Option<i64>) -> AskedRow {
        let asked_at = FROM + Span::from_minutes(minute);
        AskedRow {
            asked_at,
            state,
            first,
            reviewed: wait
                .map(|minutes| (Review::Approved, asked_at + Span::from_minutes(minutes))),
        }
    }

    #[test]
    fn each_ask_stands_in_the_column_of_its_time_by_its_first_verdict() {
        let rows = [
            row(119, Verdict::Hold, StateName::Held, None),
            row(61, Verdict::Allow, StateName::Sent, None),
            row(0, Verdict::Block, StateName::Blocked, None),
        ];
        let traffic = fold(&rows, FROM, Span::from_hours(1), 3);
        let counts: Vec<_> = traffic
            .columns
            .iter()
            .map(|c| (c.allowed, c.deferred, c.held, c.blocked))
            .collect();
        assert_eq!(counts, [(0, 0, 0, 1), (1, 0, 1, 0), (0, 0, 0, 0)]);
        assert_eq!((traffic.sent, traffic.bounced, traffic.whole), (1, 0, true));
        assert_eq!(traffic.wait_median, None, "nobody has decided anything");
    }

    #[test]
    fn waiting_times_are_those_of_people_alone() {
        let mut rows: Vec<_> = (1..=10)
            .map(|minutes| row(0, Verdict::Hold, StateName::Sent, Some(minutes)))
            .collect();
        rows.push(AskedRow {
            reviewed: Some((Review::Settled, FROM + Span::from_days(9))),
            ..row(0, Verdict::Hold, StateName::Failed, None)
        });
        let traffic = fold(&rows, FROM, Span::from_hours(1), 1);
        assert_eq!(traffic.waits, [1, 4, 5, 0, 0, 0, 0]);
        assert_eq!(traffic.wait_median, Some(Span::from_minutes(5)));
        assert_eq!(traffic.wait_ninetieth, Some(Span::from_minutes(9)));
    }
}
