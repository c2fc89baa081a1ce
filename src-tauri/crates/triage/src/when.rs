//! Days as people write them, as instants: "9 May 2027", "12.05.", "2027-01-04", "5月9日".

use domain::Timestamp;

/// Days ahead that an absence may last; beyond it the day was read wrong.
const AHEAD_DAYS_MAX: i64 = 400;

/// Names of months by their first letters, in lower case, longest first where one begins another.
#[rustfmt::skip] // a table
const MONTHS: &[(&str, i64)] = &[
    ("jan", 1), ("gen", 1), ("ene", 1), ("feb", 2), ("fév", 2), ("fev", 2), ("mar", 3), ("mär", 3), ("maa", 3), ("mrt", 3), ("mai", 5), ("may", 5), ("mag", 5), ("mei", 5),
    ("apr", 4), ("avr", 4), ("abr", 4), ("jun", 6), ("juin", 6), ("giu", 6), ("jul", 7), ("juil", 7), ("lug", 7), ("aug", 8), ("aoû", 8), ("aou", 8), ("ago", 8),
    ("sep", 9), ("set", 9), ("oct", 10), ("okt", 10), ("ott", 10), ("out", 10), ("nov", 11), ("dec", 12), ("dez", 12), ("déc", 12), ("dic", 12),
];

/// The start of the day a text names, in UTC, the next one on or after `received` where it leaves
/// out the year. Nothing if it names none, or one more than 400 days ahead or already over.
pub fn day(text: &str, received: Timestamp) -> Option<Timestamp> {
    let today = received.seconds().div_euclid(86_400);
    let (year, _, _) = civil(today);
    let lower = text.to_lowercase();
    let numbers: Vec<i64> = lower
        .split(|c: char| !c.is_ascii_digit())
        .filter(|word| !word.is_empty() && word.len() <= 4)
        .filter_map(|word| word.parse().ok())
        .collect();
    let named = lower.split(|c: char| !c.is_alphabetic()).find_map(|word| {
        let of = |(name, number): &(&str, i64)| word.starts_with(name).then_some(*number);
        let exact = MONTHS
            .iter()
            .filter(|(name, _)| name.len() > 3)
            .find_map(of);
        exact.or_else(|| MONTHS.iter().find_map(of))
    });
    let (y, m, d) = match (named, numbers.as_slice()) {
        (Some(month), [y, d, ..]) if *y > 31 => (Some(*y), month, *d),
        (Some(month), [d, y, ..]) if *y > 31 => (Some(*y), month, *d),
        (Some(month), [d, ..]) => (None, month, *d),
        (None, [y, m, d, ..]) if *y > 31 => (Some(*y), *m, *d),
        // Points and "月" are never the American order; slashes are, if the day cannot be a month.
        (None, [a, b, y, ..]) if lower.contains('/') && *b > 12 => (Some(*y), *a, *b),
        (None, [d, m, y, ..]) => (Some(*y), *m, *d),
        (None, [m, d]) if lower.contains('月') => (None, *m, *d),
        (None, [d, m]) => (None, *m, *d),
        (_, _) => return None,
    };
    let y = y.map(|y| if y < 100 { y + 2000 } else { y });
    if !(1..=12).contains(&m) || !(1..=31).contains(&d) {
        return None;
    }
    let at = match y {
        Some(y) => days(y, m, d),
        None => {
            let this = days(year, m, d);
            if this < today {
                days(year + 1, m, d)
            } else {
                this
            }
        }
    };
    (at >= today && at <= today + AHEAD_DAYS_MAX).then(|| Timestamp::from_seconds(at * 86_400))
}

/// Days since 1970-01-01 of a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March have their leap day at the end.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The day of the Gregorian calendar that many days after 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let received: Timestamp = "2027-05-03T10:00:00Z".parse().unwrap();
        let cases = [
            ("9 May 2027", Some("2027-05-09")),
            ("May 9", Some("2027-05-09")),
            ("12.05.2027", Some("2027-05-12")),
            ("12.05.", Some("2027-05-12")),
            ("2027-06-01", Some("2027-06-01")),
            ("5/28/2027", Some("2027-05-28")),
            ("5月9日", Some("2027-05-09")),
            ("2027年5月9日", Some("2027-05-09")),
            ("1er juin", Some("2027-06-01")),
            ("2 January", Some("2028-01-02")),
            ("15. März", Some("2028-03-15")),
            ("9 May 1970", None),
            ("1 January 2100", None),
            ("soon", None),
        ];
        for (text, day) in cases {
            let read = super::day(text, received).map(|at| at.to_string());
            let read = read.as_deref().and_then(|at| at.get(..10));
            assert_eq!(read, day, "{text}");
        }
    }

    #[test]
    fn every_day_goes_there_and_back() {
        for at in (-200_000..200_000).step_by(37) {
            let (y, m, d) = civil(at);
            assert_eq!(days(y, m, d), at);
        }
    }
}
