//! The published clients that the tests point at the doors: from npm and PyPI, at the versions the
//! lock files of `tests/sdk` name, as anybody installs them.

use crate::house::{House, say};
use crate::steps::{is_newer, npm_ci_in, npm_run};

/// Where the clients' Python environment goes.
const ENVIRONMENT: &str = "target/clients";
/// The packages of the clients' tests.
const PACKAGES: &str = "tests/sdk";
/// Written last, so that an installation that broke off is not taken for whole.
const DONE: &str = "target/clients/.installed";
const LOCK: &str = "tests/sdk/requirements.txt";

/// Installs both, unless what is there is newer than its lock.
///
/// # Errors
/// A sentence naming what could not be installed, and the command that was tried.
pub fn install(house: &House) -> Result<(), String> {
    npm_ci_in(house, PACKAGES)?;
    if is_newer(house, DONE, LOCK) {
        say("  the Python environment is newer than the lock: nothing to do");
        return Ok(());
    }
    house.run("", "python3", &["-m", "venv", "--clear", ENVIRONMENT])?;
    let pip = house.at(ENVIRONMENT).join("bin/pip");
    let args = [
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--requirement",
        LOCK,
    ];
    house.run("", &pip.display().to_string(), &args)?;
    std::fs::write(house.at(DONE), "").map_err(|e| format!("`{DONE}` cannot be written: {e}"))
}

/// Holds the snippets to the types the clients come with.
///
/// # Errors
/// If one does not fit; the compiler has said which and why.
pub fn check(house: &House) -> Result<(), String> {
    npm_run(house, PACKAGES, &["run", "check"])
}
