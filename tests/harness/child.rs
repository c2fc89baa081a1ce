//! Processes that end with the test: by id, with everything they started, even when the test itself is killed.

use std::ffi::OsStr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::parts;
use crate::wait::until;

/// A command whose process the kernel kills when the thread that starts it ends.
///
/// Dropping [`Running`] is the ordinary end; this is for the runner that kills a test which took too long. Mind that
/// it is the *thread* that counts: what a helper thread starts ends with the helper thread.
pub fn tethered(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(parts::program("setpriv", "util-linux"));
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// One started process; dropping it kills it and its whole tree.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
}

impl Running {
    /// Starts `command` with no standard input unless it was given one.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn start(name: &str, command: &mut Command) -> Running {
        let child = command
            .spawn()
            .unwrap_or_else(|e| panic!("{name} cannot be started: {e}"));
        Running {
            name: name.to_owned(),
            child,
        }
    }

    /// As [`Running::start`], writing what it says to a file.
    pub fn start_logged(name: &str, command: &mut Command, log: &std::path::Path) -> Running {
        let file = std::fs::File::create(log).expect("the log can be made");
        let twin = file.try_clone().expect("the log can be shared");
        Running::start(name, command.stdin(Stdio::null()).stdout(file).stderr(twin))
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The child itself, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Whether it is still there.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end (SIGTERM) and waits.
    ///
    /// # Panics
    /// When it is still there at the deadline.
    pub fn terminate(&mut self, deadline: Duration) -> ExitStatus {
        let _gone_already = kill_process(pid(self.pid()), Signal::TERM);
        let what = format!("{} to end after SIGTERM", self.name);
        until(&what, deadline, || self.child.try_wait().ok().flatten())
    }

    /// `kill -9`: the process itself, nothing it started, and waits until it is gone.
    pub fn kill(&mut self) {
        let _gone_already = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Frozen first, parents before children: a server that forks while its tree is being read
        // would leave an orphan behind.
        signal(self.pid(), Signal::STOP);
        let mut below = descendants(self.pid());
        loop {
            below.iter().for_each(|id| signal(*id, Signal::STOP));
            let again = descendants(self.pid());
            if again.len() <= below.len() {
                break;
            }
            below = again;
        }
        self.kill();
        for id in &below {
            let _gone_already = kill_process(pid(*id), Signal::KILL);
        }
        // Orphans are reaped by init in their own time; what matters is that none of them still acts.
        for id in below {
            let gone = || (test_kill_process(pid(id)).is_err() || is_zombie(id)).then_some(());
            if std::thread::panicking() {
                continue;
            }
            until(
                &format!("process {id} below {} to end", self.name),
                crate::wait::PATIENCE,
                gone,
            );
        }
    }
}

/// Sends a signal to a process by id.
pub fn signal(id: u32, signal: Signal) {
    let _gone_already = kill_process(pid(id), signal);
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap()).expect("a process id is above zero")
}

/// Every process below this one, nearest first.
fn descendants(of: u32) -> Vec<u32> {
    let mut found = vec![of];
    let everyone: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|id| Some((id, status_of(id)?.1)))
        .collect();
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(
            everyone
                .iter()
                .filter(|(_, p)| *p == parent)
                .map(|(id, _)| *id),
        );
        next += 1;
    }
    found.remove(0);
    found
}

fn is_zombie(id: u32) -> bool {
    status_of(id).is_none_or(|(state, _)| state == 'Z' || state == 'X')
}

/// State letter and parent. The second field, the program's name, may hold spaces and brackets: count from its end.
fn status_of(id: u32) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut after_name = stat.rsplit_once(')')?.1.split_whitespace();
    let state = after_name.next()?.chars().next()?;
    Some((state, after_name.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_a_process_ends_what_it_started() {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "sleep 1000 & sleep 1000 & wait"])
            .stdin(Stdio::null());
        let running = Running::start("sh", &mut shell);
        let below = until("two sleepers", crate::wait::PATIENCE, || {
            Some(descendants(running.pid())).filter(|d| d.len() == 2)
        });
        drop(running);
        assert!(below.into_iter().all(is_zombie));
    }

    #[test]
    fn a_tethered_process_ends_with_the_thread_that_started_it() {
        let mut child = std::thread::spawn(|| {
            let child = tethered("sleep").arg("1000").spawn().unwrap();
            // Before this moment the tether is not tied yet.
            until("the sleeper to run", crate::wait::PATIENCE, || {
                let name = std::fs::read_to_string(format!("/proc/{}/comm", child.id())).ok()?;
                (name.trim() == "sleep").then_some(())
            });
            child
        })
        .join()
        .unwrap();
        until("the sleeper to end", crate::wait::PATIENCE, || {
            child.try_wait().ok().flatten()
        });
    }
}
