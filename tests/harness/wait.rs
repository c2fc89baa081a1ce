//! Waiting for something that happens in another process: look often, give up loudly.

use std::time::{Duration, Instant};

/// How long a test waits for something that takes milliseconds on an idle machine.
///
/// Generous, because the machine may be compiling next door; a passing test never waits this long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const STEP: Duration = Duration::from_millis(5);

/// Calls `look` until it gives something and returns that.
///
/// # Panics
/// When `deadline` has passed, with `what` in the message: say what was waited for, as in "the row of bob".
pub fn until<T>(what: &str, deadline: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            begun.elapsed() < deadline,
            "waited {deadline:?} in vain for {what}"
        );
        std::thread::sleep(STEP);
    }
}

/// Waits until something answers on this loopback port.
///
/// # Panics
/// When nothing listens there before `deadline`.
pub fn until_port_answers(what: &str, port: u16, deadline: Duration) {
    until(&format!("{what} on port {port}"), deadline, || {
        std::net::TcpStream::connect(("127.0.0.1", port)).ok()
    });
}
