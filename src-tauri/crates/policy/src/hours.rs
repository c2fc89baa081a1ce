//! Hours of the day and days of the week, where somebody is.
//!
//! Zones come from the tables built into the program, never from the machine: the same facts give
//! the same decision everywhere.

use domain::Timestamp;
use jiff::civil::Time;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{ToSpan as _, Zoned};

use crate::param::{Days, Param, Text, WeekDays};
use crate::settings::Settings;

/// What a time of day looks like.
pub(crate) const TIME_TAKES: &str = "a time of day such as \"08:00\"";

pub(crate) const ZONE: Text = Text {
    key: "zone",
    help: "Time zone of the people here, such as \"Europe/Berlin\".",
    default: "UTC",
    takes: "a time zone such as \"Europe/Berlin\" or \"UTC\"",
    is_one: |name| zone(name).is_some(),
};

const WORK_FROM: Text = Text {
    key: "work_from",
    help: "When work begins.",
    default: "08:00",
    takes: TIME_TAKES,
    is_one: is_time,
};

const WORK_UNTIL: Text = Text {
    key: "work_until",
    help: "When work ends.",
    default: "18:00",
    takes: TIME_TAKES,
    is_one: is_time,
};

const WORK_DAYS: Days = Days {
    key: "work_days",
    help: "Days people work.",
    default: [true, true, true, true, true, false, false],
};

pub(crate) const PARAMS: &[Param] = &[
    Param::Text(&ZONE),
    Param::Text(&WORK_FROM),
    Param::Text(&WORK_UNTIL),
    Param::Days(&WORK_DAYS),
];

/// Longest search for an allowed hour, in days: a week of closed days, and a day to be sure.
const SEARCH_DAYS_MAX: usize = 9;

/// A part of the day on some days of the week; through midnight if it ends before it begins.
pub(crate) struct Hours {
    pub(crate) from: Time,
    pub(crate) until: Time,
    pub(crate) days: WeekDays,
}

impl Hours {
    /// Working hours, as the document has them.
    pub(crate) fn of_work(head: &Settings) -> Hours {
        Hours {
            from: time(WORK_FROM.of(head)),
            until: time(WORK_UNTIL.of(head)),
            days: WORK_DAYS.of(head),
        }
    }

    /// True if the instant is within, where somebody is. What lasts past midnight belongs to the
    /// day it began on.
    pub(crate) fn include(&self, at: Timestamp, zone: &TimeZone) -> bool {
        self.opening(&local(at, zone)).is_some()
    }

    /// The first instant from `at` on that is within; `None` if there is none in a week.
    pub(crate) fn first(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut when = local(at, zone);
        if self.opening(&when).is_some() {
            return Some(at);
        }
        for _ in 0..SEARCH_DAYS_MAX {
            let opens = when.with().time(self.from).build().ok()?;
            if opens >= when && self.is_on(&opens) {
                return Some(Timestamp::from_micros(opens.timestamp().as_microsecond()).max(at));
            }
            when = when.start_of_day().ok()?.checked_add(1.day()).ok()?;
        }
        None
    }

    /// The day whose hours an instant is in.
    fn opening(&self, when: &Zoned) -> Option<Zoned> {
        let time = when.time();
        let (today, evening) = match self.from <= self.until {
            true => (self.from <= time && time < self.until, true),
            false => (self.from <= time || time < self.until, self.from <= time),
        };
        let day = match evening {
            true => when.clone(),
            false => when.yesterday().ok()?,
        };
        (today && self.is_on(&day)).then_some(day)
    }

    fn is_on(&self, when: &Zoned) -> bool {
        let day = when.weekday().to_monday_zero_offset();
        let place = usize::try_from(day).unwrap_or_default();
        self.days.get(place).copied().unwrap_or(false)
    }
}

/// The zone of somebody: their own if it is known and exists, else that of the people here.
pub(crate) fn zone_of(own: Option<&str>, head: &Settings) -> TimeZone {
    own.and_then(zone)
        .or_else(|| zone(ZONE.of(head)))
        .unwrap_or(TimeZone::UTC)
}

/// The name under which a time zone is kept, of a name in any case: `Europe/Berlin` for
/// `europe/berlin`. `None` for what the IANA tables do not know.
pub fn zone_name(name: &str) -> Option<String> {
    Some(zone(name.trim())?.iana_name()?.to_owned())
}

