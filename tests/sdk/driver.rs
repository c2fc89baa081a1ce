//! A client's driver: a process that makes one call per JSON line and says what came of it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tests::child::{Running, tethered};
use tests::wait::{PATIENCE, until};

/// How long one call may take: longer than any client's own timeout and its retries.
const CALL_TIME: Duration = Duration::from_secs(60);

/// What a client expects of its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idiom {
    Resend,
    Postmark,
    /// The same service as `Resend`, behind a tool that passes on words alone.
    Mcp,
    /// None but ours: it has a story of its own.
    Own,
}

/// One published client.
#[derive(Debug, Clone)]
pub struct Client {
    pub script: &'static str,
    pub idiom: Idiom,
    runs: fn() -> PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Client {
    pub fn node(script: &'static str, idiom: Idiom) -> Client {
        Client {
            script,
            idiom,
            runs: node,
            variables: Vec::new(),
        }
    }

    pub fn python(script: &'static str, idiom: Idiom) -> Client {
        Client {
            script,
            idiom,
            runs: python,
            variables: Vec::new(),
        }
    }

    /// A crate, behind a program of ours.
    pub fn lettre() -> Client {
        Client {
            script: "lettre.rs",
            idiom: Idiom::Own,
            runs: || PathBuf::from(env!("CARGO_BIN_EXE_drives-lettre")),
            variables: Vec::new(),
        }
    }

    /// The same with a variable of its environment set.
    pub fn with(mut self, name: &'static str, value: &str) -> Client {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// True if the client asks again by itself when no answer comes.
    pub fn retries_by_itself(&self) -> bool {
        self.script == "python_postmark.py"
    }

    /// True if it starts `sendoff mcp` instead of knocking itself.
    pub fn speaks_over_standard_input(&self) -> bool {
        self.variables
            .iter()
            .any(|(name, _)| *name == "SENDOFF_STDIO")
    }

    /// True if it says of a refused HTTP request that it was, and no more.
    pub fn keeps_refusals_to_itself(&self) -> bool {
        self.script == "python_mcp.py" && !self.speaks_over_standard_input()
    }

    /// Starts its driver against the door at `url` with this token.
    pub fn start(&self, url: &str, token: &str) -> Driver {
        let mut command = program((self.runs)(), &folder().join("drivers").join(self.script));
        command
            .env("SENDOFF_URL", url)
            .env("SENDOFF_TOKEN", token)
            .env("RESEND_BASE_URL", format!("{url}/resend"))
            .env("RESEND_API_URL", url)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = Running::start(self.script, &mut command);
        let stdin = running.child().stdin.take().unwrap();
        let stdout = running.child().stdout.take().unwrap();
        let stderr = running.child().stderr.take().unwrap();
        let complaints = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&complaints);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                eprintln!("{line}");
                heard.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Driver {
            name: self.script,
            stdin,
            lines,
            complaints,
            _running: running,
        }
    }
}

/// The folder the clients and their drivers are in.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk")
}

/// A command that runs `script` and carries nothing of the person who runs the tests.
pub fn program(runs: PathBuf, script: &Path) -> Command {
    let mut command = tethered(runs);
    command
        .arg(script)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LANG", "C.UTF-8");
    command
}

/// Node, with the clients installed.
pub fn node() -> PathBuf {
    let installed = folder().join("node_modules/.package-lock.json");
    assert!(
        installed.is_file(),
        "the clients from npm are not installed: run `cargo xtask test clients-install`"
    );
    tests::parts::program("node", "nodejs")
}

/// The Python that has the clients.
pub fn python() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"));
    let python = target.join("clients/bin/python");
    assert!(
        python.is_file(),
        "the clients from PyPI are not installed: run `cargo xtask test clients-install`"
    );
    python
}

/// A running driver.
pub struct Driver {
    name: &'static str,
    stdin: ChildStdin,
    lines: Receiver<String>,
    complaints: Arc<Mutex<String>>,
    _running: Running,
}

/// What a client said of one call.
#[derive(Debug, Clone)]
pub struct Said(pub Value);

impl Driver {
    /// Makes one call.
    pub fn call(&mut self, call: &str, args: Value) -> Said {
        let mut line = args;
        line["call"] = json!(call);
        writeln!(self.stdin, "{line}").unwrap_or_else(|e| panic!("{} ended: {e}", self.name));
        let said = self.lines.recv_timeout(CALL_TIME);
        let said = said.unwrap_or_else(|e| panic!("{} says nothing to `{call}`: {e}", self.name));
        Said(serde_json::from_str(&said).unwrap_or_else(|e| panic!("{}: {e}: {said}", self.name)))
    }

    /// Waits until the driver, or a program it started, says this on standard error.
    pub fn complains(&self, words: &str) {
        let what = format!("`{words}` on the standard error of {}", self.name);
        until(&what, PATIENCE, || {
            self.complaints
                .lock()
                .unwrap()
                .contains(words)
                .then_some(())
        });
    }

    /// Sends one letter.
    pub fn send(&mut self, letter: &Value) -> Said {
        self.call("send", json!({"letter": letter}))
    }
}

impl Said {
    /// What the client took for a success: the id of the submission.
    pub fn id(&self) -> String {
        assert_eq!(self.0["ok"], true, "{self:?}");
        let id = self.0["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no id in {self:?}"));
        match id.starts_with("sub_") {
            true => id.to_owned(),
            // As the one service writes it.
            false => format!("sub_{}", id.replace('-', "")),
        }
    }

    /// What the client took for an error: status, and its name or code.
    pub fn error(&self) -> (u64, String) {
        assert_eq!(self.0["ok"], false, "{self:?}");
        let code = match self.0["code"].as_u64() {
            Some(code) => code.to_string(),
            None => self.0["name"].as_str().unwrap_or_default().to_owned(),
        };
        (self.0["status"].as_u64().unwrap_or(0), code)
    }

    /// The words it passes on.
    pub fn message(&self) -> &str {
        self.0["message"].as_str().unwrap_or_default()
    }
}
