//! Asking, many at once: repeats, batches, jobs that fail, and clocks that lie.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::*;
use domain::decision::Verdict;
use domain::facts::{CountScope, Window};
use domain::{Decision, Digest, Facts, Span, StateName};
use store::{Admission, NewSuppression, PublishedPolicy, StoreError};

const DANA: &str = "dana@acme.example";

fn keyed(w: &World, key: &str, text: &str) -> store::Admit {
    let mut ask = w.ask_of(&[DANA], text, T0);
    ask.new.dedupe_key = Some(key.to_owned());
    ask.new.keyed = true;
    ask
}

#[test]
fn one_key_from_fifty_threads_is_one_submission_and_forty_nine_repeats() {
    both(|w| {
        let answers: Vec<Admission> = thread::scope(|scope| {
            let ask = || {
                w.store
                    .admit(keyed(&w, "key-1", "the same"), hold_first)
                    .wait()
                    .unwrap()
            };
            let asking: Vec<_> = (0..50).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let mut new = Vec::new();
        let mut repeats = Vec::new();
        for answer in answers {
            match answer {
                Admission::New(answer) => new.push(answer),
                Admission::Replayed(answer) => repeats.push(answer),
                Admission::Mismatch { first } => panic!("mismatch with {first}"),
            }
        }
        assert_eq!((new.len(), repeats.len()), (1, 49));
        assert!(repeats.iter().all(|repeat| *repeat == new[0]));
        assert_eq!(w.store.counts().unwrap().held, 1);
    });
}

#[test]
fn a_repeat_gets_the_first_decision_and_the_present_state() {
    both(|w| {
        let first = w.admit(keyed(&w, "k", "same"), hold_first);
        w.approve_as(&first.submission, T0, hold_first).unwrap();
        match w.store.admit(keyed(&w, "k", "same"), block).wait().unwrap() {
            Admission::Replayed(again) => {
                assert_eq!(again.decision, first.decision);
                assert_eq!(again.submission.state.name(), StateName::Queued);
            }
            other => panic!("{other:?}"),
        }
        match w
            .store
            .admit(keyed(&w, "k", "other"), block)
            .wait()
            .unwrap()
        {
            Admission::Mismatch { first: id } => assert_eq!(id, first.submission.id),
            other => panic!("{other:?}"),
        }
        // Another agent's key of the same name is another key.
        let other = domain::AgentId::new(w.ids.as_ref(), T0);
        w.add_agent(other, "eve", &[w.mailbox]);
        let mut ask = keyed(&w, "k", "same");
        ask.new.agent = other;
        assert!(matches!(
            w.store.admit(ask, hold_first).wait(),
            Ok(Admission::New(_))
        ));
    });
}

#[test]
fn a_key_that_ends_is_free_where_its_ask_was_blocked() {
    both(|w| {
        let ends = |text: &str| {
            let mut ask = keyed(&w, "k", text);
            ask.new.key_lasts = Some(Span::from_hours(24));
            ask
        };
        let means = |ask: &store::Admit| {
            let key = ask.new.dedupe_key.clone().unwrap();
            w.store
                .means_an_earlier_ask(w.agent, &key, ask.new.key_lasts, &ask.new.request, T0)
                .unwrap()
        };
        let blocked = w.admit(ends("one"), block);
        assert!(!means(&ends("one")));
        // The same again, or mended: judged as any other.
        let again = w.admit(ends("one"), block);
        let mended = w.admit(ends("two"), hold_first);
        assert_ne!(again.submission.id, blocked.submission.id);
        assert!(means(&ends("two")) && means(&ends("one")));
        match w.store.admit(ends("two"), block).wait().unwrap() {
            Admission::Replayed(answer) => assert_eq!(answer.submission.id, mended.submission.id),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_key_kept_for_good_is_free_once_its_block_has_passed_and_for_the_same_alone() {
    both(|w| {
        let ask = |text: &str, judge: fn(&PublishedPolicy, &Facts) -> Decision| {
            w.store.admit(keyed(&w, "k", text), judge).wait().unwrap()
        };
        let new = |admission: Admission| match admission {
            Admission::New(answer) => answer.submission.id,
            other => panic!("{other:?}"),
        };
        let replayed = |admission: Admission| match admission {
            Admission::Replayed(answer) => answer.submission.id,
            other => panic!("{other:?}"),
        };
        // Told to come back: what blocks it by then is another answer.
        let paused = new(ask("same", block));
        assert!(matches!(ask("other", allow), Admission::Mismatch { first } if first == paused));
        let unsubscribed = new(ask("same", block_for_good));
        // Told that it does not help: the first answer, until it does.
        for _ in 0..2 {
            assert_eq!(replayed(ask("same", block_for_good)), unsubscribed);
        }
        assert!(
            matches!(ask("other", allow), Admission::Mismatch { first } if first == unsubscribed)
        );
        let queued = new(ask("same", allow));
        assert_eq!(replayed(ask("same", block)), queued);
        assert_eq!(replayed(ask("same", allow)), queued);
    });
}

#[test]
fn what_was_a_duplicate_under_a_key_never_leaves_under_it() {
    both(|w| {
        for lasts in [None, Some(Span::from_hours(24))] {
            let ask = || {
                let mut ask = keyed(&w, "k", "same");
                ask.new.key_lasts = lasts;
                ask
            };
            let first = w.admit(ask(), block_as_duplicate);
            match w.store.admit(ask(), allow).wait().unwrap() {
                Admission::Replayed(answer) => assert_eq!(answer.decision, first.decision),
                other => panic!("{other:?}"),
            }
        }
    });
}

/// Allows while fewer than `LIMIT` slots are taken in the hour, else defers by an hour.
fn limit_ten(policy: &PublishedPolicy, facts: &Facts) -> Decision {
    let hour = facts
        .usage
        .iter()
        .find(|usage| usage.scope == CountScope::Mailbox && usage.window == Window::Hour)
        .unwrap();
    let from = Window::Hour.bucket(facts.now);
    let taken: u32 = hour
        .buckets
        .iter()
        .filter(|(b, _)| *b <= from)
        .map(|(_, n)| n)
        .sum();
    if taken < 10 {
        allow(policy, facts)
    } else {
        defer(policy, facts)
    }
}

#[test]
fn a_limit_of_ten_admits_ten_of_two_hundred_at_once() {
    both(|w| {
        let replies: Vec<_> = (0..200)
            .map(|n| {
                w.store
                    .admit(w.ask(&format!("p{n}@x.example"), T0), limit_ten)
            })
            .collect();
        let mut allowed = 0;
        for reply in replies {
            match reply.wait().unwrap() {
                Admission::New(answer) if answer.decision.decision.verdict == Verdict::Allow => {
                    allowed += 1;
                }
                Admission::New(answer) => {
                    assert_eq!(answer.submission.state.name(), StateName::Deferred);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(allowed, 10);
        let report = w.store.verify(limit_ten, |_, _| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.divergences);
    });
}

#[test]
fn a_job_that_panics_or_fails_leaves_the_others_of_its_batch_alone() {
    both(|w| {
        // A gate holds the writer until everything else has queued up behind it: one batch.
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let gate = std::sync::Mutex::new(gate);
        let first = w.store.admit(w.ask(DANA, T0), move |policy, facts| {
            // Open for good once nobody holds it: the ask may be judged twice.
            let _ = gate.lock().unwrap().recv();
            allow(policy, facts)
        });
        let calls = Arc::new(AtomicUsize::new(0));
        let mut replies = Vec::new();
        let mut others = Vec::new();
        for n in 0..69 {
            // What runs only once stands between the asks that may run again.
            if n == 30 || n == 60 {
                let suppression = NewSuppression {
                    pattern: format!("nobody{n}@x.example"),
                    scope: domain::SuppressionScope::Workspace,
                    reason: domain::SuppressionReason::Manual,
                    note: None,
                    by: domain::Actor::Operator,
                    expires_at: None,
                };
                others.push(w.store.suppress(suppression, T0));
            }
            // The last of them all stand.
            let n = if n < 60 { n } else { 0 };
            let mut ask = w.ask(&format!("p{}@x.example", replies.len()), T0);
            if n % 3 == 1 {
                // Unknown agent: fails after the queue.
                ask.new.agent = domain::AgentId::new(w.ids.as_ref(), T0);
            }
            let calls = Arc::clone(&calls);
            replies.push(
                w.store
                    .admit(ask, move |policy: &PublishedPolicy, facts: &Facts| {
                        calls.fetch_add(1, Ordering::Relaxed);
                        assert!(n % 3 != 2, "a judge that panics");
                        allow(policy, facts)
                    }),
            );
        }
        drop(open);
        assert!(matches!(first.wait(), Ok(Admission::New(_))));
        for other in others {
            other.wait().unwrap();
        }
        for (n, reply) in replies.into_iter().enumerate() {
            let answer = reply.wait();
            let n = if n < 60 { n } else { 0 };
            match n % 3 {
                0 => assert!(matches!(answer, Ok(Admission::New(_))), "{n}: {answer:?}"),
                1 => assert!(matches!(answer, Err(StoreError::NotFound { .. })), "{n}"),
                _ => assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{n}"),
            }
        }
        // Some were judged before another of their batch failed, and then again.
        let calls = calls.load(Ordering::Relaxed);
        assert!((49..=2 * 49).contains(&calls), "{calls}");
        assert_eq!(w.store.counts().unwrap().queued, 30);
        assert_eq!(slots(&w, T0), 30);
        let report = w.store.verify(allow, |_, _| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.divergences);
    });
}

#[test]
fn a_clock_set_back_is_not_believed() {
    both(|w| {
        let later = T0 + Span::from_hours(2);
        for _ in 0..10 {
            w.admit(w.ask(DANA, later), limit_ten);
        }
        // Back where the window was still empty: the judgement is for the last committed instant.
        let answer = w.admit(w.ask(DANA, T0), limit_ten);
        assert_eq!(answer.decision.facts.now, later);
        assert_eq!(answer.decision.decision.verdict, Verdict::Defer);
        assert_eq!(answer.submission.asked_at, later);
        let checked = w.store.check(&w.ask(DANA, T0), limit_ten).unwrap();
        assert_eq!(checked.verdict, Verdict::Defer);
    });
}

#[test]
fn a_reply_can_be_awaited() {
    let w = World::memory();
    let reply = w.store.admit(w.ask(DANA, T0), hold_first);
    let mut future = std::pin::pin!(reply);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let answer = loop {
        match std::future::Future::poll(future.as_mut(), &mut context) {
            std::task::Poll::Ready(answer) => break answer,
            std::task::Poll::Pending => thread::yield_now(),
        }
    };
    assert!(matches!(answer, Ok(Admission::New(_))));
}

#[test]
fn the_bytes_a_key_is_digested_to_are_this_databases_own() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::on(dir.path());
    w.admit(keyed(&w, "guess me", "x"), hold_first);
    w.store.close();
    let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
    let stored: [u8; 16] = conn
        .query_row("SELECT digest FROM dedupe", [], |row| row.get(0))
        .unwrap();
    let plain = Digest::of_parts([w.agent.uuid().as_bytes().as_slice(), b"guess me"]);
    assert!(!plain.0.starts_with(&stored));
    assert!(!Digest::of(b"guess me").0.starts_with(&stored));
}
