//! A private Postfix and Dovecot on loopback: the real servers, with two users, gone when dropped.
//!
//! Mail to `@example.test` walks from Postfix through Dovecot's LMTP into a Maildir; an unknown user
//! gives a genuine delivery report; nothing ever leaves the machine. Starting takes about a quarter
//! of a second, and any number of stacks run side by side on ports of their own.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::child::{Running, tethered};
use crate::parts;
use crate::ports::PortBlock;
use crate::tls::TestTls;
use crate::wait::{PATIENCE, until, until_port_answers};

/// Someone with a mailbox here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The full address, which is also the login name.
    pub address: &'static str,
    /// The password for SMTP and IMAP.
    pub password: &'static str,
}

/// The first user.
pub const ALICE: User = User {
    address: "alice@example.test",
    password: "alicepw",
};
/// The second user.
pub const BOB: User = User {
    address: "bob@example.test",
    password: "bobpw",
};

/// Headers the servers put on top of a message on its way; never part of what was sent.
const TRACE: [&str; 4] = ["return-path", "delivered-to", "received", "x-original-to"];

// Places in the port block.
const SMTP: u16 = 0;
const SUBMISSION: u16 = 1;
const SMTPS: u16 = 2;
const IMAP: u16 = 3;
const IMAPS: u16 = 4;
const LMTP: u16 = 5;
const AUTH: u16 = 6;

/// The running pair of servers.
#[derive(Debug)]
pub struct MailStack {
    // Order matters: the servers end before their folder and their ports are given back.
    postfix: Option<Running>,
    _dovecot: Running,
    tls: TestTls,
    ports: PortBlock,
    dir: TempDir,
}

impl MailStack {
    /// Makes certificates and configuration, starts both servers, returns when all ports answer.
    ///
    /// # Panics
    /// When a part is not installed, when not root (Postfix keeps its queue under accounts of its
    /// own), or when a server does not come up; the message says which and shows its log.
    pub fn start() -> MailStack {
        let dovecot = parts::program("dovecot", "dovecot-core dovecot-imapd dovecot-lmtpd");
        parts::program("master", "postfix");
        assert!(
            rustix::process::geteuid().is_root(),
            "the private mail servers need root, because Postfix switches to accounts of its own: run the tests as \
             root, in a container if you like (`sudo -E cargo xtask test`)"
        );
        let dir = TempDir::with_prefix("sendoff-mail-").expect("a folder for the mail servers");
        let (ports, tls) = (PortBlock::take(), TestTls::make());
        lay_out(dir.path(), &tls);
        write_dovecot(dir.path(), &ports);
        write_postfix(dir.path(), &ports);

        let config = dir.path().join("dovecot/dovecot.conf");
        let log = dir.path().join("dovecot/dovecot.out");
        let dovecot = Running::start_logged(
            "dovecot",
            tethered(dovecot).arg("-F").arg("-c").arg(config),
            &log,
        );
        let mut stack = MailStack {
            postfix: None,
            _dovecot: dovecot,
            tls,
            ports,
            dir,
        };
        for port in [IMAP, IMAPS, LMTP, AUTH] {
            stack.until_up("dovecot", port);
        }
        stack.start_smtp();
        stack
    }

    /// Starts Postfix again after [`MailStack::stop_smtp`], on the same ports with the same queue.
    pub fn start_smtp(&mut self) {
        let mut master = tethered(parts::program("master", "postfix"));
        master
            .arg("-c")
            .arg(self.dir.path().join("postfix/etc"))
            .arg("-d");
        let log = self.dir.path().join("postfix/master.out");
        self.postfix = Some(Running::start_logged("postfix", &mut master, &log));
        for port in [SMTP, SUBMISSION, SMTPS] {
            self.until_up("postfix", port);
        }
    }

    /// Ends Postfix at once: from now on connections to its ports are refused.
    pub fn stop_smtp(&mut self) {
        self.postfix = None;
    }

    /// Plain SMTP, STARTTLS offered, AUTH offered and not asked for.
    pub fn smtp_port(&self) -> u16 {
        self.ports.port(SMTP)
    }

    /// Submission: STARTTLS and AUTH are required.
    pub fn submission_port(&self) -> u16 {
        self.ports.port(SUBMISSION)
    }

