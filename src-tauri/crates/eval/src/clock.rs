//! How long a piece of work takes.

use std::time::Instant;

/// Does it and says how many milliseconds it took.
#[expect(
    clippy::disallowed_methods,
    reason = "measuring how long reading takes is what a scorer is for"
)]
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed().as_secs_f64() * 1000.0)
}