fn zone(name: &str) -> Option<TimeZone> {
    match name {
        "UTC" => Some(TimeZone::UTC),
        _ => TimeZoneDatabase::bundled().get(name).ok(),
    }
}

fn local(at: Timestamp, zone: &TimeZone) -> Zoned {
    // Outside the calendar jiff can count there is no local time; the start of 1970 stands in.
    jiff::Timestamp::from_microsecond(at.micros())
        .unwrap_or_default()
        .to_zoned(zone.clone())
}

/// True for `08:00` and its like.
pub(crate) fn is_time(text: &str) -> bool {
    text.len() == 5 && read_time(text).is_some()
}

/// A time of day that [`is_time`]; midnight for anything else.
pub(crate) fn time(text: &str) -> Time {
    read_time(text).unwrap_or(Time::midnight())
}

fn read_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: &str, until: &str, days: WeekDays) -> Hours {
        Hours {
            from: time(from),
            until: time(until),
            days,
        }
    }

    fn first(hours: &Hours, at: &str, zone: &str) -> String {
        let zone = super::zone(zone).unwrap();
        let first = hours.first(at.parse().unwrap(), &zone).unwrap();
        assert!(hours.include(first, &zone));
        first.to_string()
    }

    const WEEK: WeekDays = [true; 7];
    const WORK: WeekDays = [true, true, true, true, true, false, false];

    #[test]
    fn hours_are_counted_where_somebody_is() {
        let day = hours("08:00", "20:00", WEEK);
        let berlin = "Europe/Berlin";
        assert_eq!(
            first(&day, "2026-11-22T10:00:00Z", berlin),
            "2026-11-22T10:00:00.000000Z"
        );
        assert_eq!(
            first(&day, "2026-11-22T19:00:00Z", berlin),
            "2026-11-23T07:00:00.000000Z"
        );
        assert_eq!(
            first(&day, "2026-11-22T06:59:59Z", berlin),
            "2026-11-22T07:00:00.000000Z"
        );
        assert_eq!(
            first(&day, "2026-11-22T10:00:00Z", "Pacific/Auckland"),
            "2026-11-22T19:00:00.000000Z"
        );
        // The night clocks go back: eight in the morning is nine hours after midnight.
        assert_eq!(
            first(&day, "2026-10-24T22:00:00Z", berlin),
            "2026-10-25T07:00:00.000000Z"
        );
    }

    #[test]
    fn closed_days_are_passed_over_and_night_hours_belong_to_the_evening() {
        let work = hours("09:00", "17:00", WORK);
        // A Sunday.
        assert_eq!(
            first(&work, "2026-11-22T10:00:00Z", "UTC"),
            "2026-11-23T09:00:00.000000Z"
        );
        let night = hours("22:00", "06:00", WORK);
        let within = |at: &str| night.include(at.parse().unwrap(), &TimeZone::UTC);
        assert!(within("2026-11-20T23:00:00Z") && within("2026-11-21T05:59:59Z"));
        assert!(!within("2026-11-21T06:00:00Z") && !within("2026-11-22T23:00:00Z"));
        assert!(!within("2026-11-23T05:00:00Z"));
        assert!(
            hours("09:00", "17:00", [false; 7])
                .first(Timestamp::from_seconds(0), &TimeZone::UTC)
                .is_none()
        );
    }

    #[test]
    fn times_and_zones_are_known_by_their_form() {
        assert!(is_time("08:00") && is_time("23:59") && is_time("00:00"));
        for text in ["8:00", "24:00", "12:60", "noon", "", "12:00:00"] {
            assert!(!is_time(text), "{text}");
        }
        assert!(zone("Europe/Berlin").is_some() && zone("Mars/Olympus").is_none());
        for (said, kept) in [
            ("Europe/Berlin", "Europe/Berlin"),
            (" asia/tokyo ", "Asia/Tokyo"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(zone_name(said).as_deref(), Some(kept));
        }
        for text in ["Mars/Olympus", "", "+02:00", "../etc/passwd", "CEST-2"] {
            assert_eq!(zone_name(text), None, "{text}");
        }
    }
}