    /// Submission over implicit TLS: AUTH is required.
    pub fn smtps_port(&self) -> u16 {
        self.ports.port(SMTPS)
    }

    /// IMAP, STARTTLS offered.
    pub fn imap_port(&self) -> u16 {
        self.ports.port(IMAP)
    }

    /// IMAP over implicit TLS.
    pub fn imaps_port(&self) -> u16 {
        self.ports.port(IMAPS)
    }

    /// The authority's certificate, for `ca=FILE`.
    pub fn ca_file(&self) -> PathBuf {
        self.dir.path().join("tls/ca.pem")
    }

    /// The certificates of this stack.
    pub fn tls(&self) -> &TestTls {
        &self.tls
    }

    /// What lies in this user's INBOX, oldest first: the exact bytes with CRLF, trace headers on top.
    pub fn delivered(&self, user: User) -> Vec<Vec<u8>> {
        self.held(user, None)
    }

    /// What lies in this folder of this user, oldest first: the exact bytes.
    pub fn filed(&self, user: User, folder: &str) -> Vec<Vec<u8>> {
        self.held(user, Some(folder))
    }

    fn held(&self, user: User, folder: Option<&str>) -> Vec<Vec<u8>> {
        let (name, domain) = user.address.split_once('@').unwrap();
        let maildir = self
            .dir
            .path()
            .join("vmail")
            .join(domain)
            .join(name)
            .join("Maildir")
            .join(folder.map_or_else(String::new, |folder| format!(".{folder}")));
        let mut found: Vec<(PathBuf, Vec<u8>)> = ["new", "cur"]
            .iter()
            .filter_map(|folder| fs::read_dir(maildir.join(folder)).ok())
            .flatten()
            .filter_map(|entry| entry.ok())
            .filter_map(|entry| {
                Some((
                    PathBuf::from(entry.file_name()),
                    fs::read(entry.path()).ok()?,
                ))
            })
            .collect();
        // A Maildir name begins with the second and microsecond of delivery.
        found.sort();
        found.into_iter().map(|(_, bytes)| bytes).collect()
    }

    /// Puts a message into a folder of this user as another mail program would: `None` is INBOX.
    ///
    /// # Panics
    /// When the Maildir cannot be written.
    pub fn put(&self, user: User, folder: Option<&str>, message: &str) {
        static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let (name, domain) = user.address.split_once('@').unwrap();
        let nobody = account("nobody");
        let mut place = self.dir.path().join("vmail");
        let mut parts = vec![domain, name, "Maildir"];
        let folder = folder.map(|folder| format!(".{folder}"));
        parts.extend(folder.as_deref());
        let owned = |path: &Path| {
            fs::create_dir_all(path).unwrap();
            chown(path, Some(nobody.0), Some(nobody.1)).unwrap();
        };
        for part in parts {
            place = place.join(part);
            owned(&place);
        }
        for part in ["new", "cur", "tmp"] {
            owned(&place.join(part));
        }
        let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let file = format!("17{n:08}.M{n}P{}.test", std::process::id());
        let tmp = place.join("tmp").join(&file);
        fs::write(&tmp, message).unwrap();
        chown(&tmp, Some(nobody.0), Some(nobody.1)).unwrap();
        fs::rename(tmp, place.join("new").join(file)).unwrap();
    }

