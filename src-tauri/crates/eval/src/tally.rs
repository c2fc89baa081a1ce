//! Counting: per family and measure, how many of how many, and which ids failed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

/// Ids listed per measure.
const LISTED_MAX: usize = 200;

/// A bar to clear.
#[derive(Clone, Copy)]
pub enum Bar {
    /// At least this share.
    AtLeast(f64),
    /// At most this share.
    AtMost(f64),
    /// Only told.
    None,
}

/// Counts of one set.
pub struct Tally {
    title: String,
    measures: Vec<(&'static str, Bar)>,
    counts: BTreeMap<String, BTreeMap<&'static str, (f64, f64)>>,
    failing: BTreeMap<&'static str, Vec<String>>,
    notes: Vec<String>,
}

impl Tally {
    /// For these measures, in this order.
    pub fn new(title: String, measures: &[(&'static str, Bar)]) -> Self {
        Self {
            title,
            measures: measures.to_vec(),
            counts: BTreeMap::new(),
            failing: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// Counts one case: did it happen? What should not have been is listed as failing.
    pub fn mark(&mut self, family: &str, measure: &'static str, id: &str, did: bool) {
        let is_bad_if_it_did = self
            .measures
            .iter()
            .any(|(name, bar)| *name == measure && matches!(bar, Bar::AtMost(_)));
        self.add(family, measure, f64::from(u8::from(did)), 1.0);
        if did == is_bad_if_it_did {
            let ids = self.failing.entry(measure).or_default();
            if ids.len() < LISTED_MAX {
                ids.push(id.to_owned());
            }
        }
    }

    /// Counts `hits` of `of`.
    pub fn add(&mut self, family: &str, measure: &'static str, hits: f64, of: f64) {
        for family in [family, ""] {
            let cell = self
                .counts
                .entry(family.to_owned())
                .or_default()
                .entry(measure)
                .or_insert((0.0, 0.0));
            cell.0 += hits;
            cell.1 += of;
        }
    }

    /// A sentence below the table.
    pub fn note(&mut self, sentence: String) {
        self.notes.push(sentence);
    }

    /// The table; the set as a whole in the last row, the bars below.
    pub fn table(&self, verbose: bool) -> String {
        let mut out = format!("\n== {}\n", self.title);
        let width = self
            .counts
            .keys()
            .map(|k| k.chars().count())
            .max()
            .unwrap_or(0)
            .max(14);
        let columns: Vec<usize> = self
            .measures
            .iter()
            .map(|(name, _)| name.chars().count().max(15))
            .collect();
        let _ = write!(out, "{:width$}", "");
        for ((name, _), column) in self.measures.iter().zip(&columns) {
            let _ = write!(out, "  {name:>column$}");
        }
        out.push('\n');
        let mut rows: Vec<(&String, &BTreeMap<_, _>)> = self
            .counts
            .iter()
            .filter(|(family, _)| !family.is_empty())
            .collect();
        rows.extend(self.counts.get_key_value(""));
        for (family, cells) in rows {
            let name = if family.is_empty() {
                "the whole set"
            } else {
                family
            };
            let _ = write!(out, "{name:width$}");
            for ((measure, _), column) in self.measures.iter().zip(&columns) {
                let cell = cells
                    .get(measure)
                    .map_or_else(String::new, |(hits, of)| share(*hits, *of));
                let _ = write!(out, "  {cell:>column$}");
            }
            out.push('\n');
        }
        let _ = write!(out, "{:width$}", "bar");
        for ((measure, bar), column) in self.measures.iter().zip(&columns) {
            let said = match bar {
                Bar::AtLeast(least) => {
                    format!("≥ {:.0} % {}", least * 100.0, self.verdict(measure, *bar))
                }
                Bar::AtMost(most) => {
                    format!("≤ {:.0} % {}", most * 100.0, self.verdict(measure, *bar))
                }
                Bar::None => String::new(),
            };
            let _ = write!(out, "  {said:>column$}");
        }
        out.push('\n');
        for note in &self.notes {
            let _ = writeln!(out, "{note}");
        }
        if verbose {
            for (measure, ids) in &self.failing {
                let _ = writeln!(out, "  {measure}: {}", ids.join(" "));
            }
        }
        out
    }

    fn verdict(&self, measure: &str, bar: Bar) -> &'static str {
        let Some((hits, of)) = self.counts.get("").and_then(|cells| cells.get(measure)) else {
            return "";
        };
        let share = hits / of.max(f64::MIN_POSITIVE);
        let holds = match bar {
            Bar::AtLeast(least) => share >= least,
            Bar::AtMost(most) => share <= most,
            Bar::None => true,
        };
        if holds { "met" } else { "MISSED" }
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let families: BTreeMap<&str, BTreeMap<&str, Value>> = self
            .counts
            .iter()
            .map(|(family, cells)| {
                let cells = cells
                    .iter()
                    .map(|(measure, (hits, of))| (*measure, json!({ "hits": hits, "of": of })))
                    .collect();
                (
                    if family.is_empty() {
                        "*"
                    } else {
                        family.as_str()
                    },
                    cells,
                )
            })
            .collect();
        json!({ "set": self.title, "families": families, "failing": self.failing, "notes": self.notes })
    }
}

fn share(hits: f64, of: f64) -> String {
    if of == 0.0 {
        return String::new();
    }
    format!("{:5.1} % of {of}", 100.0 * hits / of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_failed_and_whether_the_bar_is_met() {
        let mut tally = Tally::new(
            "x".to_owned(),
            &[("found", Bar::AtLeast(0.9)), ("alarms", Bar::AtMost(0.0))],
        );
        tally.mark("f", "found", "1", true);
        tally.mark("f", "found", "2", false);
        tally.mark("f", "alarms", "3", false);
        let said = tally.table(true);
        assert!(
            said.contains("50.0 % of 2") && said.contains("found: 2"),
            "{said}"
        );
        assert!(said.contains("MISSED") && said.contains("met"));
        assert!(!said.contains("alarms: 3"));
    }
}
