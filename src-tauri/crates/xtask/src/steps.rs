//! `cargo xtask test`: the table of steps, in the order that fails soonest.
//!
//! Everything compiles with one set of features and one profile, so each crate is built once for
//! running and once, without code, for clippy. Tests and programs are built by one command, because
//! what only the tests ask of a crate would otherwise build it again. To add a step, add a line.

use std::time::{Duration, Instant};

use crate::golden::Snapshot;
use crate::house::{House, say};
use crate::parts::Need;
use crate::{clients, install, node};

/// One step: its name, what it shows, and how.
struct Step {
    name: &'static str,
    shows: &'static str,
    does: fn(&House) -> Result<(), String>,
}

const fn step(
    name: &'static str,
    shows: &'static str,
    does: fn(&House) -> Result<(), String>,
) -> Step {
    Step { name, shows, does }
}

#[rustfmt::skip] // a table: one line each
const STEPS: &[Step] = &[
    step("parts", "everything the tests stand on is installed", parts),
    step("format", "the code is formatted", |h| h.run("", "cargo", &["fmt", "--all", "--check"])),
    step("pages-install", "the pages' packages are the locked ones", npm_ci),
    step("pages-check", "the pages are well typed", |h| npm(h, "check")),
    step("pages-lint", "the pages keep the import rule", |h| npm_if_there(h, "lint")),
    step("pages-test", "the pages' own tests", |h| npm(h, "test")),
    step("pages-build", "the pages for the window", |h| npm(h, "build")),
    step("lint", "clippy has nothing to say, and the fuzzer's lock is whole", lint),
    step("build", "the window, the command, and the tests that start them", |h| cargo(h, &["build", "--bins", "--tests"], &[])),
    step("clients-install", "published clients of the doors, at the locked versions", clients::install),
    step("clients-check", "what the README and the window show fits the clients' own types", clients::check),
    step("test", "every Rust test: tables, stories, real servers, real window", rust_tests),
    step("pages-e2e", "every view in a browser", |h| npm(h, "e2e")),
];

/// Prints the steps.
pub fn list() {
    for step in STEPS {
        say(&format!("{:<14} {}", step.name, step.shows));
    }
}

/// Runs every step, or the one named; stops at the first that fails.
///
/// # Errors
/// A sentence naming the step that failed, or the one nobody knows.
pub fn test(house: &House, only: Option<&str>) -> Result<(), String> {
    let chosen: Vec<&Step> = STEPS
        .iter()
        .filter(|step| only.is_none_or(|name| name == step.name))
        .collect();
    if chosen.is_empty() {
        return Err(format!(
            "there is no step `{}`: see `cargo xtask test --list`",
            only.unwrap_or_default()
        ));
    }
    // A step alone still needs the Node that `parts` would have found.
    if only.is_some_and(|name| name.starts_with("pages-") || name.starts_with("clients-")) {
        node::ensure(house)?;
    }
    let golden = Snapshot::take(house);
    let mut times: Vec<(&str, Duration)> = Vec::new();
    let mut outcome = Ok(());
    for step in chosen {
        say(&format!("\n── {}: {}", step.name, step.shows));
        let begun = now();
        let done = (step.does)(house);
        times.push((step.name, begun.elapsed()));
        if let Err(why) = done {
            outcome = Err(format!("step `{}` failed: {why}", step.name));
            break;
        }
    }
    let outcome = outcome.and_then(|()| golden_unchanged(house, &golden));
    say("");
    for (name, time) in &times {
        say(&format!("{name:<14} {:>7.1} s", time.as_secs_f64()));
    }
    for line in house.closing_lines() {
        say(&line);
    }
    match &outcome {
        Ok(()) => say("every step passed"),
        Err(_) => say("not every step passed"),
    }
    outcome
}

#[expect(
    clippy::disallowed_methods,
    reason = "a stopwatch for the person who waits"
)]
fn now() -> Instant {
    Instant::now()
}

fn golden_unchanged(house: &House, before: &Snapshot) -> Result<(), String> {
    let changed = Snapshot::take(house).changed_since(before);
    if changed.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = changed
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    Err(format!(
        "the tests changed golden files: look at the difference and commit it, or mend the code: {}",
        names.join(", ")
    ))
}

fn parts(house: &House) -> Result<(), String> {
    install::ensure(
        house,
        &[
            Need::Build,
            Need::Window,
            Need::WindowTest,
            Need::Mail,
            Need::Clients,
        ],
    )?;
    node::ensure(house)
}

/// One cargo command over the whole workspace with the features the tests want.
fn cargo(house: &House, command: &[&str], after: &[&str]) -> Result<(), String> {
    house.run("", "cargo", &cargo_args(command, after))
}

