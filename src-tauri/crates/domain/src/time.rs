//! Instants and spans, in whole microseconds. Nobody here asks what time it is.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds ignored.
///
/// Written as RFC 3339 in UTC with six decimals (`2026-11-22T10:00:00.000000Z`), so that text
/// sorts as time does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(i64);

/// A length of time in microseconds; may be negative.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Span(i64);

/// Text that is not an RFC 3339 instant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not a time in RFC 3339 form, such as 2026-11-22T10:00:00Z")]
pub struct TimeError(pub String);

impl Timestamp {
    /// The last instant that can be written (9999-12-30T22:00:00Z).
    pub const MAX: Timestamp = Timestamp(253_402_207_200_000_000);

    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Timestamp(micros)
    }

    /// From seconds since the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Timestamp(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// True if the second this lies in is over when that of `other` begins: how a time told in whole
    /// seconds, as a mail server tells them, is compared with one of our own.
    pub const fn is_in_an_earlier_second(self, other: Timestamp) -> bool {
        self.seconds() < other.seconds()
    }

    /// As a person writes it in a document: RFC 3339 in UTC to the second (`2026-11-22T10:00:00Z`),
    /// rounded down.
    pub fn to_the_second(self) -> String {
        match jiff::Timestamp::from_second(self.seconds()) {
            Ok(instant) => instant.to_string(),
            Err(_) => self.to_string(),
        }
    }

    /// Time from `earlier` to `self`; negative if `earlier` is later.
    pub const fn since(self, earlier: Timestamp) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// From microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Span(micros)
    }
    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Span(millis.saturating_mul(1_000))
    }
    /// From seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Span(seconds.saturating_mul(1_000_000))
    }
    /// From minutes.
    pub const fn from_minutes(minutes: i64) -> Self {
        Span::from_seconds(minutes.saturating_mul(60))
    }
    /// From hours.
    pub const fn from_hours(hours: i64) -> Self {
        Span::from_minutes(hours.saturating_mul(60))
    }
    /// From days of 24 hours.
    pub const fn from_days(days: i64) -> Self {
        Span::from_hours(days.saturating_mul(24))
    }
    /// Microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Whole seconds, rounded towards zero.
    pub const fn seconds(self) -> i64 {
        self.0 / 1_000_000
    }
    /// As a standard duration; negative spans are zero.
    pub const fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_micros(if self.0 < 0 { 0 } else { self.0.unsigned_abs() })
    }
}

impl Add<Span> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_sub(span.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) => write!(f, "{instant:.6}"),
            // Outside the calendar jiff can write; the number is still the truth.
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse::<jiff::Timestamp>()
            .map(|instant| Timestamp(instant.as_microsecond()))
            .map_err(|_| TimeError(text.chars().take(64).collect()))
    }
}

impl fmt::Display for Span {
    /// In words a person would use, at most two units: `2 h 5 min`, `40 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.0.unsigned_abs() / 1_000_000;
        let (days, hours, minutes, seconds) = (s / 86_400, s / 3_600 % 24, s / 60 % 60, s % 60);
        match (days, hours, minutes, seconds) {
            (0, 0, 0, sec) => write!(f, "{sec} s"),
            (0, 0, min, 0) => write!(f, "{min} min"),
            (0, 0, min, sec) => write!(f, "{min} min {sec} s"),
            (0, h, 0, _) => write!(f, "{h} h"),
            (0, h, min, _) => write!(f, "{h} h {min} min"),
            (1, 0, _, _) => write!(f, "1 day"),
            (d, 0, _, _) => write!(f, "{d} days"),
            (1, h, _, _) => write!(f, "1 day {h} h"),
            (d, h, _, _) => write!(f, "{d} days {h} h"),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_utc_with_six_decimals_and_read_back() {
        let instant = Timestamp::from_micros(1_795_341_600_000_001);
        assert_eq!(instant.to_string(), "2026-11-22T10:00:00.000001Z");
        assert_eq!(instant.to_string().parse(), Ok(instant));
        assert_eq!("2026-11-22T11:00:00.000001+01:00".parse(), Ok(instant));
    }

    #[test]
    fn spans_speak_in_at_most_two_units() {
        let said: Vec<String> = [40, 60, 61, 3_600, 3_660, 86_400, 180_000]
            .map(|s| Span::from_seconds(s).to_string())
            .to_vec();
        assert_eq!(
            said,
            [
                "40 s",
                "1 min",
                "1 min 1 s",
                "1 h",
                "1 h 1 min",
                "1 day",
                "2 days 2 h"
            ]
        );
    }

    #[test]
    fn arithmetic_at_the_edges_saturates() {
        assert_eq!(
            Timestamp::from_micros(i64::MAX) + Span::from_days(1),
            Timestamp(i64::MAX)
        );
    }
}
