//! One program for every target; `SENDOFF_FUZZ_TARGET` says which.

#![no_main]

use std::sync::OnceLock;

#[path = "../../targets/mod.rs"]
mod targets;

static CHOSEN: OnceLock<targets::Target> = OnceLock::new();

fn chosen() -> targets::Target {
    let wanted = std::env::var("SENDOFF_FUZZ_TARGET").unwrap_or_default();
    let mut all = targets::TARGETS.iter();
    match all.find(|(name, _)| *name == wanted) {
        Some((_, target)) => *target,
        None => panic!("`{wanted}` is no target"),
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| CHOSEN.get_or_init(chosen)(data));
