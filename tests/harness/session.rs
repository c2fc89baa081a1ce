//! A desktop of one test's own: X display, D-Bus session, window manager, tray, keyring, WebDriver.
//!
//! The display number is the first free one, HOME and XDG_RUNTIME_DIR are fresh, so any number of
//! sessions run side by side and nothing of the person's own desktop is touched.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::child::{Running, tethered};
use crate::parts;
use crate::ports::PortBlock;
use crate::wait::{PATIENCE, until, until_port_answers};
use crate::webdriver::Window;

/// What unlocks the session's keyring.
const KEYRING_PASSWORD: &[u8] = b"test";

/// The running desktop.
#[derive(Debug)]
pub struct Session {
    // Fields drop in this order: what was started last ends first.
    started: Vec<Running>,
    environment: BTreeMap<&'static str, String>,
    ports: PortBlock,
    dir: TempDir,
}

impl Session {
    /// A display of 1280 × 900 with a window manager, a tray, a bus and an unlocked keyring.
    ///
    /// # Panics
    /// When a part is not installed or does not come up.
    pub fn start() -> Session {
        Session::start_sized(1280, 900)
    }

    /// As [`Session::start`] with another display size in pixels.
    pub fn start_sized(width: u16, height: u16) -> Session {
        let dir = TempDir::with_prefix("sendoff-session-").expect("a folder for the session");
        let mut environment = BTreeMap::from([
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("LANG", "C.UTF-8".to_owned()),
            ("NO_AT_BRIDGE", "1".to_owned()),
            // WEBKIT_DISABLE_COMPOSITING_MODE would paint sooner, but the driver's screenshot then
            // never answers.
            ("TAURI_WEBVIEW_AUTOMATION", "true".to_owned()),
        ]);
        for (name, folder) in [("HOME", "home"), ("XDG_RUNTIME_DIR", "run")] {
            let path = dir.path().join(folder);
            std::fs::create_dir(&path).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
            environment.insert(name, path.display().to_string());
        }
        let mut session = Session {
            started: Vec::new(),
            environment,
            ports: PortBlock::take(),
            dir,
        };
        session.start_display(width, height);
        session.start_bus();
        session.start_keyring();
        session.start_in_background("openbox", "openbox", &[]);
        session.start_in_background("trayer", "trayer", &["--edge", "top", "--height", "24"]);
        session
    }

    /// The X display, as `:7`.
    pub fn display(&self) -> &str {
        &self.environment["DISPLAY"]
    }

