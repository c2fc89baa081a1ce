//! `rehearsal …`: who answers in the rehearsal, and what its relay does wrong on purpose.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::said;
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};

#[derive(Debug, Subcommand)]
pub(crate) enum Rehearsal {
    /// Who answers, and which faults are on
    Show,
    /// Let the rehearsal relay do something wrong, or no longer
    Fault {
        /// What it does wrong
        #[arg(value_enum)]
        fault: Fault,
        /// Whether it does
        #[arg(value_enum)]
        turn: Turn,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    /// Refuse everything for now, 451
    RefuseForNow,
    /// Break the connection after the message
    DropAfterData,
    /// Answer twenty seconds late
    SlowAccept,
    /// Take it, and report it undeliverable ten seconds later
    BounceLater,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Turn {
    /// It does
    On,
    /// It does not
    Off,
}

impl Fault {
    const fn as_str(self) -> &'static str {
        match self {
            Fault::RefuseForNow => "refuse_for_now",
            Fault::DropAfterData => "drop_after_data",
            Fault::SlowAccept => "slow_accept",
            Fault::BounceLater => "bounce_later",
        }
    }
}

pub(crate) async fn run(desk: &mut Desk, what: Rehearsal, as_json: bool) -> Result<(), Failure> {
    match what {
        Rehearsal::Show => {
            let world = desk.call("rehearsal.show", Value::Null).await?;
            if as_json {
                return print::json(&world);
            }
            let columns = |pointer: &str, fields: [&str; 3]| -> Vec<Vec<String>> {
                let rows = print::rows(&world, pointer).iter();
                rows.map(|row| fields.map(|field| flat(row, field)).to_vec())
                    .collect()
            };
            let repliers = columns("/repliers", ["/address", "/does", "/shows"]);
            print::table(&["WRITE TO", "WHO", "AND SEE THAT"], &repliers)?;
            print::line("")?;
            let mut faults = columns("/faults", ["/fault", "/on", "/does"]);
            for row in &mut faults {
                let [name, on, _] = row.as_mut_slice() else {
                    continue;
                };
                *name = name.replace('_', "-");
                *on = if on == "true" { "on" } else { "off" }.to_owned();
            }
            print::table(&["FAULT", "IS", "WHAT HAPPENS THEN"], &faults)
        }
        Rehearsal::Fault { fault, turn } => {
            let args = json!({"fault": fault.as_str(), "on": turn == Turn::On});
            let world = desk.call("rehearsal.switch", args).await?;
            let on: Vec<String> = print::rows(&world, "/faults")
                .iter()
                .filter(|row| text(row, "/on") == "true")
                .map(|row| flat(row, "/title"))
                .collect();
            let sentence = match on.is_empty() {
                true => "the rehearsal relay does everything right".to_owned(),
                false => format!("the rehearsal relay does wrong: {}", on.join(", ")),
            };
            said(&world, as_json, &sentence)
        }
    }
}
