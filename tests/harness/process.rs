//! `sendoff` as a person starts it: a data folder, the command, and the running server.
//!
//! Which binary: `SENDOFF_BIN`, else `target/debug/sendoff`. `cargo xtask test` builds it first.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tempfile::TempDir;

use crate::child::{Running, tethered};
use crate::http::Api;
use crate::ports::PortBlock;
use crate::wait::{PATIENCE, until};

/// What every test's operator types.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// The `sendoff` under test.
///
/// # Panics
/// When it has not been built.
pub fn sendoff_bin() -> PathBuf {
    built("SENDOFF_BIN", "sendoff", "cargo build -p sendoff")
}

/// The desktop application under test, built with its pages inside.
///
/// # Panics
/// When it has not been built.
pub fn desktop_bin() -> PathBuf {
    let how = "npm run build --prefix ui && cargo build -p desktop --features custom-protocol";
    built("SENDOFF_DESKTOP_BIN", "desktop", how)
}

fn built(variable: &str, name: &str, how: &str) -> PathBuf {
    let path =
        std::env::var_os(variable).map_or_else(|| target().join("debug").join(name), PathBuf::from);
    assert!(
        path.is_file(),
        "`{}` is not built: run `cargo xtask test`, or `{how}`",
        path.display()
    );
    path
}

fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"))
}

/// How one command ended.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Its output, when it succeeded.
    ///
    /// # Panics
    /// When it did not, showing what it said.
    pub fn ok(self) -> String {
        assert_eq!(
            self.code,
            Some(0),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self.stdout
    }

    /// Its output as JSON, when it succeeded.
    ///
    /// # Panics
    /// When it failed, or printed something else.
    pub fn json(self) -> Value {
        let text = self.ok();
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("not JSON ({e}): {text}"))
    }
}

/// A data folder of one test, a home of its own around it, and the command to work on it.
///
/// When it is dropped its record is verified, so that every decision of every story is recomputed
/// from its recorded facts and policy, whatever the story was about.
#[derive(Debug)]
pub struct Desk {
    home: TempDir,
    ports: PortBlock,
    files_max: Option<u32>,
}

impl Drop for Desk {
    fn drop(&mut self) {
        let was_made = self.data().join("sendoff.db").exists();
        if std::thread::panicking() || !was_made {
            return;
        }
        let verified = self.run(&["verify", "--json"]);
        let told: serde_json::Value = serde_json::from_str(&verified.stdout).unwrap_or_default();
        // Judged by this very Sendoff: to the byte, not only to the same end.
        let (ok, reworded) = (&told["ok"], &told["reworded"]);
        assert!(
            *ok == true && *reworded == 0,
            "the record does not hold: {verified:?}"
        );
    }
}

