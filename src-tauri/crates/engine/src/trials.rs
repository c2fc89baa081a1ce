//! Live tests of mail servers, told step by step to whoever watches.
//!
//! A test is begun and goes on by itself; whoever asks with what they have seen is answered as soon
//! as there is more. So every door, a request and an answer each, can show a step when it happens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Address, ImapSettings, Problem, SmtpSettings, Span, Timestamp};
use mail::steps::{Step, Told, Witness};
use mail::transport::{SmtpTransport, Timeouts, Transport};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::open::Engine;
use crate::{problems, supervise};

/// Tests that are known at once, ended ones among them; for one more, the oldest is stopped and
/// forgotten.
pub const TRIALS_MAX: usize = 8;
/// How long a question for more waits before it is answered with nothing new.
pub const TRIAL_WATCH_MAX: Duration = Duration::from_secs(20);

/// How a test stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trial {
    /// Names it to [`Engine::watch_trial`].
    pub run: String,
    /// Grows with everything that happens in it.
    pub seen: u64,
    /// Its steps, in the order they were begun.
    pub steps: Vec<TrialStep>,
    /// How it ended, once it has.
    pub end: Option<TrialEnd>,
    /// For reading: who says in recent mail that it checked the sender.
    pub authserv_id: Option<String>,
}

/// One step of a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrialStep {
    /// Which.
    pub step: Step,
    /// How it goes.
    pub state: StepState,
    /// How it went, in one sentence; empty while it is under way.
    pub text: String,
    /// How long it took; nothing while it is under way.
    pub took: Span,
}

/// How a step goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepState {
    /// It is under way.
    Running,
    /// It went well.
    Passed,
    /// It did not.
    Failed,
    /// Somebody stopped the test in it.
    Stopped,
}

/// How a test ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrialEnd {
    /// Every step went well.
    Works,
    /// Its last step did not.
    Fails,
    /// Somebody stopped it.
    Stopped,
}

/// Every test that is known, the oldest first.
#[derive(Default)]
pub(crate) struct Trials(Mutex<Vec<Arc<Running>>>);

struct Running {
    clock: Arc<dyn Clock>,
    trial: watch::Sender<Trial>,
    begun_at: Mutex<Timestamp>,
    stop: CancellationToken,
}

impl Engine {
    /// Begins to try out where mail leaves: looks up, connects, encrypts, logs in, and asks whether
    /// mail from `sender` is taken. Sends nothing, keeps nothing.
    pub fn try_relay(
        &self,
        settings: SmtpSettings,
        secret: Option<String>,
        sender: Option<Address>,
    ) -> Trial {
        self.begin_trial(move |running| async move {
            let secret = secret.map(Zeroizing::new);
            let smtp = SmtpTransport::new(settings, secret, Timeouts::default());
            let hears = |told| running.hear(told);
            let tried = Transport::Smtp(smtp);
            let tried = tried.test(sender.as_ref(), Witness::new(&hears)).await;
            tried.map(|_| None).map_err(|failed| failed.reason)
        })
    }

    /// Begins to try out where mail arrives: connects, logs in, lists the folders, opens the inbox
    /// and has news told of. Changes nothing there, keeps nothing.
    pub fn try_reading(&self, settings: ImapSettings, secret: String) -> Trial {
        self.begin_trial(move |running| async move {
            let secret = Zeroizing::new(secret);
            let hears = |told| running.hear(told);
            let tried = mail::imap::try_out(&settings, &secret, Witness::new(&hears)).await;
            tried
                .map(|found| found.authserv_id)
                .map_err(|trouble| trouble.text)
        })
    }

    /// How a test stands, as soon as that is more than `seen`, or it has ended; after
    /// [`TRIAL_WATCH_MAX`] whatever it is.
    ///
    /// # Errors
    /// `not_found` for a test that was not begun here, or is forgotten.
    pub async fn watch_trial(&self, run: &str, seen: u64) -> Result<Trial, Problem> {
        let mut trial = self.running(run)?.trial.subscribe();
        let more = trial.wait_for(|trial| trial.seen > seen || trial.end.is_some());
        // Nothing new in time is an answer too, and the test itself keeps the sender.
        drop(tokio::time::timeout(TRIAL_WATCH_MAX, more).await);
        let now = trial.borrow().clone();
        Ok(now)
    }

