//! What happened: charts, search, and what the rules saw.

use domain::{Actor, Code, Problem, Span};
use engine::{Find, Traffic, WAIT_EDGES};
use serde::Deserialize;
use serde_json::Value;
use ts_rs::TS;

use crate::args::{self, ById};
use crate::search::typed;
use crate::table::Desk;
use crate::view::{
    FactGroup, FactLine, FactsView, FoundRow, Page, TrafficColumn, TrafficView, WaitClass,
};
use crate::words;
use crate::{inbox, rows};

/// Facts listed of one kind; a message to 500 people has more than anybody reads.
const FACTS_EACH_MAX: usize = 120;

/// How far a chart looks back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Period {
    /// By the hour.
    Day,
    /// By six hours.
    Week,
    /// By the day.
    Month,
}

/// Which chart.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub(crate) struct TrafficArgs {
    pub period: Period,
    /// Only this agent's.
    pub agent: Option<String>,
}

pub(crate) async fn traffic(desk: &Desk<'_>, args: TrafficArgs) -> Result<TrafficView, Problem> {
    let (stretch, columns) = match args.period {
        Period::Day => (Span::from_hours(1), 24),
        Period::Week => (Span::from_hours(6), 28),
        Period::Month => (Span::from_days(1), 30),
    };
    let agent = args
        .agent
        .map(|id| args::parse(&id, "/agent"))
        .transpose()?;
    let traffic = desk.engine.traffic(stretch, columns, agent).await?;
    Ok(charted(&traffic, stretch))
}

fn charted(traffic: &Traffic, stretch: Span) -> TrafficView {
    let seconds = |span: Span| u32::try_from(span.seconds().max(0)).unwrap_or(u32::MAX);
    TrafficView {
        columns: traffic
            .columns
            .iter()
            .map(|column| TrafficColumn {
                from: column.from.to_string(),
                to: (column.from + stretch).to_string(),
                allowed: column.allowed,
                deferred: column.deferred,
                held: column.held,
                blocked: column.blocked,
            })
            .collect(),
        waits: wait_titles()
            .into_iter()
            .zip(traffic.waits)
            .map(|(title, count)| WaitClass { title, count })
            .collect(),
        wait_median_seconds: traffic.wait_median.map(seconds),
        wait_ninetieth_seconds: traffic.wait_ninetieth.map(seconds),
        sent: traffic.sent,
        bounced: traffic.bounced,
        failed: traffic.failed,
        complained: traffic.complained,
        note: (!traffic.whole).then(|| {
            format!(
                "Made of the newest {} asks; the oldest columns miss some.",
                engine::TRAFFIC_ROWS_MAX
            )
        }),
    }
}

/// `under 1 min` … `over 1 d`, one more than there are edges.
fn wait_titles() -> Vec<String> {
    let short = |span: Span| match span.seconds() {
        seconds if seconds < 3_600 => format!("{} min", seconds / 60),
        seconds if seconds < 86_400 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    };
    let mut titles: Vec<String> = WAIT_EDGES
        .iter()
        .map(|edge| format!("under {}", short(*edge)))
        .collect();
    titles.extend(
        WAIT_EDGES
            .last()
            .map(|edge| format!("over {}", short(*edge))),
    );
    titles
}

/// What to look for: words, and filters in front of a colon.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub(crate) struct SearchArgs {
    /// `from:` `to:` `agent:` `intent:` `rule:` `state:` `before:` `after:` (dates as `2026-11-22`) and words.
    pub query: String,
    /// Whose days `before:` and `after:` name, as `Europe/Lisbon`; UTC's without one.
    pub zone: Option<String>,
    pub after: Option<String>,
    pub limit: Option<u32>,
}

pub(crate) async fn search(desk: &Desk<'_>, args: SearchArgs) -> Result<Page<FoundRow>, Problem> {
    let search = typed(&args.query, args.zone.as_deref(), "/query")?;
    let page = desk
        .engine
        .search(search, args.after, args::page(args.limit))
        .await?;
    Ok(Page {
        rows: page.rows.iter().map(found).collect(),
        next: page.next,
        total: None,
    })
}

fn found(find: &Find) -> FoundRow {
    match find {
        Find::Asked(row) => FoundRow {
            id: row.id.to_string(),
            at: row.asked_at.to_string(),
            asked: Some(rows::activity_row(row)),
            received: None,
        },
        Find::Received(row) => FoundRow {
            id: row.id.to_string(),
            at: row.arrived_at.to_string(),
            asked: None,
            received: Some(inbox::found(row)),
        },
    }
}

