//! `cargo xtask`: the two commands of the README, and what they are made of.
//!
//! ```text
//! cargo xtask run            install what is missing, build, open the window
//! cargo xtask test           install what is missing for the tests too, run every test
//! cargo xtask test --only S  one step of it; `--list` names them
//! cargo xtask fuzz T         look for inputs that a target of tests/fuzz/ does not take
//! cargo xtask icons          draw the icons again from their SVG
//! ```
//!
//! | page | for |
//! |---|---|
//! | `parts.rs` | the table of what the system must have, and its name in each package manager |
//! | `install.rs` | getting missing parts: by apt, or by naming the exact command |
//! | `node.rs` | a Node new enough for the pages, from PATH or from a package registry |
//! | `steps.rs` | the table of what `cargo xtask test` does, in order |
//! | `run.rs` | `cargo xtask run` |
//! | `fuzz.rs` | `cargo xtask fuzz`: libFuzzer with the compiler that is there |
//! | `icons.rs` | SVG to PNG, ICO and ICNS |
//! | `house.rs` | where the tree is, and how commands run in it |
//!
//! Knows none of our crates and has no dependencies: it must compile where nothing else does yet.

mod clients;
mod fuzz;
mod golden;
mod house;
mod icons;
mod install;
mod node;
mod parts;
mod run;
mod steps;

use std::process::ExitCode;

use house::{House, say};

const HELP: &str = "\
cargo xtask run              install what is missing, build, open the window
cargo xtask test             install what is missing for the tests too, run every test
cargo xtask test --only STEP one step of it
cargo xtask test --list      the steps by name
cargo xtask fuzz TARGET      look for inputs it does not take, for a minute or `--seconds N`
cargo xtask icons            draw the icons again from their SVG";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            say(&format!("xtask: {sentence}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<(), String> {
    match words {
        ["run", rest @ ..] => run::run(&House::find()?, rest),
        ["test"] => steps::test(&House::find()?, None),
        ["test", "--only", name] => steps::test(&House::find()?, Some(name)),
        ["test", "--list"] => {
            steps::list();
            Ok(())
        }
        ["fuzz", rest @ ..] => fuzz::fuzz(&House::find()?, rest),
        ["icons"] => icons::draw(&House::find()?),
        [] | ["help" | "--help" | "-h"] => {
            say(HELP);
            Ok(())
        }
        other => Err(format!(
            "`{}` is none of the commands:\n{HELP}",
            other.join(" ")
        )),
    }
}