    /// Ends a test where it is; one that has ended stays as it ended.
    ///
    /// # Errors
    /// As [`Engine::watch_trial`].
    pub fn stop_trial(&self, run: &str) -> Result<Trial, Problem> {
        let running = self.running(run)?;
        running.stop();
        let now = running.trial.borrow().clone();
        Ok(now)
    }

    fn begin_trial<F>(&self, work: impl FnOnce(Arc<Running>) -> F) -> Trial
    where
        F: Future<Output = Result<Option<String>, String>> + Send + 'static,
    {
        let running = Arc::new(Running::new(self.random(), Arc::clone(&self.inner.clock)));
        let mut known = self.inner.trials.lock();
        while known.len() >= TRIALS_MAX {
            known.remove(0).stop();
        }
        known.push(Arc::clone(&running));
        drop(known);
        let first = running.trial.borrow().clone();
        let work = work(Arc::clone(&running));
        let unended = Unended(Arc::clone(&running));
        supervise::on_its_own(async move {
            let _ends_with_the_task = unended;
            tokio::select! {
                () = running.stop.cancelled() => {}
                ended = work => running.end(ended),
            }
        });
        first
    }

    fn running(&self, run: &str) -> Result<Arc<Running>, Problem> {
        let known = self.inner.trials.lock();
        let found = known.iter().find(|one| one.trial.borrow().run == run);
        let found = found.map(Arc::clone);
        found.ok_or_else(|| problems::not_found("test of that name; begin another"))
    }
}

impl Trials {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Running>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever waits for a test hears of its end, even if its work panics.
struct Unended(Arc<Running>);

impl Drop for Unended {
    fn drop(&mut self) {
        self.0
            .end(Err("the test broke off; begin it again".to_owned()));
    }
}

impl Running {
    fn new(run: String, clock: Arc<dyn Clock>) -> Self {
        Running {
            begun_at: Mutex::new(clock.now()),
            clock,
            trial: watch::Sender::new(Trial {
                run,
                seen: 0,
                steps: Vec::new(),
                end: None,
                authserv_id: None,
            }),
            stop: CancellationToken::new(),
        }
    }

    fn hear(&self, told: Told) {
        let took = self.took();
        self.change(|trial| match told {
            Told::Begun(step) => {
                // One that only looked whether it could begin makes way for the real first one.
                trial
                    .steps
                    .retain(|known| known.state != StepState::Running);
                trial.steps.push(TrialStep {
                    step,
                    state: StepState::Running,
                    text: String::new(),
                    took: Span::ZERO,
                });
            }
            Told::Passed(step, text) => {
                trial.steps.retain(|known| known.step != step);
                trial.steps.push(TrialStep {
                    step,
                    state: StepState::Passed,
                    text,
                    took,
                });
            }
        });
    }

    fn end(&self, ended: Result<Option<String>, String>) {
        let took = self.took();
        self.change(|trial| match ended {
            Ok(authserv_id) => {
                trial.end = Some(TrialEnd::Works);
                trial.authserv_id = authserv_id;
            }
            Err(text) => {
                trial.end = Some(TrialEnd::Fails);
                settle(trial, StepState::Failed, &text, took);
            }
        });
    }

    fn stop(&self) {
        let took = self.took();
        // First of all: the work that is stopped ends with its task, which is no fault by then.
        self.change(|trial| {
            trial.end = Some(TrialEnd::Stopped);
            settle(trial, StepState::Stopped, "Stopped here", took);
        });
        self.stop.cancel();
    }

    /// Changes it, unless it has ended.
    fn change(&self, change: impl FnOnce(&mut Trial)) {
        self.trial.send_if_modified(|trial| {
            if trial.end.is_some() {
                return false;
            }
            change(trial);
            trial.seen += 1;
            true
        });
    }

