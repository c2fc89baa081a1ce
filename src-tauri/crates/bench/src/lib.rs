//! How fast it is, as ratios measured in one run: nothing here compares with another day or
//! another machine.
//!
//! Durable admissions per second against a bare rusqlite loop that inserts the same rows in the
//! same batches; the cost of an admission with many past sends against none; a policy evaluation;
//! a draft policy replayed over everything recorded; what each door adds to an ask over REST.

mod bare;
mod doors;
mod world;

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::{ChangeKind, Facts, Span};
use policy::Edition;

use crate::world::{POLICY, T0, World};

/// Whatever stops a measurement.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// How much is measured.
#[derive(Clone, Copy)]
struct Sizes {
    /// Admissions per writer count.
    admissions: [(usize, usize); 4],
    /// Past sends for the cost of a full database.
    past: usize,
    /// Rounds, of which the middle one is printed.
    rounds: usize,
    /// Policy evaluations.
    evaluations: u32,
    /// Asks at each door.
    turns: usize,
}

const FULL: Sizes = Sizes {
    admissions: [(1, 400), (16, 3_200), (64, 6_400), (256, 12_800)],
    past: 100_000,
    rounds: 3,
    evaluations: 20_000,
    turns: 400,
};

const QUICK: Sizes = Sizes {
    admissions: [(1, 20), (16, 160), (64, 640), (256, 1_024)],
    past: 1_000,
    rounds: 1,
    evaluations: 100,
    turns: 5,
};

/// The only clock of the bench.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench measures time, that is all it does"
)]
fn clock() -> Instant {
    Instant::now()
}

/// One group of figures.
struct Group {
    /// What to ask for it by.
    name: &'static str,
    print: fn(&mut dyn Write, Sizes) -> Result<(), Trouble>,
}

const GROUPS: [Group; 4] = [
    Group {
        name: "evaluation",
        print: print_evaluation,
    },
    Group {
        name: "admissions",
        print: print_admissions,
    },
    Group {
        name: "doors",
        print: print_doors,
    },
    Group {
        name: "past",
        print: print_past,
    },
];

/// Measures and prints the groups of these names, all of them where none is named.
///
/// `quick` shows that each can be measured, and measures nothing. Errors: a name that is no
/// group's, and whatever stops a measurement.
pub fn figures(out: &mut dyn Write, names: &[String], quick: bool) -> Result<(), Trouble> {
    let sizes = if quick { QUICK } else { FULL };
    let is_group = |name: &&String| GROUPS.iter().any(|group| group.name == name.as_str());
    if let Some(name) = names.iter().find(|name| !is_group(name)) {
        let known = GROUPS.map(|group| group.name).join(", ");
        return Err(format!("there are no figures called `{name}`, only {known}").into());
    }
    let is_asked = |group: &&Group| names.is_empty() || names.iter().any(|name| name == group.name);
    for group in GROUPS.iter().filter(is_asked) {
        (group.print)(out, sizes)?;
        writeln!(out)?;
    }
    Ok(())
}

fn print_evaluation(out: &mut dyn Write, sizes: Sizes) -> Result<(), Trouble> {
    writeln!(out, "evaluation of the default policy")?;
    let micros = evaluation(sizes.evaluations)?.as_secs_f64() * 1e6;
    writeln!(out, "  {micros:.1} µs per message (bar: under 20)")?;
    Ok(())
}

fn print_admissions(out: &mut dyn Write, sizes: Sizes) -> Result<(), Trouble> {
    writeln!(
        out,
        "durable admissions against a bare rusqlite loop, same rows, same batches"
    )?;
    for (writers, total) in sizes.admissions {
        let mut rounds = Vec::new();
        for _ in 0..sizes.rounds {
            rounds.push(against_bare(writers, total)?);
        }
        rounds.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
        let Some(round) = rounds.get(rounds.len() / 2) else {
            continue;
        };
        let (ours, bare, ratio) = (round.ours(), round.bare(), round.ratio());
        let batch = total as f64 / round.batches as f64;
        writeln!(
            out,
            "  {writers:>3} writers: {ours:>7.0}/s, bare {bare:>7.0}/s, ratio {ratio:.2} \
             (bar: 0.50; {batch:.1} per commit)"
        )?;
    }
    Ok(())
}

