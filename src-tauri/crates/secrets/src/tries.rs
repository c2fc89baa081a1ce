//! Five wrong passphrases, then waits that double: 30 s, 1 min, … up to an hour.
//!
//! A try is written down before it is looked at, so that pulling the plug buys no guess. The count
//! lives in a file of its own beside what it guards and is removed by the right passphrase. Whoever
//! can write that file can also read what it guards, so this slows people at the door, not thieves.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use domain::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files;

/// How many wrong passphrases are answered at once.
pub const TRIES_FREE: u32 = 5;
/// The wait after the last free try.
pub const WAIT_FIRST: Span = Span::from_seconds(30);
/// The longest wait.
pub const WAIT_MAX: Span = Span::from_hours(1);

/// One try at a time in this process: concurrent guesses are counted one by one, and Argon2's
/// memory is needed once.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tries {
    wrong: u32,
    last: Timestamp,
}

impl Tries {
    fn wait(self) -> Span {
        match self.wrong.checked_sub(TRIES_FREE) {
            None => Span::ZERO,
            Some(beyond) => {
                let doubled = 2i64.saturating_pow(beyond);
                Span::from_seconds(WAIT_FIRST.seconds().saturating_mul(doubled)).min(WAIT_MAX)
            }
        }
    }

    fn left(self) -> u32 {
        TRIES_FREE.saturating_sub(self.wrong)
    }
}

/// Looks at one passphrase through `test`, if the count in `path` allows it at `now`.
///
/// `test` gives `Ok(None)` for a wrong passphrase; its errors are passed on and cost no try.
///
/// # Errors
/// [`Error::BackOff`] without calling `test`, [`Error::WrongPassphrase`], or a count that cannot be
/// read or written.
pub(crate) fn attempt<T>(
    path: &Path,
    now: Timestamp,
    test: impl FnOnce() -> Result<Option<T>, Error>,
) -> Result<T, Error> {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut tries = read(path)?;
    if tries.last > now {
        // The clock was set back. Start this wait anew instead of locking the owner out for years.
        tries.last = now;
        write(path, tries)?;
    }
    let until = tries.last + tries.wait();
    if now < until {
        return Err(Error::BackOff { until });
    }
    let counted = Tries {
        wrong: tries.wrong.saturating_add(1),
        last: now,
    };
    write(path, counted)?;
    match test() {
        Ok(Some(found)) => files::remove(path).map(|()| found),
        Ok(None) => Err(Error::WrongPassphrase {
            tries_left: counted.left(),
        }),
        Err(error) => write(path, tries).and(Err(error)),
    }
}

fn read(path: &Path) -> Result<Tries, Error> {
    match files::read(path)? {
        None => Ok(Tries::default()),
        Some(text) => toml::from_str(&text)
            .map_err(|_| Error::damaged(path, "the count of wrong passphrases is unreadable")),
    }
}

fn write(path: &Path, tries: Tries) -> Result<(), Error> {
    let text = toml::to_string(&tries).map_err(|error| Error::damaged(path, error))?;
    files::replace(path, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(wrong: u32) -> i64 {
        Tries {
            wrong,
            last: Timestamp::default(),
        }
        .wait()
        .seconds()
    }

    #[test]
    fn waits_double_from_the_fifth_wrong_try_and_never_pass_an_hour() {
        assert_eq!(
            [0, 4, 5, 6, 7, 11, 12, 13].map(waits),
            [0, 0, 30, 60, 120, 1920, 3600, 3600]
        );
        assert_eq!([63, 68, 69, 70, 200, u32::MAX].map(waits), [3600; 6]);
    }

    #[test]
    fn a_try_is_counted_before_it_is_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tries.toml");
        let now = Timestamp::from_seconds(1_000);
        let seen = attempt(&path, now, || {
            Ok(Some(std::fs::read_to_string(&path).unwrap()))
        })
        .unwrap();
        assert!(seen.contains("wrong = 1"), "{seen}");
        assert!(!path.exists(), "the right passphrase clears the count");
    }

    #[test]
    fn a_check_that_cannot_be_made_costs_no_try() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tries.toml");
        let now = Timestamp::from_seconds(1_000);
        for _ in 0..20 {
            let outcome = attempt::<()>(&path, now, || Err(Error::Locked));
            assert!(matches!(outcome, Err(Error::Locked)));
        }
        assert!(attempt(&path, now, || Ok(Some(()))).is_ok());
    }

    #[test]
    fn a_clock_set_back_restarts_the_wait_and_does_not_lock_the_owner_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tries.toml");
        let late = Timestamp::from_seconds(1_000_000_000);
        for _ in 0..5 {
            attempt::<()>(&path, late, || Ok(None)).unwrap_err();
        }
        let early = Timestamp::from_seconds(1_000);
        let Err(Error::BackOff { until }) = attempt(&path, early, || Ok(Some(()))) else {
            panic!("the wait must not vanish with the clock");
        };
        assert_eq!(until, early + WAIT_FIRST);
        assert!(attempt(&path, until, || Ok(Some(()))).is_ok());
    }
}