    /// Lets Dovecot forget how it numbered this user's INBOX: at the next login the folder has
    /// another UIDVALIDITY (RFC 3501, section 2.3.1.1) and every message another UID. Nobody may be
    /// logged in.
    ///
    /// # Panics
    /// When the Maildir cannot be written.
    pub fn renumber(&self, user: User) {
        let (name, domain) = user.address.split_once('@').unwrap();
        let maildir = self.dir.path().join("vmail").join(domain).join(name);
        for entry in fs::read_dir(maildir.join("Maildir")).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            let numbers = name.starts_with("dovecot.index") || name.starts_with("dovecot-uid");
            if numbers && entry.file_type().unwrap().is_file() {
                fs::remove_file(entry.path()).unwrap();
            }
        }
    }

    /// Waits for a message of this user that `wanted` recognises, and gives its bytes.
    ///
    /// # Panics
    /// When none has come at the deadline; the message shows what did come and Postfix's log.
    pub fn wait_for_mail(
        &self,
        user: User,
        deadline: Duration,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Vec<u8> {
        let begun = std::time::Instant::now();
        loop {
            let all = self.delivered(user);
            if let Some(mail) = all.iter().find(|bytes| wanted(bytes)) {
                return mail.clone();
            }
            assert!(
                begun.elapsed() < deadline,
                "no such mail for {} within {deadline:?}; {} others came\n{}",
                user.address,
                all.len(),
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until `count` messages lie in this user's INBOX and gives them all.
    ///
    /// # Panics
    /// When fewer have come after [`PATIENCE`].
    pub fn wait_for_count(&self, user: User, count: usize) -> Vec<Vec<u8>> {
        until(
            &format!("{count} mails for {}", user.address),
            PATIENCE,
            || Some(self.delivered(user)).filter(|all| all.len() >= count),
        )
    }

    /// Waits until Postfix holds nothing more: everything accepted so far is delivered or bounced.
    ///
    /// # Panics
    /// When something is still queued at the deadline.
    pub fn wait_until_queue_is_empty(&self, deadline: Duration) {
        let queue = self.dir.path().join("postfix/queue");
        until("Postfix's queue to drain", deadline, || {
            let left: usize = ["maildrop", "incoming", "active", "deferred"]
                .iter()
                .map(|folder| count_files(&queue.join(folder)))
                .sum();
            (left == 0).then_some(())
        });
    }

    /// What both servers wrote to their logs, for a failed test to show.
    pub fn log(&self) -> String {
        [
            "postfix/mail.log",
            "postfix/master.out",
            "dovecot/dovecot.log",
            "dovecot/dovecot.out",
        ]
        .iter()
        .filter_map(|name| {
            Some(format!(
                "--- {name}\n{}",
                read_lossy(&self.dir.path().join(name))?
            ))
        })
        .collect()
    }

    fn until_up(&self, server: &str, place: u16) {
        let port = self.ports.port(place);
        let up = std::panic::catch_unwind(|| until_port_answers(server, port, PATIENCE));
        assert!(
            up.is_ok(),
            "{server} did not open port {port}\n{}",
            self.log()
        );
    }
}

/// A delivered message as its sender wrote it: without the trace headers the servers put on top.
pub fn as_sent(delivered: &[u8]) -> &[u8] {
    let mut rest = delivered;
    let mut inside_trace = false;
    loop {
        let line_len = rest
            .iter()
            .position(|b| *b == b'\n')
            .map_or(rest.len(), |at| at + 1);
        let line = &rest[..line_len];
        let continues = line.first().is_some_and(|b| *b == b' ' || *b == b'\t');
        let name = line.split(|b| *b == b':').next().unwrap_or_default();
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        inside_trace = if continues {
            inside_trace
        } else {
            TRACE.contains(&name.as_str())
        };
        if !inside_trace || line.is_empty() {
            return rest;
        }
        rest = &rest[line_len..];
    }
}

fn count_files(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(|entry| entry.ok())
        .map(|entry| {
            if entry.path().is_dir() {
                count_files(&entry.path())
            } else {
                1
            }
        })
        .sum()
}

fn read_lossy(path: &Path) -> Option<String> {
    Some(String::from_utf8_lossy(&fs::read(path).ok()?).into_owned())
}

/// Folders with the owners the servers insist on.
fn lay_out(root: &Path, tls: &TestTls) {
    let postfix = account("postfix");
    let postdrop = group("postdrop");
    let nobody = account("nobody");
    let folder = |name: &str, owner: (u32, u32), mode: u32| {
        let path = root.join(name);
        fs::create_dir_all(&path).unwrap();
        chown(&path, Some(owner.0), Some(owner.1)).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    };
    folder("", (0, 0), 0o755);
    for name in [
        "tls",
        "dovecot",
        "dovecot/run",
        "dovecot/state",
        "postfix",
        "postfix/etc",
    ] {
        folder(name, (0, 0), 0o755);
    }
    folder("postfix/queue", (0, 0), 0o755);
    folder("postfix/queue/pid", (0, 0), 0o755);
    for name in
        "active bounce corrupt defer deferred flush hold incoming private saved trace".split(' ')
    {
        folder(&format!("postfix/queue/{name}"), (postfix.0, 0), 0o700);
    }
    folder("postfix/queue/maildrop", (postfix.0, postdrop), 0o730);
    folder("postfix/queue/public", (postfix.0, postdrop), 0o710);
    folder("postfix/data", (postfix.0, 0), 0o700);
    folder("vmail", nobody, 0o700);
    fs::write(root.join("tls/ca.pem"), &tls.ca_pem).unwrap();
    fs::write(root.join("tls/server.pem"), &tls.cert_pem).unwrap();
    fs::write(root.join("tls/server.key"), &tls.key_pem).unwrap();
}

fn write_dovecot(root: &Path, ports: &PortBlock) {
    let users: String = [ALICE, BOB]
        .iter()
        .map(|user| format!("{}:{{PLAIN}}{}\n", user.address, user.password))
        .collect();
    fs::write(root.join("dovecot/users"), users).unwrap();
    let (uid, gid) = account("nobody");
    let config = include_str!("mailstack/dovecot.conf")
        .replace("@ROOT@", &root.display().to_string())
        .replace("@UID@", &uid.to_string())
        .replace("@GID@", &gid.to_string())
        .replace("@IMAP@", &ports.port(IMAP).to_string())
        .replace("@IMAPS@", &ports.port(IMAPS).to_string())
        .replace("@LMTP@", &ports.port(LMTP).to_string())
        .replace("@AUTH@", &ports.port(AUTH).to_string());
    fs::write(root.join("dovecot/dovecot.conf"), config).unwrap();
}

fn write_postfix(root: &Path, ports: &PortBlock) {
    let daemons = parts::program("master", "postfix")
        .parent()
        .unwrap()
        .display()
        .to_string();
    for (name, text) in [
        ("main.cf", include_str!("mailstack/main.cf")),
        ("master.cf", include_str!("mailstack/master.cf")),
    ] {
        let text = text
            .replace("@ROOT@", &root.display().to_string())
            .replace("@DAEMONS@", &daemons)
            .replace("@SMTP@", &ports.port(SMTP).to_string())
            .replace("@SUBMISSION@", &ports.port(SUBMISSION).to_string())
            .replace("@SMTPS@", &ports.port(SMTPS).to_string())
            .replace("@LMTP@", &ports.port(LMTP).to_string())
            .replace("@AUTH@", &ports.port(AUTH).to_string());
        let path = root.join("postfix/etc").join(name);
        fs::write(&path, text).unwrap();
        // Postfix distrusts a configuration younger than a second and sleeps until it is older.
        let a_minute_ago = SystemTime::now() - Duration::from_secs(60);
        fs::File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .set_modified(a_minute_ago)
            .unwrap();
    }
}

/// User and group id of a system account.
fn account(name: &str) -> (u32, u32) {
    let id = |flag: &str| {
        let out = Command::new("id")
            .args([flag, name])
            .output()
            .expect("`id` runs");
        let text = String::from_utf8_lossy(&out.stdout).trim().to_owned();
        text.parse()
            .unwrap_or_else(|_| panic!("there is no account `{name}`: install postfix"))
    };
    (id("-u"), id("-g"))
}

fn group(name: &str) -> u32 {
    let groups = fs::read_to_string("/etc/group").expect("groups can be read");
    let line = groups
        .lines()
        .find(|line| line.starts_with(&format!("{name}:")));
    let id = line
        .and_then(|line| line.split(':').nth(2))
        .and_then(|id| id.parse().ok());
    id.unwrap_or_else(|| panic!("there is no group `{name}`: install postfix"))
}

#[cfg(test)]
mod tests {
    use super::as_sent;

    #[test]
    fn only_the_headers_on_top_are_taken_for_trace() {
        let delivered = b"Return-Path: <a@b.test>\r\nReceived: from x\r\n\tby y\r\nFrom: a\r\nReceived: mine\r\n\r\nhi\r\n";
        assert_eq!(
            as_sent(delivered),
            b"From: a\r\nReceived: mine\r\n\r\nhi\r\n"
        );
    }

    #[test]
    fn a_message_of_nothing_but_trace_is_empty() {
        assert_eq!(as_sent(b"Received: from x\r\n\tby y"), b"");
    }
}
