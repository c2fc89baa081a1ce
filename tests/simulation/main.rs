//! A seed makes operations, the engine lives through them, and a plain model of what was asked of
//! it says after every step whether it kept its promises.
//!
//! `SENDOFF_SEEDS=500 cargo sim` for a long run, `SENDOFF_SEED=17 cargo sim` for one seed. A seed
//! that failed becomes a named test at the end of this file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a surprise in a test is a failed test"
)]

mod check;
mod crash;
mod life;
mod model;
mod office;
mod rng;

use office::Office;

/// Operations of one seed.
const OPS: usize = 200;
/// Seeds of an ordinary run.
const SEEDS: u64 = 20;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a number of seeds, or a seed"))
}

/// Lives through one seed; panics with the seed and the last operations if a promise is broken.
fn live(seed: u64) {
    let mut office = Office::open(seed);
    for _ in 0..OPS {
        office.step();
    }
    office.end();
}

#[test]
fn whatever_happens_the_promises_hold() {
    let seeds: Vec<u64> = match number("SENDOFF_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("SENDOFF_SEEDS").unwrap_or(SEEDS)).collect(),
    };
    for seed in seeds {
        live(seed);
    }
}