impl Desk {
    /// An empty place; nothing is initialised yet.
    pub fn empty() -> Desk {
        let home = TempDir::with_prefix("sendoff-desk-").expect("a folder for the test");
        let runtime = home.path().join("run");
        std::fs::create_dir(&runtime).unwrap();
        std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o700)).unwrap();
        Desk {
            home,
            ports: PortBlock::take(),
            files_max: None,
        }
    }

    /// What is started from now on may have so many files open, and cannot raise that.
    pub fn limit_files(&mut self, files_max: u32) {
        self.files_max = Some(files_max);
    }

    /// A place where `sendoff init` has run with [`PASSPHRASE`].
    pub fn initialised() -> Desk {
        let desk = Desk::empty();
        desk.as_operator(&["init"]).ok();
        desk
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// The home folder around it; also where a test may put files.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A loopback port that belongs to this desk (0 to 11); 0 is where [`Desk::serve`] listens.
    pub fn port(&self, place: u16) -> u16 {
        self.ports.port(place)
    }

    /// Runs a command that reads or tightens: no passphrase.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.with_secrets(args, &[])
    }

    /// Runs a command that loosens: the passphrase comes through `--passphrase-fd`.
    pub fn as_operator(&self, args: &[&str]) -> Ran {
        self.with_secrets(args, &[("--passphrase-fd", PASSPHRASE)])
    }

    /// Runs a command with secrets on file descriptors: each `(flag, secret)` becomes `flag N`, with
    /// the secret readable once on descriptor N.
    pub fn with_secrets(&self, args: &[&str], secrets: &[(&str, &str)]) -> Ran {
        let output = self
            .command(args, secrets)
            .stdin(Stdio::null())
            .output()
            .expect("sendoff can be started");
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// An SMTP account without TLS on this loopback port, and an agent that may use it.
    ///
    /// Gives the agent's token.
    pub fn with_agent(&self, mailbox: &str, smtp_port: u16, level: u8) -> String {
        let smtp = format!("smtp://127.0.0.1:{smtp_port}?tls=none");
        self.as_operator(&["mailbox", "add", mailbox, "--smtp", &smtp])
            .ok();
        let level = level.to_string();
        let made = self
            .as_operator(&[
                "agent",
                "add",
                "test-agent",
                "--mailbox",
                mailbox,
                "--level",
                &level,
                "--json",
            ])
            .json();
        made["token"]
            .as_str()
            .unwrap_or_else(|| panic!("no token in {made}"))
            .to_owned()
    }

    /// `sendoff serve` on this desk, unlocked; returns when it says it is ready.
    ///
    /// # Panics
    /// When it ends, or says nothing of the kind within [`PATIENCE`].
    pub fn serve(&self) -> Serving {
        self.serve_with(&[], &[("--passphrase-fd", PASSPHRASE)])
    }

    /// As [`Desk::serve`] with more arguments and other secrets; `--http` is this desk's first port.
    pub fn serve_with(&self, more: &[&str], secrets: &[(&str, &str)]) -> Serving {
        let http = format!("127.0.0.1:{}", self.port(0));
        let args: Vec<&str> = ["serve", "--http", &http]
            .iter()
            .chain(more)
            .copied()
            .collect();
        let mut serving = self.start_serving(&args, secrets);
        serving.until_ready();
        serving
    }

    /// Starts any long-running command and does not wait for it to be ready.
    pub fn start_serving(&self, args: &[&str], secrets: &[(&str, &str)]) -> Serving {
        let mut command = self.command(args, secrets);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = Running::start("sendoff serve", &mut command);
        let stdout = collect(running.child().stdout.take().unwrap());
        let stderr = collect(running.child().stderr.take().unwrap());
        Serving {
            running,
            stdout,
            stderr,
            url: String::new(),
        }
    }

    /// The command line, in an environment that holds nothing of the person who runs the tests.
    fn command(&self, args: &[&str], secrets: &[(&str, &str)]) -> Command {
        // Descriptors above 2 cannot be given by the standard library alone; the shell's
        // redirections can, and `exec` leaves no shell behind.
        let mut script = match self.files_max {
            Some(files) => format!("ulimit -n {files} && exec \"$@\""),
            None => "exec \"$@\"".to_owned(),
        };
        let mut words: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        for (place, (flag, secret)) in secrets.iter().enumerate() {
            let file = tempfile::NamedTempFile::new_in(self.home.path()).unwrap();
            let (mut file, path) = file.keep().unwrap();
            file.write_all(secret.as_bytes()).unwrap();
            let fd = place + 3;
            script.push_str(&format!(" {fd}<'{}'", path.display()));
            words.extend([(*flag).to_owned(), fd.to_string()]);
        }
        let mut command = tethered("sh");
        command
            .args(["-c", &script, "sh"])
            .arg(sendoff_bin())
            .args(words)
            .arg("--data")
            .arg(self.data())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.home.path().join("run"));
        for kept in ["RUST_BACKTRACE", "RUST_LOG", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
    }
}

/// A running `sendoff serve`; dropping it kills it.
#[derive(Debug)]
pub struct Serving {
    running: Running,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
    url: String,
}

