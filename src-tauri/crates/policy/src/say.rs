//! Words in sentences: times and counts as people read them.

use domain::Timestamp;

/// An instant in a sentence, after `at`-less words such as "until" or "since": `14:20:05 UTC` on
/// the day of `now`, `2026-11-23 14:20:05 UTC` on another.
pub(crate) fn time(at: Timestamp, now: Timestamp) -> String {
    let (written, today) = (at.to_string(), now.to_string());
    let (Some(date), Some(clock)) = (written.get(..10), written.get(11..19)) else {
        return written;
    };
    if today.get(..10) == Some(date) {
        format!("{clock} UTC")
    } else {
        format!("{date} {clock} UTC")
    }
}