fn print_doors(out: &mut dyn Write, sizes: Sizes) -> Result<(), Trouble> {
    writeln!(
        out,
        "an ask at each door, same engine, same policy, durable"
    )?;
    for line in doors::lines(sizes.turns)? {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

fn print_past(out: &mut dyn Write, sizes: Sizes) -> Result<(), Trouble> {
    let past = sizes.past;
    writeln!(
        out,
        "cost of an admission with {past} past sends against none"
    )?;
    for line in past_sends(sizes)? {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

struct Round {
    total: usize,
    batches: usize,
    ours: Duration,
    bare: Duration,
}

impl Round {
    fn ours(&self) -> f64 {
        self.total as f64 / self.ours.as_secs_f64()
    }
    fn bare(&self) -> f64 {
        self.total as f64 / self.bare.as_secs_f64()
    }
    fn ratio(&self) -> f64 {
        self.bare.as_secs_f64() / self.ours.as_secs_f64()
    }
}

/// Admits `total` asks from `writers` threads, then has the bare loop write the same.
fn against_bare(writers: usize, total: usize) -> Result<Round, Trouble> {
    let dir = tempfile::tempdir()?;
    let world = World::on(dir.path())?;
    let batches: Arc<Mutex<Vec<usize>>> = Arc::default();
    let seen = Arc::clone(&batches);
    // Changes are announced batch by batch: their number is the batch's size.
    world.store.on_change(move |changes| {
        let asks = changes
            .iter()
            .filter(|change| matches!(change.kind, ChangeKind::Submission { .. }))
            .count();
        if asks > 0
            && let Ok(mut seen) = seen.lock()
        {
            seen.push(asks);
        }
    });
    let ours = world.admit_from(writers, total, T0)?;
    world.store.close();
    let batches = batches
        .lock()
        .map(|batches| batches.clone())
        .unwrap_or_default();
    let bare = bare::replay(dir.path(), &batches)?;
    Ok(Round {
        total,
        batches: batches.len(),
        ours,
        bare,
    })
}

/// The cost of an admission on a database with a past against one without.
fn past_sends(sizes: Sizes) -> Result<Vec<String>, Trouble> {
    let (past, rounds) = (sizes.past, sizes.rounds);
    let full = tempfile::tempdir()?;
    let world = World::on(full.path())?;
    world.live_through(past)?;
    let now = T0 + Span::from_days(30);
    let mut lines = Vec::new();
    for (writers, total) in sizes.admissions.into_iter().take(2) {
        let mut ratios = Vec::new();
        for round in 0..rounds {
            // Turn about, so that what else the machine does falls on both.
            let later = now + Span::from_minutes(round as i64 + 1);
            let with = world.admit_from(writers, total, later)?;
            let empty = tempfile::tempdir()?;
            let none = World::on(empty.path())?.admit_from(writers, total, later)?;
            ratios.push((with.as_secs_f64() / none.as_secs_f64(), with, none));
        }
        ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((ratio, with, none)) = ratios.get(ratios.len() / 2) {
            let micros = |all: &Duration| all.as_secs_f64() * 1e6 / total as f64;
            let (with, none) = (micros(with), micros(none));
            lines.push(format!(
                "{writers:>3} writers: {with:.0} µs, with none {none:.0} µs, ratio {ratio:.2} \
                 (bar: 1.25)"
            ));
        }
    }
    lines.push(replayed(&world, past)?);
    lines.push(format!(
        "database: {} MiB",
        folder_octets(full.path())? >> 20
    ));
    Ok(lines)
}

/// The world's own policy, and what leaves outside working hours is held, over the last `past`
/// decisions, which are spread over a month.
fn replayed(world: &World, past: usize) -> Result<String, Trouble> {
    let draft = Edition::read(0, &format!("{POLICY}[risk]\noff_hours = 10\n"));
    let ask = store::ReplayAsk {
        last: past as u64,
        since: None,
    };
    let mut told = 0_u64;
    let start = clock();
    let judge = |facts: &Facts| draft.evaluate(facts);
    let found = world.store.replay(ask, judge, |_, _| told += 1)?;
    let took = start.elapsed().as_secs_f64();
    let (judged, flipped) = (found.judged, found.flipped());
    if judged < past as u64 || found.unreadable > 0 {
        return Err(format!("{judged} of {past} decisions were judged again").into());
    }
    if flipped == 0
        || found
            .counts
            .iter()
            .any(|count| count.rule != "risk_message")
    {
        return Err(format!("nights and weekends did not flip: {:?}", found.counts).into());
    }
    Ok(format!(
        "replay of {judged} decisions under a draft: {took:.2} s, {flipped} flip, progress told \
         {told} times (bar: seconds)"
    ))
}

fn folder_octets(dir: &Path) -> Result<u64, Trouble> {
    let mut octets = 0;
    for entry in std::fs::read_dir(dir)? {
        octets += entry?.metadata()?.len();
    }
    Ok(octets)
}

/// One evaluation of the default policy on the facts of a busy store.
fn evaluation(times: u32) -> Result<Duration, Trouble> {
    let dir = tempfile::tempdir()?;
    let world = World::on(dir.path())?;
    world.live_through(2_000)?;
    let now = T0 + Span::from_days(30);
    let mut seen: Option<Facts> = None;
    let edition = Edition::read(1, &policy::default_document());
    world.store.check(&world.ask(1, now), |_, facts| {
        seen = Some(facts.clone());
        edition.evaluate(facts)
    })?;
    let facts = seen.ok_or("no facts were gathered")?;
    let start = clock();
    for _ in 0..times {
        std::hint::black_box(edition.evaluate(std::hint::black_box(&facts)));
    }
    Ok(start.elapsed() / times)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_figure_can_be_measured() {
        let mut text = Vec::new();
        super::figures(&mut text, &[], true).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.matches("ratio").count(), 10, "{text}");
        assert_eq!(text.matches("replay of").count(), 1, "{text}");
    }
}