impl Serving {
    /// Where the agents' door answers, as the `ready` line said: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the SMTP door answers, as the `ready` line said: `127.0.0.1:PORT`.
    ///
    /// # Panics
    /// When it was started without `--smtp`.
    pub fn smtp(&self) -> String {
        let stdout = self.stdout();
        let words = stdout.split_whitespace();
        let said = words.filter_map(|word| word.strip_prefix("smtp=")).next();
        said.unwrap_or_else(|| panic!("the SMTP door is closed: {stdout}"))
            .to_owned()
    }

    /// The agents' door, with this token.
    pub fn api(&self, token: &str) -> Api {
        Api::new(&self.url, token)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// Resident memory in bytes.
    pub fn memory(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap_or("0 kB");
        line.split_whitespace()
            .next()
            .and_then(|kb| kb.parse::<u64>().ok())
            .unwrap_or(0)
            * 1024
    }

    /// Everything it wrote to standard output so far.
    pub fn stdout(&self) -> String {
        self.stdout.lock().unwrap().clone()
    }

    /// Everything it wrote to standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Waits for the line `ready http=…`.
    ///
    /// # Panics
    /// When it ends before, or has not said so after [`PATIENCE`]; shows what it did say.
    pub fn until_ready(&mut self) {
        let (running, stdout, stderr) = (&mut self.running, &self.stdout, &self.stderr);
        let said = || {
            format!(
                "stdout: {}\nstderr: {}",
                stdout.lock().unwrap(),
                stderr.lock().unwrap()
            )
        };
        let begun = std::time::Instant::now();
        self.url = loop {
            if let Some(url) = ready_url(&stdout.lock().unwrap()) {
                break url;
            }
            assert!(
                running.is_running(),
                "sendoff serve ended before it was ready\n{}",
                said()
            );
            assert!(
                begun.elapsed() < PATIENCE,
                "sendoff serve is not ready after {PATIENCE:?}\n{}",
                said()
            );
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill9(mut self) {
        self.running.kill();
    }

    /// Asks it to end (SIGTERM), waits, and tells how it ended.
    ///
    /// # Panics
    /// When it is still there after [`PATIENCE`].
    pub fn stop(mut self) -> ExitStatus {
        self.running.terminate(PATIENCE)
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// When it is still there after [`PATIENCE`].
    pub fn until_ended(&mut self) -> ExitStatus {
        let running = &mut self.running;
        until("sendoff to end by itself", PATIENCE, || {
            running.child().try_wait().ok().flatten()
        })
    }
}

/// `ready http=ADDRESS …` with or without a scheme in front of the address.
fn ready_url(said: &str) -> Option<String> {
    let (whole_lines, _) = said.rsplit_once('\n')?;
    let line = whole_lines
        .lines()
        .find_map(|line| line.strip_prefix("ready "))?;
    let address = line
        .split_whitespace()
        .find_map(|word| word.strip_prefix("http="))?;
    let schemed = address.starts_with("http://") || address.starts_with("unix:");
    Some(if schemed {
        address.to_owned()
    } else {
        format!("http://{address}")
    })
}

/// Reads a pipe to its end on a thread of its own, so that the process never blocks on it.
fn collect(pipe: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let shared = Arc::clone(&text);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            shared
                .lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
    text
}

#[cfg(test)]
mod tests {
    use super::ready_url;

    #[test]
    fn the_ready_line_is_read_only_when_it_is_whole() {
        assert_eq!(ready_url("starting\nready http=127.0.0.1:74"), None);
        let said = "starting\nready http=127.0.0.1:7411 smtp=-\n";
        assert_eq!(ready_url(said).as_deref(), Some("http://127.0.0.1:7411"));
        let said = "ready http=http://127.0.0.1:7411\n";
        assert_eq!(ready_url(said).as_deref(), Some("http://127.0.0.1:7411"));
    }
}
