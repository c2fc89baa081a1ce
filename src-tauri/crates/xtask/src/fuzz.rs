//! `cargo xtask fuzz TARGET`: looks for inputs that a target of tests/fuzz/ does not take.
//!
//! libFuzzer needs nothing but the compiler everybody has: the coverage it steers by is asked for
//! with flags.

use std::path::Path;
use std::process::Stdio;

use crate::house::{House, say};

const KEPT: &str = "tests/fuzz/corpus";
/// Seconds, if nobody says how many.
const SECONDS: &str = "60";
/// Where it is built, and what it found lies.
const BUILT: &str = "target/fuzz";
/// Seconds one input may take.
const INPUT_SECONDS_MAX: u32 = 20;
/// Octets of an input.
const INPUT_OCTETS_MAX: u32 = 64 * 1024;

/// What the compiler adds for libFuzzer: counters to see where an input went, and what it was
/// compared with.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "--cfg",
    "fuzzing",
];

/// What was asked for: a target, and for how many seconds.
fn asked<'a>(words: &[&'a str]) -> Result<(&'a str, &'a str), String> {
    let (target, seconds) = match words {
        [target] => (*target, SECONDS),
        [target, "--seconds", seconds] => (*target, *seconds),
        _ => return Err("say `cargo xtask fuzz TARGET [--seconds N]`".to_owned()),
    };
    match seconds.parse::<u32>() {
        Ok(number) if number > 0 => Ok((target, seconds)),
        Ok(_) | Err(_) => Err(format!("`{seconds}` is no number of seconds")),
    }
}

/// Builds and runs one target over what is kept for it.
///
/// # Errors
/// A sentence: with the targets there are, or with what was found and how to keep it.
pub fn fuzz(house: &House, words: &[&str]) -> Result<(), String> {
    let targets = names_in(&house.at(KEPT));
    let (target, seconds) =
        asked(words).map_err(|why| format!("{why}; the targets are {}", targets.join(", ")))?;
    if !targets.iter().any(|one| one == target) {
        return Err(format!(
            "there is no target `{target}`; there are {}",
            targets.join(", ")
        ));
    }
    let program = build(house)?;
    let made = house.at(BUILT).join("made").join(target);
    let found = house.at(BUILT).join("found").join(target);
    for folder in [&made, &found] {
        std::fs::create_dir_all(folder)
            .map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
    }
    let before = names_in(&found);
    let args = [
        // The first folder takes what is new, the second is only read.
        made.display().to_string(),
        house.at(KEPT).join(target).display().to_string(),
        format!("-max_total_time={seconds}"),
        format!("-timeout={INPUT_SECONDS_MAX}"),
        format!("-max_len={INPUT_OCTETS_MAX}"),
        format!("-artifact_prefix={}/", found.display()),
        "-print_final_stats=1".to_owned(),
    ];
    say(&format!("  $ {program} {}", args.join(" ")));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let status = house
        .command("", &program, &args)
        .env("SENDOFF_FUZZ_TARGET", target)
        .stdin(Stdio::null())
        .status()
        .map_err(|e| format!("`{program}` cannot be started: {e}"))?;
    if status.success() {
        say(&format!("nothing found in {seconds} s"));
        return Ok(());
    }
    let mut new = names_in(&found);
    new.retain(|name| !before.contains(name));
    let new = new
        .iter()
        .map(|name| found.join(name).display().to_string());
    let new: Vec<String> = new.collect();
    if new.is_empty() {
        return Err(format!("`{program}` ended with {status}"));
    }
    Err(format!(
        "`{target}` does not take {}\nto see it fail as a test, and to keep it:\n  cp {} {KEPT}/{target}/\n  \
         cargo test --package tests --test fuzz",
        new.join(", "),
        new.join(" "),
    ))
}

/// The program for every target.
fn build(house: &House) -> Result<String, String> {
    let version = house.ask("rustc", &["-vV"]).unwrap_or_default();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or("`rustc -vV` does not name the machine it is for")?;
    // With a target named, the flags are not for build scripts and macros.
    let args = ["build", "--release", "--locked", "--target", host];
    say(&format!(
        "  $ cargo {} (tests/fuzz/libfuzzer)",
        args.join(" ")
    ));
    let status = house
        .command("tests/fuzz/libfuzzer", "cargo", &args)
        .env("RUSTFLAGS", FLAGS.join(" "))
        .env("CARGO_TARGET_DIR", house.at(BUILT))
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => {
            let program = house.at(BUILT).join(host).join("release/libfuzzer");
            Ok(program.display().to_string())
        }
        Ok(status) => Err(format!("libfuzzer cannot be built ({status})")),
        Err(e) => Err(format!("`cargo` cannot be started: {e}")),
    }
}

/// The names in a folder, in order.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_asked_for_with_or_without_a_time() {
        assert_eq!(asked(&["mime"]), Ok(("mime", SECONDS)));
        assert_eq!(asked(&["mime", "--seconds", "5"]), Ok(("mime", "5")));
        for wrong in [
            &[][..],
            &["mime", "--seconds"],
            &["mime", "--seconds", "0"],
            &["mime", "--seconds", "soon"],
            &["mime", "raw"],
        ] {
            assert!(asked(wrong).is_err(), "{wrong:?}");
        }
    }
}
