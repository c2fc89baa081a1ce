//! How many files this process may have open: a connection is one.

/// Files it asks for: what the doors keep at most, and the house's own.
#[cfg(unix)]
const WANTED: u64 = 8_192;

/// Raises the limit on open files towards what the doors can use, as far as the system lets a
/// process do so itself: desktops start programs with 256 or 1,024. Once, as the process starts.
pub fn raise_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let now = getrlimit(Resource::Nofile);
        let most = now.maximum.map_or(WANTED, |most| most.min(WANTED));
        if now.current.is_none_or(|current| current >= most) {
            return;
        }
        let raised = Rlimit {
            current: Some(most),
            maximum: now.maximum,
        };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            // The doors keep fewer connections then.
            tracing::warn!(%error, "the limit on open files cannot be raised");
        }
    }
}

/// The limit as it is now.
#[cfg(unix)]
pub(crate) fn limit() -> u64 {
    let now = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    now.current.unwrap_or(u64::MAX)
}

/// Sockets are no files here, and have no such limit.
#[cfg(not(unix))]
pub(crate) fn limit() -> u64 {
    u64::MAX
}
