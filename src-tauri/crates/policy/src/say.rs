//! Words in sentences: times and counts as people read them.

use domain::Timestamp;

/// An instant in a sentence, after `at`-less words such as "until" or "since": `14:20:05 UTC` on
/// the day of `now`, `2026-11-23 14:20:05 UTC` on another.
pub(crate) fn time(at: Timestamp, now: Timestamp) -> String {
    const DAY: i64 = 86_400;
    let (day, second) = (at.seconds().div_euclid(DAY), at.seconds().rem_euclid(DAY));
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let clock = format!("{hour:02}:{minute:02}:{second:02} UTC");
    if day == now.seconds().div_euclid(DAY) {
        return clock;
    }
    match at.to_string().get(..10) {
        Some(date) => format!("{date} {clock}"),
        None => clock,
    }
}
