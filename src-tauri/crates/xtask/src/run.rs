//! `cargo xtask run`: from a fresh clone to the open window, or to a server where there is no screen.

use std::path::PathBuf;
use std::process::Command;

use crate::house::{House, say};
use crate::parts::Need;
use crate::steps::{npm, npm_ci};
use crate::{install, node};

/// Where the headless console answers agents.
const HTTP: &str = "127.0.0.1:7411";

/// Installs what is missing, builds and starts; `args` go to the program that starts.
///
/// # Errors
/// A sentence with what is missing or what failed to build.
pub fn run(house: &House, args: &[&str]) -> Result<(), String> {
    if has_display(std::env::consts::OS, |name| {
        std::env::var_os(name).is_some_and(|v| !v.is_empty())
    }) {
        open_window(house, args)
    } else {
        serve_headless(house, args)
    }
}

fn open_window(house: &House, args: &[&str]) -> Result<(), String> {
    install::ensure(house, &[Need::Build, Need::Window])?;
    node::ensure(house)?;
    npm_ci(house)?;
    npm(house, "build")?;
    let build = [
        "build",
        "--locked",
        "--package",
        "desktop",
        "--features",
        "custom-protocol",
    ];
    house.run("", "cargo", &build)?;
    become_program(house, &house.built("SENDOFF_DESKTOP_BIN"), args)
}

fn serve_headless(house: &House, args: &[&str]) -> Result<(), String> {
    say(
        "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set): serving without a window,",
    );
    say("with the rehearsal mailbox; nothing leaves this machine");
    install::ensure(house, &[Need::Build])?;
    house.run("", "cargo", &["build", "--locked", "--package", "sendoff"])?;
    let data = data_folder(|name| std::env::var_os(name).map(PathBuf::from))
        .unwrap_or_else(|| house.at("target/rehearsal"));
    let data = data.display().to_string();
    let all: Vec<&str> = ["demo", "--data", &data, "--http", HTTP]
        .iter()
        .chain(args)
        .copied()
        .collect();
    become_program(house, &house.built("SENDOFF_BIN"), &all)
}

/// A Mac always has one; elsewhere a variable says so.
fn has_display(os: &str, is_set: impl Fn(&str) -> bool) -> bool {
    matches!(os, "macos" | "windows") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// Where a person's own data goes, in a folder that the real console does not use.
fn data_folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let shared = variable("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let own = || Some(variable("HOME")?.join(".local/share"));
    Some(shared.or_else(own)?.join("sendoff-rehearsal"))
}

/// Starts the program in place of this one where the system can, so that signals reach it.
#[cfg(unix)]
fn become_program(house: &House, program: &std::path::Path, args: &[&str]) -> Result<(), String> {
    use std::os::unix::process::CommandExt;
    let error = start(house, program, args).exec();
    Err(format!(
        "`{}` cannot be started: {error}",
        program.display()
    ))
}

#[cfg(not(unix))]
fn become_program(house: &House, program: &std::path::Path, args: &[&str]) -> Result<(), String> {
    let status = start(house, program, args).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` ended with {status}", program.display())),
        Err(e) => Err(format!("`{}` cannot be started: {e}", program.display())),
    }
}

fn start(house: &House, program: &std::path::Path, args: &[&str]) -> Command {
    let shown = [program.display().to_string()]
        .into_iter()
        .chain(args.iter().map(|a| (*a).to_owned()));
    say(&format!("  $ {}", shown.collect::<Vec<_>>().join(" ")));
    house.command("", &program.display().to_string(), args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_is_what_a_variable_or_the_system_says() {
        assert!(has_display("linux", |name| name == "DISPLAY"));
        assert!(has_display("linux", |name| name == "WAYLAND_DISPLAY"));
        assert!(has_display("macos", |_| false));
        assert!(!has_display("linux", |_| false));
    }

    #[test]
    fn rehearsal_data_lies_beside_other_peoples_data_and_never_in_a_relative_place() {
        let of = |xdg: Option<&str>, home: Option<&str>| {
            data_folder(|name| match name {
                "XDG_DATA_HOME" => xdg.map(PathBuf::from),
                _ => home.map(PathBuf::from),
            })
        };
        assert_eq!(
            of(Some("/x"), Some("/h")),
            Some("/x/sendoff-rehearsal".into())
        );
        assert_eq!(
            of(None, Some("/h")),
            Some("/h/.local/share/sendoff-rehearsal".into())
        );
        assert_eq!(
            of(Some("x"), Some("/h")),
            Some("/h/.local/share/sendoff-rehearsal".into())
        );
        assert_eq!(of(None, None), None);
    }
}
