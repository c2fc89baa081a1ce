//! How far what takes seconds has come, for whoever asks meanwhile, and that it is to end early.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Code, Problem};

/// Runs under way at once that are told of.
pub const RUNS_MAX: usize = 32;
/// Characters of a run's name.
pub const RUN_NAME_CHARS_MAX: usize = 64;

/// How far one has come.
#[derive(Debug, Default)]
struct Count {
    done: AtomicU64,
    total: AtomicU64,
    is_to_end: AtomicBool,
}

/// What is under way, by the name whoever began it gave it.
#[derive(Debug, Default)]
pub(crate) struct Runs(Mutex<BTreeMap<String, Arc<Count>>>);

/// Something under way; over when dropped.
#[derive(Debug)]
pub struct Run {
    name: String,
    count: Arc<Count>,
    runs: Arc<Runs>,
}

impl Runs {
    /// Begins one.
    ///
    /// # Errors
    /// `invalid_field` at `/run` for a name that is none or is taken, or while too much is under way.
    pub(crate) fn begin(self: &Arc<Self>, name: &str) -> Result<Run, Problem> {
        let refuse = |detail: &str| Err(Problem::new(Code::InvalidField, detail).at("/run"));
        if name.is_empty() || name.chars().count() > RUN_NAME_CHARS_MAX {
            return refuse("the name of a run has 1 to 64 characters");
        }
        let mut under_way = self.lock();
        if under_way.len() >= RUNS_MAX {
            return refuse("too much is under way to tell of; wait until some of it is done");
        }
        if under_way.contains_key(name) {
            return refuse("a run of this name is under way; give another");
        }
        let count = Arc::new(Count::default());
        under_way.insert(name.to_owned(), Arc::clone(&count));
        Ok(Run {
            name: name.to_owned(),
            count,
            runs: Arc::clone(self),
        })
    }

    /// How far one has come, and how far it goes; none once it is over.
    pub(crate) fn progress(&self, name: &str) -> Option<(u64, u64)> {
        let count = self.lock().get(name).map(Arc::clone)?;
        let Count { done, total, .. } = count.as_ref();
        Some((done.load(Ordering::Relaxed), total.load(Ordering::Relaxed)))
    }

    /// Asks one to end early; false if none of this name is under way.
    pub(crate) fn end(&self, name: &str) -> bool {
        let count = self.lock().get(name).map(Arc::clone);
        let known = count.map(|count| count.is_to_end.store(true, Ordering::Relaxed));
        known.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Count>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    /// Notes how far it has come.
    pub fn tell(&self, done: u64, total: u64) {
        self.count.done.store(done, Ordering::Relaxed);
        self.count.total.store(total, Ordering::Relaxed);
    }

    /// True once somebody asked it to end early.
    pub fn is_to_end(&self) -> bool {
        self.count.is_to_end.load(Ordering::Relaxed)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.runs.lock().remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_of_while_it_lasts_and_under_its_own_name_alone() {
        let runs = Arc::new(Runs::default());
        assert_eq!(runs.progress("a"), None);
        let run = runs.begin("a").unwrap();
        assert_eq!(runs.progress("a"), Some((0, 0)));
        run.tell(256, 1_000);
        assert_eq!(runs.progress("a"), Some((256, 1_000)));
        assert_eq!(runs.progress("b"), None);
        assert!(!runs.end("b") && !run.is_to_end());
        assert!(runs.end("a") && run.is_to_end());
        assert_eq!(
            runs.begin("a").unwrap_err().pointer.as_deref(),
            Some("/run")
        );
        assert!(runs.begin("").is_err() && runs.begin(&"n".repeat(65)).is_err());
        drop(run);
        assert_eq!(runs.progress("a"), None);
        let many: Vec<Run> = (0..RUNS_MAX)
            .map(|n| runs.begin(&n.to_string()).unwrap())
            .collect();
        assert!(runs.begin("one more").is_err());
        drop(many);
        assert!(runs.begin("one more").is_ok());
    }
}
