//! Hours of the day that repeat every day, in somebody's local time.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;

/// From one time of day up to another, to the minute; over midnight where the second is earlier.
///
/// Written `22:00-07:00`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DayHours {
    from: Time,
    to: Time,
}

/// Text that is not two different times of day.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not two different times of day such as 22:00-07:00")]
pub struct HoursError(pub String);

impl DayHours {
    /// True if a local time of day lies in them; the first minute does, the last does not.
    pub fn hold(self, time: Time) -> bool {
        if self.from < self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

impl FromStr for DayHours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let read = |part: &str| Time::strptime("%H:%M", part.trim()).ok();
        let hours = text
            .split_once('-')
            .and_then(|(from, to)| Some((read(from)?, read(to)?)));
        match hours {
            Some((from, to)) if from != to => Ok(DayHours { from, to }),
            Some(_) | None => Err(HoursError(text.chars().take(40).collect())),
        }
    }
}

impl fmt::Display for DayHours {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        write!(to, "{}-{}", part(self.from), part(self.to))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn hours_over_midnight_hold_both_sides_of_it_and_not_the_day() {
        let night: DayHours = "22:00-07:00".parse().unwrap();
        assert!(night.hold(time(22, 0, 0, 0)));
        assert!(night.hold(time(0, 0, 0, 0)));
        assert!(night.hold(time(6, 59, 59, 0)));
        assert!(!night.hold(time(7, 0, 0, 0)));
        assert!(!night.hold(time(21, 59, 0, 0)));
    }

    #[test]
    fn hours_within_a_day_hold_what_lies_between() {
        let lunch: DayHours = " 12:00 - 13:30 ".parse().unwrap();
        assert!(lunch.hold(time(13, 29, 0, 0)));
        assert!(!lunch.hold(time(13, 30, 0, 0)));
        assert!(!lunch.hold(time(11, 59, 0, 0)));
    }

    #[test]
    fn they_are_written_as_they_are_read() {
        for text in ["22:00-07:00", "00:00-00:01"] {
            assert_eq!(text.parse::<DayHours>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "off",
            "22:00",
            "22:00-22:00",
            "25:00-07:00",
            "22-7",
            "a-b",
        ] {
            assert!(text.parse::<DayHours>().is_err(), "{text}");
        }
    }
}