    /// The home folder of whoever sits at this desktop.
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// A command that runs inside this desktop and sees nothing of the one outside.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = tethered(program.as_ref());
        command.env_clear().envs(&self.environment);
        command
    }

    /// Sets a variable for everything started from now on.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.environment.insert(name, value.to_owned());
    }

    /// Starts a program in the desktop that ends with it.
    pub fn start_in_background(
        &mut self,
        program: &str,
        debian_package: &str,
        args: &[&str],
    ) -> u32 {
        let path = parts::program(program, debian_package);
        let log = self.dir.path().join(format!("{program}.log"));
        let running = Running::start_logged(program, self.command(path).args(args), &log);
        let pid = running.pid();
        self.started.insert(0, running);
        pid
    }

    /// Runs a program in the desktop to its end and gives its standard output.
    ///
    /// # Panics
    /// When it fails.
    pub fn output(&self, program: &str, debian_package: &str, args: &[&str]) -> String {
        let path = parts::program(program, debian_package);
        let out = self
            .command(path)
            .args(args)
            .stdin(Stdio::null())
            .output()
            .expect("it starts");
        let errors = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{program} {args:?} failed: {errors}");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// Waits until a window with this title is on the display.
    ///
    /// # Panics
    /// When there is none after [`PATIENCE`].
    pub fn wait_for_window(&self, title: &str) {
        until(&format!("a window titled `{title}`"), PATIENCE, || {
            let list = self.output("xwininfo", "x11-utils", &["-root", "-tree"]);
            list.contains(&format!("\"{title}\"")).then_some(())
        });
    }

    /// Opens an application under WebDriver; one window at a time per session.
    ///
    /// # Panics
    /// When the driver is not installed or the application does not come up.
    pub fn open(&mut self, binary: &Path, args: &[&str]) -> Window {
        let port = self.ports.port(0);
        let driver_runs = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        if !driver_runs {
            let at = [format!("--port={port}"), "--host=127.0.0.1".to_owned()];
            let at: Vec<&str> = at.iter().map(String::as_str).collect();
            self.start_in_background("WebKitWebDriver", "webkit2gtk-driver", &at);
            until_port_answers("WebKitWebDriver", port, PATIENCE);
        }
        Window::open(&format!("http://127.0.0.1:{port}"), binary, args)
    }

    /// A picture of the whole display, window frames and tray included.
    ///
    /// # Panics
    /// When the picture cannot be taken.
    pub fn screenshot_to(&self, file: &Path) {
        let name = file.display().to_string();
        self.output("import", "imagemagick", &["-window", "root", &name]);
    }

    /// What the programs of this desktop wrote, for a failed test to show.
    pub fn log(&self) -> String {
        let mut text = String::new();
        for entry in std::fs::read_dir(self.dir.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            if entry.path().extension().is_some_and(|e| e == "log") {
                let said = std::fs::read(entry.path()).unwrap_or_default();
                text.push_str(&format!(
                    "--- {}\n{}",
                    entry.path().display(),
                    String::from_utf8_lossy(&said)
                ));
            }
        }
        text
    }

    /// Xvfb picks the first free display itself and says which: no two sessions can collide.
    fn start_display(&mut self, width: u16, height: u16) {
        let mut command = self.command(parts::program("Xvfb", "xvfb"));
        let screen = format!("{width}x{height}x24");
        command.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            &screen,
            "-nolisten",
            "tcp",
        ]);
        let number = self.start_talking("Xvfb", command);
        self.environment.insert("DISPLAY", format!(":{number}"));
    }

    fn start_bus(&mut self) {
        let mut command = self.command(parts::program("dbus-daemon", "dbus"));
        let address = format!("unix:path={}/run/bus", self.dir.path().display());
        command.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        command.arg(format!("--address={address}"));
        let said = self.start_talking("dbus-daemon", command);
        self.environment.insert("DBUS_SESSION_BUS_ADDRESS", said);
    }

    fn start_keyring(&mut self) {
        let mut command = self.command(parts::program("gnome-keyring-daemon", "gnome-keyring"));
        command
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped());
        let log = std::fs::File::create(self.dir.path().join("keyring.log")).unwrap();
        command.stdout(Stdio::null()).stderr(log);
        let mut running = Running::start("gnome-keyring-daemon", &mut command);
        let mut stdin = running.child().stdin.take().unwrap();
        stdin
            .write_all(KEYRING_PASSWORD)
            .expect("the keyring reads its password");
        drop(stdin);
        self.started.insert(0, running);
        let question = [
            "--session",
            "--dest=org.freedesktop.DBus",
            "--print-reply",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus.NameHasOwner",
            "string:org.freedesktop.secrets",
        ];
        until("the keyring on the session bus", PATIENCE, || {
            self.output("dbus-send", "dbus", &question)
                .contains("true")
                .then_some(())
        });
    }

    /// Starts a program whose first line of output tells that it is there, and gives that line.
    fn start_talking(&mut self, name: &str, mut command: Command) -> String {
        let log = std::fs::File::create(self.dir.path().join(format!("{name}.log"))).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut running = Running::start(name, &mut command);
        let mut line = String::new();
        let stdout = running.child().stdout.take().unwrap();
        let read = BufReader::new(stdout).read_line(&mut line);
        self.started.insert(0, running);
        assert!(
            read.is_ok_and(|n| n > 0),
            "{name} did not come up\n{}",
            self.log()
        );
        line.trim().to_owned()
    }
}
