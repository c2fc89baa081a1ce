//! What a door says of connections it could not accept: once in a while, however often it tries.

use std::time::Duration;

use tokio::time::Instant;

/// Pause after the system refused a connection, out of file handles say.
const PAUSE: Duration = Duration::from_millis(100);
/// How often it is said.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// The connections a door could not accept.
#[derive(Default)]
pub struct Unaccepted {
    said_at: Option<Instant>,
    since: u64,
}

impl Unaccepted {
    /// Writes one to the log unless that was done within the last minute, and lets the system
    /// catch its breath.
    pub async fn another(&mut self, door: &str, error: &std::io::Error) {
        if let Some(count) = self.due(Instant::now()) {
            tracing::warn!(%error, count, door, "connections could not be accepted");
        }
        tokio::time::sleep(PAUSE).await;
    }

    /// How many there were since it was last said, if it is time to say so.
    fn due(&mut self, now: Instant) -> Option<u64> {
        self.since += 1;
        if self.said_at.is_some_and(|at| now < at + SAID_EVERY) {
            return None;
        }
        self.said_at = Some(now);
        Some(std::mem::take(&mut self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_in_a_minute_are_one_line_and_counted_in_the_next() {
        let mut unaccepted = Unaccepted::default();
        let begun = Instant::now();
        let said: Vec<u64> = (0..1_201)
            .filter_map(|n| unaccepted.due(begun + PAUSE * n))
            .collect();
        assert_eq!(said, [1, 600, 600]);
    }
}
