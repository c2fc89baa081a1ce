//! Where the tree is, and how commands run in it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// The repository, and what commands started from it see.
#[derive(Debug)]
pub struct House {
    root: PathBuf,
    /// Folders that come before everything else on PATH, as for a Node fetched into target/.
    first_on_path: Mutex<Vec<PathBuf>>,
    /// Variables for the tests, as SENDOFF_BIN.
    variables: BTreeMap<&'static str, PathBuf>,
    /// Closing lines of the runners, in the order they were printed.
    closing: Mutex<Vec<String>>,
}

impl House {
    /// The workspace above the current folder.
    ///
    /// # Errors
    /// When there is none.
    pub fn find() -> Result<House, String> {
        let here =
            std::env::current_dir().map_err(|e| format!("there is no current folder: {e}"))?;
        let root = here
            .ancestors()
            .find(|folder| is_workspace(&folder.join("Cargo.toml")))
            .ok_or("run this inside the repository: no workspace above the current folder")?
            .to_owned();
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |named| root.join(named));
        let built = |name: &str| target.join("debug").join(name);
        let variables = BTreeMap::from([
            ("SENDOFF_BIN", built("sendoff")),
            ("SENDOFF_DESKTOP_BIN", built("desktop")),
        ]);
        Ok(House {
            root,
            first_on_path: Mutex::default(),
            variables,
            closing: Mutex::default(),
        })
    }

    /// A path below the root.
    pub fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A binary the workspace builds; the tests get it as a variable.
    pub fn built(&self, variable: &str) -> PathBuf {
        self.variables.get(variable).cloned().unwrap_or_default()
    }

    /// Puts a folder in front of PATH for every later command.
    pub fn put_first_on_path(&self, folder: PathBuf) {
        if let Ok(mut first) = self.first_on_path.lock() {
            first.insert(0, folder);
        }
    }

    /// Finds a program on the PATH that commands will see.
    pub fn which(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.path())
            .map(|f| f.join(program))
            .find(|file| is_program(file))
    }

    fn path(&self) -> OsString {
        let first = self
            .first_on_path
            .lock()
            .map(|f| f.clone())
            .unwrap_or_default();
        let rest = std::env::var_os("PATH").unwrap_or_default();
        // Debian keeps servers and administration out of an ordinary person's PATH.
        let servers = [
            "/usr/local/sbin",
            "/usr/sbin",
            "/sbin",
            "/usr/lib/postfix/sbin",
        ];
        let all = first
            .into_iter()
            .chain(std::env::split_paths(&rest))
            .chain(servers.into_iter().map(PathBuf::from));
        std::env::join_paths(all).unwrap_or(rest)
    }

    /// A command in a folder below the root.
    pub fn command(&self, folder: &str, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.at(folder))
            .env("PATH", self.path());
        command.envs(&self.variables);
        command
    }

    /// Runs a command with its output on the terminal.
    ///
    /// # Errors
    /// A sentence with the command when it cannot be started or fails.
    pub fn run(&self, folder: &str, program: &str, args: &[&str]) -> Result<(), String> {
        let line = format!("{program} {}", args.join(" "));
        say(&format!("  $ {line}"));
        let status = self
            .command(folder, program, args)
            .stdin(Stdio::null())
            .status();
        judge(&line, status)
    }

    /// As [`House::run`] for a test runner: what it prints is shown, and the line it closes with is
    /// kept for the end.
    ///
    /// # Errors
    /// As [`House::run`].
    pub fn run_runner(&self, folder: &str, program: &str, args: &[&str]) -> Result<(), String> {
        let line = format!("{program} {}", args.join(" "));
        say(&format!("  $ {line}"));
        let mut child = self
            .command(folder, program, args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| format!("`{line}` cannot be started: {e}"))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                if let Some(pipe) = stderr {
                    self.relay(pipe, std::io::stderr());
                }
            });
            if let Some(pipe) = stdout {
                self.relay(pipe, std::io::stdout());
            }
        });
        judge(&line, child.wait())
    }

    /// Runs a command quietly and gives its standard output; `None` when it fails.
    pub fn ask(&self, program: &str, args: &[&str]) -> Option<String> {
        let output = self
            .command("", program, args)
            .stdin(Stdio::null())
            .output()
            .ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The closing lines of the runners so far.
    pub fn closing_lines(&self) -> Vec<String> {
        self.closing
            .lock()
            .map(|lines| lines.clone())
            .unwrap_or_default()
    }

    fn relay(&self, from: impl Read, mut to: impl Write) {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            let _the_terminal_may_be_gone = to.write_all(&line).and_then(|()| to.flush());
            let plain = without_colour(&String::from_utf8_lossy(&line));
            if is_closing(&plain)
                && let Ok(mut closing) = self.closing.lock()
            {
                closing.push(plain.trim().to_owned());
            }
            line.clear();
        }
    }
}

/// Says one line to the person.
#[expect(
    clippy::print_stdout,
    reason = "talking to the person at the terminal is its work"
)]
pub fn say(line: &str) {
    println!("{line}");
}

fn judge(line: &str, status: std::io::Result<std::process::ExitStatus>) -> Result<(), String> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` failed ({status})")),
        Err(e) => Err(format!("`{line}` cannot be started: {e}")),
    }
}

fn is_workspace(manifest: &Path) -> bool {
    std::fs::read_to_string(manifest).is_ok_and(|text| text.contains("[workspace]"))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file)
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 > 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file() || file.with_extension("exe").is_file() || file.with_extension("cmd").is_file()
}

/// How nextest, cargo test, Vitest, svelte-check and Playwright end.
fn is_closing(line: &str) -> bool {
    let line = line.trim();
    let counts = line
        .split_whitespace()
        .next()
        .is_some_and(|w| w.parse::<u32>().is_ok());
    line.starts_with("Summary [")
        || line.starts_with("test result:")
        || line.starts_with("Test Files ")
        || line.starts_with("Tests ")
        || line.contains("svelte-check found")
        || (counts
            && ["passed", "failed", "flaky"]
                .iter()
                .any(|w| line.contains(&format!(" {w}"))))
}

/// Takes terminal colour sequences out.
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            let _sequence = rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_every_runner_are_recognised() {
        for line in [
            "     Summary [  20.129s] 7 tests run: 5 passed, 2 failed, 0 skipped",
            "test result: ok. 3 passed; 0 failed; 0 ignored",
            " Test Files  1 passed (1)",
            "      Tests  4 passed (4)",
            "svelte-check found 0 errors and 0 warnings",
            "  12 passed (3.2s)",
            "  1 failed",
        ] {
            assert!(is_closing(line), "{line}");
        }
    }

    #[test]
    fn an_ordinary_line_is_no_closing_line() {
        for line in [
            "        PASS [ 0.1s] tests wait",
            "running 3 tests",
            "3 files changed",
            "",
        ] {
            assert!(!is_closing(line), "{line}");
        }
    }

    #[test]
    fn colour_is_taken_out_and_text_kept() {
        assert_eq!(
            without_colour("\u{1b}[1;32mSummary\u{1b}[0m [x] é"),
            "Summary [x] é"
        );
    }
}
