//! What happened: charts, search, and what the rules saw.

use domain::{Actor, Code, Problem, Span, Timestamp};
use engine::{Find, Search, Traffic, WAIT_EDGES};
use serde::Deserialize;
use serde_json::Value;
use ts_rs::TS;

use crate::args::{self, ById};
use crate::table::Desk;
use crate::view::{
    self, FactGroup, FactLine, FactsView, FoundRow, IntentWord, Page, TrafficColumn, TrafficView,
    WaitClass,
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
    pub after: Option<String>,
    pub limit: Option<u32>,
}

pub(crate) async fn search(desk: &Desk<'_>, args: SearchArgs) -> Result<Page<FoundRow>, Problem> {
    let search = searched(&args.query)?;
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

/// Reads what was typed. A word in quotation marks may hold spaces.
fn searched(query: &str) -> Result<Search, Problem> {
    let mut search = Search::default();
    for word in split(query) {
        let (key, value) = match word.split_once(':') {
            Some((key, value)) if !value.is_empty() => (key, value.to_owned()),
            Some(_) | None => ("", word.clone()),
        };
        match key {
            "from" | "mailbox" => search.from = Some(value),
            "to" => search.to = Some(value),
            "agent" => search.agent = Some(value),
            "rule" => search.rule = Some(value),
            "state" => {
                let state = serde_json::from_value::<view::StateName>(Value::String(value.clone()));
                let state = state.map_err(|_| {
                    let detail =
                        format!("`{value}` is not a state; say `state:held` or `state:sent`");
                    Problem::new(Code::InvalidField, detail).at("/query")
                })?;
                search.state = Some(state.into());
            }
            "intent" => {
                let word = serde_json::from_value::<IntentWord>(Value::String(value.clone()));
                if word.is_err() {
                    let detail = format!(
                        "`{value}` is not an intent; say `intent:question` or `intent:unsubscribe`"
                    );
                    return Err(Problem::new(Code::InvalidField, detail).at("/query"));
                }
                search.intent = Some(value);
            }
            "before" => search.before = Some(day(&value)?),
            "after" => search.after = Some(day(&value)?),
            _ => search.words.push(word),
        }
    }
    Ok(search)
}

/// The first instant of a date, in UTC.
fn day(text: &str) -> Result<Timestamp, Problem> {
    format!("{text}T00:00:00Z").parse().map_err(|_| {
        let detail = format!("`{text}` is not a date; write it as `2026-11-22`");
        Problem::new(Code::InvalidField, detail).at("/query")
    })
}

fn split(query: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for letter in query.chars() {
        match letter {
            '"' => quoted = !quoted,
            space if space.is_whitespace() && !quoted => {
                words.push(std::mem::take(&mut word));
            }
            letter => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
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
    use domain::StateName;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_typed_becomes_words_and_filters() {
        let search =
            searched("to:acme.com \"two words\" state:held invoice: after:2026-11-01").unwrap();
        assert_eq!(search.words, ["two words", "invoice:"]);
        assert_eq!(search.to.as_deref(), Some("acme.com"));
        assert_eq!(search.state, Some(StateName::Held));
        assert_eq!(
            search.after.map(|at| at.to_string()),
            Some("2026-11-01T00:00:00.000000Z".to_owned())
        );
        assert_eq!(
            searched("https://x.example/a").unwrap().words,
            ["https://x.example/a"]
        );
        for wrong in ["state:gone", "before:tomorrow"] {
            let problem = searched(wrong).unwrap_err();
            assert_eq!(
                (problem.code, problem.pointer.as_deref()),
                (Code::InvalidField, Some("/query"))
            );
        }
    }

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