    /// Since the last time this was asked: steps follow on one another.
    fn took(&self) -> Span {
        let now = self.clock.now();
        let mut begun_at = self.begun_at.lock().unwrap_or_else(PoisonError::into_inner);
        let took = now.since(*begun_at);
        *begun_at = now;
        took
    }
}

/// The step under way ends so.
fn settle(trial: &mut Trial, state: StepState, text: &str, took: Span) {
    let running = trial
        .steps
        .iter_mut()
        .find(|step| step.state == StepState::Running);
    if let Some(step) = running {
        step.state = state;
        text.clone_into(&mut step.text);
        step.took = took;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Wake, Waker};

    use super::*;
    use crate::clock::ManualClock;

    fn running() -> (Running, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000)));
        (Running::new("run".into(), clock.clone()), clock)
    }

    fn told(running: &Running) -> Vec<(Step, StepState, i64)> {
        let trial = running.trial.borrow();
        let steps = trial.steps.iter();
        steps
            .map(|step| (step.step, step.state, step.took.micros()))
            .collect()
    }

    #[test]
    fn each_step_is_there_while_it_runs_and_says_how_long_it_took() {
        let (running, clock) = running();
        running.hear(Told::Begun(Step::LookUp));
        assert_eq!(told(&running), [(Step::LookUp, StepState::Running, 0)]);
        clock.set(Timestamp::from_seconds(1_000) + Span::from_millis(30));
        running.hear(Told::Passed(Step::LookUp, "is 127.0.0.1".into()));
        running.hear(Told::Begun(Step::Connect));
        clock.set(Timestamp::from_seconds(1_002) + Span::from_millis(30));
        running.end(Err("nothing answers".into()));
        assert_eq!(
            told(&running),
            [
                (Step::LookUp, StepState::Passed, 30_000),
                (Step::Connect, StepState::Failed, 2_000_000),
            ]
        );
        let trial = running.trial.borrow().clone();
        assert_eq!((trial.end, trial.seen), (Some(TrialEnd::Fails), 4));
        assert_eq!(trial.steps[1].text, "nothing answers");
    }

    #[tokio::test]
    async fn a_test_whose_work_breaks_off_has_ended_and_says_so() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000)));
        let ids = Arc::new(crate::SeededIds::new(7));
        let engine = Engine::memory(clock, ids).unwrap();
        let begun = engine.begin_trial(|running| async move {
            running.hear(Told::Begun(Step::Connect));
            std::iter::empty().next().expect("the work has a bug")
        });
        let mut trial = begun.clone();
        while trial.end.is_none() {
            let next = engine.watch_trial(&begun.run, trial.seen).await.unwrap();
            assert!(
                next.seen > trial.seen,
                "nothing more is told of it: {next:?}"
            );
            trial = next;
        }
        assert_eq!(trial.end, Some(TrialEnd::Fails));
        assert_eq!(trial.steps[0].state, StepState::Failed);
        assert_eq!(trial.steps[0].text, "the test broke off; begin it again");
    }

    /// Looks at a test in the moment it is told to stop.
    struct Looks(Arc<Running>, Mutex<Option<TrialEnd>>);

    impl Wake for Looks {
        fn wake(self: Arc<Self>) {
            *self.1.lock().unwrap() = self.0.trial.borrow().end;
        }
    }

    #[test]
    fn work_that_is_told_to_stop_finds_the_test_stopped() {
        let running = Arc::new(running().0);
        let looks = Arc::new(Looks(Arc::clone(&running), Mutex::new(None)));
        let waker = Waker::from(Arc::clone(&looks));
        let mut told = pin!(running.stop.cancelled());
        let told = told.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(told.is_pending());
        running.stop();
        assert_eq!(*looks.1.lock().unwrap(), Some(TrialEnd::Stopped));
    }

    #[test]
    fn what_was_stopped_stays_stopped_whatever_comes_after() {
        let (running, _) = running();
        running.hear(Told::Begun(Step::Connect));
        running.stop();
        running.hear(Told::Passed(Step::Connect, "answers".into()));
        running.end(Ok(None));
        assert_eq!(told(&running), [(Step::Connect, StepState::Stopped, 0)]);
        assert_eq!(running.trial.borrow().end, Some(TrialEnd::Stopped));
    }
}
