//! What is typed into a search, in the window and in a terminal: words and filters.
//!
//! One filter is one line of [`FILTERS`], which the terminal's help prints and the window's hints
//! are held against.

use domain::{Code, Problem, Timestamp};
use engine::Search;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::Value;

use crate::view::{IntentWord, StateName};

/// The filters, and what each takes.
pub const FILTERS: [(&str, &str); 11] = [
    ("from", "part of a sender"),
    ("to", "part of a recipient"),
    ("account", "part of the mailbox it left or came to"),
    ("agent", "part of its name"),
    ("state", "held, sent, rejected, failed…"),
    ("rule", "the rule that decided"),
    ("intent", "what received mail wants: question, unsubscribe…"),
    ("is", "unread"),
    ("has", "attachment"),
    ("before", "2026-11-22"),
    ("after", "2026-11-01"),
];

/// Reads what was typed into the field at `pointer`. A word in quotation marks may hold spaces.
/// A day is one of `zone`, an IANA name, where the person is; of UTC without one.
pub(crate) fn typed(query: &str, zone: Option<&str>, pointer: &str) -> Result<Search, Problem> {
    let wrong = |detail: String| Problem::new(Code::InvalidField, detail).at(pointer);
    let mut search = Search::default();
    for word in split(query) {
        let (key, value) = match word.split_once(':') {
            Some((key, value)) if !value.is_empty() => (key, value.to_owned()),
            Some(_) | None => ("", word.clone()),
        };
        match key {
            "from" => search.from = Some(value),
            "to" => search.to = Some(value),
            "account" | "mailbox" => search.account = Some(value),
            "agent" => search.agent = Some(value),
            "rule" => search.rule = Some(value),
            "state" => {
                let state = serde_json::from_value::<StateName>(Value::String(value.clone()));
                let state = state.map_err(|_| {
                    wrong(format!(
                        "`{value}` is not a state; say `state:held` or `state:sent`"
                    ))
                })?;
                search.state = Some(state.into());
            }
            "intent" => {
                if serde_json::from_value::<IntentWord>(Value::String(value.clone())).is_err() {
                    return Err(wrong(format!(
                        "`{value}` is not an intent; say `intent:question` or `intent:unsubscribe`"
                    )));
                }
                search.intent = Some(value);
            }
            "is" if value == "unread" => search.is_unread = true,
            "is" => return Err(wrong(format!("`is:{value}` is no filter; say `is:unread`"))),
            "has" if value == "attachment" => search.has_attachment = true,
            "has" => {
                let detail = format!("`has:{value}` is no filter; say `has:attachment`");
                return Err(wrong(detail));
            }
            "before" => search.before = Some(midnight(&value, zone).map_err(wrong)?),
            "after" => search.after = Some(midnight(&value, zone).map_err(wrong)?),
            _ => search.words.push(word),
        }
    }
    Ok(search)
}

/// The first instant of a date: midnight, or what follows it where clocks skip it.
fn midnight(text: &str, zone: Option<&str>) -> Result<Timestamp, String> {
    let date = Date::strptime("%Y-%m-%d", text)
        .map_err(|_| format!("`{text}` is not a date; write it as `2026-11-22`"))?;
    let zone = match zone {
        None => TimeZone::UTC,
        Some(name) => TimeZoneDatabase::bundled().get(name).map_err(|_| {
            format!("`{name}` is not a time zone; name one as `Europe/Lisbon`, or none for UTC")
        })?,
    };
    let first = date
        .to_zoned(zone)
        .map_err(|_| format!("`{text}` is too far away; write a date as `2026-11-22`"))?;
    Ok(Timestamp::from_micros(first.timestamp().as_microsecond()))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Search {
        typed(query, None, "/query").unwrap()
    }

    #[test]
    fn a_day_is_one_of_the_zone_of_who_asks() {
        let first = |day: &str, zone: Option<&str>| {
            let search = typed(&format!("after:{day}"), zone, "/query").unwrap();
            search.after.map(|at| at.to_string()).unwrap()
        };
        for (day, zone, wanted) in [
            ("2026-11-22", None, "2026-11-22T00:00:00.000000Z"),
            ("2026-11-22", Some("UTC"), "2026-11-22T00:00:00.000000Z"),
            (
                "2026-11-22",
                Some("America/New_York"),
                "2026-11-22T05:00:00.000000Z",
            ),
            (
                "2026-07-22",
                Some("America/New_York"),
                "2026-07-22T04:00:00.000000Z",
            ),
            (
                "2026-11-22",
                Some("Asia/Kolkata"),
                "2026-11-21T18:30:00.000000Z",
            ),
            // Clocks go from 23:59 to 01:00: there is no midnight.
            (
                "2018-11-04",
                Some("America/Sao_Paulo"),
                "2018-11-04T03:00:00.000000Z",
            ),
        ] {
            assert_eq!(first(day, zone), wanted, "{day} in {zone:?}");
        }
        let problem = typed("before:2026-11-22", Some("Mars/Olympus"), "/query").unwrap_err();
        assert!(problem.detail.contains("`Mars/Olympus` is not a time zone"));
        assert!(
            typed("a word", Some("Mars/Olympus"), "/query").is_ok(),
            "no day, no zone"
        );
    }

    #[test]
    fn what_is_typed_becomes_words_and_filters() {
        let search = read("to:acme.com \"two words\" state:held invoice: after:2026-11-01");
        assert_eq!(search.words, ["two words", "invoice:"]);
        assert_eq!(search.to.as_deref(), Some("acme.com"));
        assert_eq!(search.state, Some(domain::StateName::Held));
        assert_eq!(
            search.after.map(|at| at.to_string()),
            Some("2026-11-01T00:00:00.000000Z".to_owned())
        );
        let search = read("is:unread has:attachment account:team@ours.example");
        assert!(search.is_unread && search.has_attachment && search.words.is_empty());
        assert_eq!(search.account.as_deref(), Some("team@ours.example"));
        assert!(!search.is_words_only() && read("two words").is_words_only());
        assert_eq!(
            read("https://x.example/a").words,
            ["https://x.example/a"],
            "no filter"
        );
        for wrong in [
            "state:gone",
            "before:tomorrow",
            "before:2026-11-22T10:00",
            "after:2026-02-30",
            "is:here",
            "has:wings",
            "intent:war",
        ] {
            let problem = typed(wrong, None, "/search").unwrap_err();
            assert_eq!(
                (problem.code, problem.pointer.as_deref()),
                (Code::InvalidField, Some("/search")),
                "{wrong}"
            );
        }
    }

    #[test]
    fn every_filter_is_read_and_offered_in_the_window() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../ui/src/shared/filters.ts"
        );
        let window = std::fs::read_to_string(path).unwrap();
        for (name, says) in FILTERS {
            let value = match name {
                "state" => "held",
                "intent" => "question",
                "before" | "after" | "is" | "has" => says,
                _ => "x",
            };
            let search = read(&format!("{name}:{value}"));
            assert!(!search.is_words_only(), "`{name}:` is read as a word");
            assert!(
                window.contains(&format!("name: \"{name}\"")),
                "{name}: is not offered"
            );
        }
        assert_eq!(window.matches("name: \"").count(), FILTERS.len());
    }
}