/// What the rules saw when they judged.
pub(crate) async fn facts(desk: &Desk<'_>, args: ById) -> Result<FactsView, Problem> {
    let id = args::parse(&args.id, "/id")?;
    let row = desk.engine.decision(Actor::Operator, id).await?;
    let recorded = serde_json::to_value(&row.facts).map_err(|error| {
        tracing::error!(%error, "facts could not be written");
        Problem::new(
            Code::Internal,
            "the facts of this decision could not be read",
        )
    })?;
    Ok(FactsView {
        decision: args.id,
        groups: grouped(&recorded),
    })
}

/// Every recorded fact, one line each, by its first word. A fact added tomorrow shows by itself.
fn grouped(facts: &Value) -> Vec<FactGroup> {
    let Some(fields) = facts.as_object() else {
        return Vec::new();
    };
    let mut plain = FactGroup {
        title: "Occasion".to_owned(),
        facts: Vec::new(),
    };
    let mut groups = Vec::new();
    for (name, value) in fields {
        if name == "usage" {
            groups.push(usage(value));
            continue;
        }
        let mut facts = Vec::new();
        lines("", value, &mut facts);
        match value {
            Value::Object(_) | Value::Array(_) => groups.push(FactGroup {
                title: capital(name),
                facts,
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                plain.facts.push(FactLine {
                    name: readable(name),
                    value: said(value),
                });
            }
        }
    }
    groups.retain(|group| !group.facts.is_empty());
    if !plain.facts.is_empty() {
        groups.insert(0, plain);
    }
    groups
}

/// Slots taken per scope and window, the sub-buckets summed.
fn usage(value: &Value) -> FactGroup {
    let rows = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let word = |row: &Value, key: &str| row.get(key).map(said).unwrap_or_default();
    let facts = rows
        .iter()
        .filter_map(|row| {
            let buckets = row.get("buckets")?.as_array()?;
            let taken: u64 = buckets
                .iter()
                .filter_map(|bucket| bucket.get(1)?.as_u64())
                .sum();
            (taken > 0).then(|| FactLine {
                name: format!("{}, {}", word(row, "scope"), word(row, "window")),
                value: format!("{taken} taken or promised"),
            })
        })
        .collect();
    FactGroup {
        title: "Windows".to_owned(),
        facts,
    }
}

fn lines(path: &str, value: &Value, into: &mut Vec<FactLine>) {
    if into.len() >= FACTS_EACH_MAX {
        return;
    }
    let below = |name: &str| match path {
        "" => readable(name),
        path => format!("{path} · {}", readable(name)),
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                lines(&below(name), value, into);
            }
        }
        Value::Array(list)
            if list
                .iter()
                .all(|each| !each.is_object() && !each.is_array()) =>
        {
            if !list.is_empty() {
                into.push(FactLine {
                    name: path.to_owned(),
                    value: list.iter().map(said).collect::<Vec<_>>().join(", "),
                });
            }
        }
        Value::Array(list) => {
            for (place, value) in list.iter().enumerate() {
                lines(&below(&(place + 1).to_string()), value, into);
            }
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => into.push(FactLine {
            name: path.to_owned(),
            value: said(value),
        }),
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn readable(name: &str) -> String {
    name.replace('_', " ")
}

fn capital(name: &str) -> String {
    words::sentence(&readable(name))
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_recorded_fact_has_a_line_and_empty_ones_have_none() {
        let facts = json!({"moment": "check", "agent": {"name": "bot", "paused_at": null, "held": 3},
            "recipients": [{"address": "a@b.c", "tags": []}, {"address": "d@e.f", "known": true}],
            "usage": [{"scope": "agent", "window": "hour", "buckets": [[1, 2], [4, 5]]},
                      {"scope": "agent", "window": "day", "buckets": []}]});
        let groups = grouped(&facts);
        let flat: Vec<String> = groups
            .iter()
            .flat_map(|g| {
                g.facts
                    .iter()
                    .map(|f| format!("{}/{}={}", g.title, f.name, f.value))
            })
            .collect();
        assert_eq!(
            flat,
            [
                "Occasion/moment=check",
                "Agent/held=3",
                "Agent/name=bot",
                "Recipients/1 · address=a@b.c",
                "Recipients/2 · address=d@e.f",
                "Recipients/2 · known=yes",
                "Windows/agent, hour=7 taken or promised",
            ]
        );
    }

    #[test]
    fn there_is_a_title_for_every_class_of_waiting() {
        let titles = wait_titles();
        assert_eq!(titles.first().map(String::as_str), Some("under 1 min"));
        assert_eq!(titles.last().map(String::as_str), Some("over 1 d"));
        assert_eq!(titles.len(), WAIT_EDGES.len() + 1);
    }
}