fn cargo_args<'a>(command: &[&'a str], after: &[&'a str]) -> Vec<&'a str> {
    // The window carries its pages; the command carries the browser's way in to the same screens.
    let shared = [
        "--workspace",
        "--locked",
        "--features",
        "desktop/custom-protocol,sendoff/devhost",
    ];
    command
        .iter()
        .chain(&shared)
        .chain(after)
        .copied()
        .collect()
}

/// Clippy over the workspace; of the fuzzer, which stands outside, whether `cargo xtask fuzz` would
/// find its lock whole.
fn lint(house: &House) -> Result<(), String> {
    cargo(
        house,
        &["clippy", "--all-targets"],
        &["--", "-D", "warnings"],
    )?;
    let tree = ["tree", "--locked", "--depth", "0"];
    house.run("tests/fuzz/libfuzzer", "cargo", &tree)
}

/// nextest where it is installed, `cargo test` where it is not: the same tests either way.
fn rust_tests(house: &House) -> Result<(), String> {
    let nextest = house.ask("cargo", &["nextest", "--version"]).is_some();
    let command: &[&str] = if nextest {
        &["nextest", "run"]
    } else {
        &["test", "--lib", "--bins", "--tests"]
    };
    house.run_runner("", "cargo", &cargo_args(command, &["--no-fail-fast"]))
}

/// `npm ci`, unless what is installed is newer than the lock.
pub fn npm_ci(house: &House) -> Result<(), String> {
    npm_ci_in(house, "ui")
}

/// As [`npm_ci`], for the packages of any folder.
pub fn npm_ci_in(house: &House, folder: &str) -> Result<(), String> {
    let installed = format!("{folder}/node_modules/.package-lock.json");
    if is_newer(house, &installed, &format!("{folder}/package-lock.json")) {
        say("  the packages are newer than the lock: nothing to do");
        return Ok(());
    }
    let args = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
    npm_run(house, folder, &args)
}

/// Whether what was installed is there, and not older than what it was made from.
pub fn is_newer(house: &House, installed: &str, made_from: &str) -> bool {
    let changed = |path: &str| {
        std::fs::metadata(house.at(path))
            .and_then(|m| m.modified())
            .ok()
    };
    let installed = changed(installed);
    installed.is_some() && installed >= changed(made_from)
}

/// One script of ui/package.json.
pub fn npm(house: &House, script: &str) -> Result<(), String> {
    npm_run(house, "ui", &["run", script])
}

fn npm_if_there(house: &House, script: &str) -> Result<(), String> {
    let manifest = std::fs::read_to_string(house.at("ui/package.json")).unwrap_or_default();
    if has_script(&manifest, script) {
        return npm(house, script);
    }
    say(&format!(
        "  ui/package.json has no script `{script}`: nothing to do"
    ));
    Ok(())
}

/// npm in a folder of the tree.
pub fn npm_run(house: &House, folder: &str, args: &[&str]) -> Result<(), String> {
    let npm = house.which("npm").ok_or("npm is not on PATH")?;
    house.run_runner(folder, &npm.display().to_string(), args)
}

/// Whether a package manifest has this script. Good for our own manifest, no JSON parser.
fn has_script(manifest: &str, name: &str) -> bool {
    let Some((_, after)) = manifest.split_once("\"scripts\"") else {
        return false;
    };
    let scripts = after.split('}').next().unwrap_or_default();
    scripts.contains(&format!("\"{name}\":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_names_of_their_own() {
        let mut names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), STEPS.len());
    }

    #[test]
    fn nothing_is_built_before_the_parts_are_there_and_the_pages_before_the_window() {
        let at = |name: &str| STEPS.iter().position(|step| step.name == name).unwrap();
        assert_eq!(at("parts"), 0);
        assert!(at("pages-build") < at("lint") && at("pages-build") < at("build"));
        assert!(at("clients-install") < at("clients-check"));
        assert!(at("clients-install") < at("test"));
        assert!(at("build") < at("test") && at("build") < at("pages-e2e"));
    }

    #[test]
    fn every_cargo_step_shares_its_features() {
        let [clippy, build] = [["clippy"], ["build"]].map(|c| cargo_args(&c, &[]));
        assert_eq!(clippy.get(1..), build.get(1..));
    }

    #[test]
    fn a_script_is_found_only_among_the_scripts() {
        let manifest = r#"{ "scripts": { "check": "x" }, "devDependencies": { "lint": "1" } }"#;
        assert!(has_script(manifest, "check"));
        assert!(!has_script(manifest, "lint"));
        assert!(!has_script("{}", "check"));
    }
}
