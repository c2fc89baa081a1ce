//! The programs a test needs from the system, and what to say when one is not there.

use std::path::PathBuf;

/// Finds a program on `PATH` or in the places where servers live.
///
/// # Panics
/// When it is not installed, naming the command that installs it: a test that cannot run has failed.
pub fn program(name: &str, debian_package: &str) -> PathBuf {
    look_up(name).unwrap_or_else(|| {
        panic!(
            "`{name}` is not installed and this test is about the real thing: run `cargo xtask test`, which installs \
             it, or `apt-get install --no-install-recommends {debian_package}`"
        )
    })
}

fn look_up(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let servers = [
        "/usr/sbin",
        "/sbin",
        "/usr/lib/postfix/sbin",
        "/usr/libexec/postfix",
    ];
    std::env::split_paths(&path)
        .chain(servers.iter().map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}
