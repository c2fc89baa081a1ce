//! Counters equal a naive recount after any sequence of operations.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::*;
use domain::submission::Settlement;
use domain::{Actor, AttemptId, Outcome, RecipientState, Span, SubmissionId, Timestamp};
use proptest::prelude::*;
use store::{Claim, Finish, PauseScope, Retry};

/// One thing that happens; numbers pick among what is there.
#[derive(Clone, Debug)]
enum Op {
    Ask { to: u8, judge: u8 },
    Approve { which: u8, judge: u8 },
    Revise { which: u8 },
    Reject { which: u8 },
    Undo { which: u8 },
    Cancel { which: u8 },
    Claim { judge: u8 },
    Finish { which: u8, how: u8, give_up: bool },
    Settle { which: u8, how: u8 },
    Expire,
    Recover,
    Pause { on: bool },
    Wait { seconds: u32 },
    Back,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (any::<u8>(), any::<u8>()).prop_map(|(to, judge)| Op::Ask { to, judge }),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(which, judge)| Op::Approve { which, judge }),
        1 => any::<u8>().prop_map(|which| Op::Revise { which }),
        1 => any::<u8>().prop_map(|which| Op::Reject { which }),
        2 => any::<u8>().prop_map(|which| Op::Undo { which }),
        2 => any::<u8>().prop_map(|which| Op::Cancel { which }),
        5 => any::<u8>().prop_map(|judge| Op::Claim { judge }),
        5 => (any::<u8>(), any::<u8>(), any::<bool>())
            .prop_map(|(which, how, give_up)| Op::Finish { which, how, give_up }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(which, how)| Op::Settle { which, how }),
        1 => Just(Op::Expire),
        1 => Just(Op::Recover),
        1 => any::<bool>().prop_map(|on| Op::Pause { on }),
        3 => (0_u32..20_000).prop_map(|seconds| Op::Wait { seconds }),
        1 => Just(Op::Back),
    ]
}

fn judge(pick: u8) -> Judge {
    match pick % 6 {
        0 | 1 => allow,
        2 => defer,
        3 => hold,
        4 => block,
        _ => observe,
    }
}

struct Run {
    w: World,
    now: Timestamp,
    asked: Vec<SubmissionId>,
    attempts: Vec<(AttemptId, Vec<String>)>,
}

impl Run {
    fn pick(&self, which: u8) -> Option<SubmissionId> {
        let len = self.asked.len();
        (len > 0).then(|| self.asked[usize::from(which) % len])
    }

    /// Refusals are fine: the state machine says no. What matters is what the counters say after.
    fn apply(&mut self, op: Op) {
        let (w, now) = (&self.w, self.now);
        match op {
            Op::Ask { to, judge: j } => {
                let to = format!("p{}@x.example", to % 4);
                let id = w.admit(w.ask_of(&[&to, "also@y.example"], "text", now), judge(j));
                self.asked.push(id.submission.id);
            }
            Op::Approve { which, judge: j } => {
                if let Some(id) = self.pick(which) {
                    let row = w.store.submission(id).unwrap().unwrap();
                    let _ = w.approve_as(&row, now, judge(j));
                }
            }
            Op::Revise { which } => {
                if let Some(id) = self.pick(which) {
                    let row = w.store.submission(id).unwrap().unwrap();
                    let draft = draft(&["new@z.example"], "other");
                    let sealed = sealed(&draft, &row.message_id);
                    let _ = w
                        .store
                        .revise(
                            store::Revise {
                                id,
                                expected: None,
                                decision: w.decision_id(now),
                                scan: scan(&sealed, &["new@z.example"], "other"),
                                draft,
                                sealed,
                                by: Actor::Operator,
                                now,
                            },
                            allow,
                        )
                        .wait();
                }
            }
            Op::Reject { which } => {
                if let Some(id) = self.pick(which) {
                    let _ = w.store.reject(id, None, "no".into(), now).wait();
                }
            }
            Op::Undo { which } => {
                if let Some(id) = self.pick(which) {
                    let _ = w.store.undo(id, now, Span::from_hours(24)).wait();
                }
            }
            Op::Cancel { which } => {
                if let Some(id) = self.pick(which) {
                    let _ = w.store.cancel(id, Actor::Operator, now).wait();
                }
            }
            Op::Claim { judge: j } => {
                if let Claim::Leave(departure) = w.claim(now, judge(j)) {
                    let to = departure
                        .recipients
                        .iter()
                        .map(ToString::to_string)
                        .collect();
                    self.attempts.push((departure.attempt.id, to));
                }
            }
            Op::Finish {
                which,
                how,
                give_up,
            } => self.finish(which, how, give_up),
            Op::Settle { which, how } => {
                let how = match how % 3 {
                    0 => Settlement::Sent,
                    1 => Settlement::Resend,
                    _ => Settlement::GiveUp,
                };
                if let Some(id) = self.pick(which) {
                    let _ = w.store.settle(id, None, how, now).wait();
                }
            }
            Op::Expire => drop(w.store.expire_due(now, 3).wait().unwrap()),
            Op::Recover => drop(w.store.recover(now).wait().unwrap()),
            Op::Pause { on: true } => {
                w.store
                    .pause(PauseScope::Workspace, Actor::Operator, now)
                    .wait()
                    .unwrap();
            }
            Op::Pause { on: false } => {
                w.store.resume(PauseScope::Workspace, now).wait().unwrap();
            }
            Op::Wait { seconds } => self.now = now + Span::from_seconds(i64::from(seconds)),
            Op::Back => self.now = now - Span::from_hours(3),
        }
    }

    fn finish(&mut self, which: u8, how: u8, give_up: bool) {
        if self.attempts.is_empty() {
            return;
        }
        let (attempt, to) = &self.attempts[usize::from(which) % self.attempts.len()];
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        let outcome = match how % 5 {
            0 => answered(&to, RecipientState::Accepted, 250),
            1 => answered(&to, RecipientState::Refused, 550),
            2 => answered(&to, RecipientState::Deferred, 450),
            3 => answered(&to[..1], RecipientState::Accepted, 250),
            _ => Outcome::Unanswered {
                reason: "gone".into(),
                maybe: to.iter().map(|to| address(to)).collect(),
                refused: Vec::new(),
            },
        };
        let retry = if give_up {
            Retry::GiveUp("enough".into())
        } else {
            Retry::At(self.now + Span::from_minutes(1))
        };
        let ask = Finish {
            attempt: *attempt,
            outcome,
            now: self.now,
            retry,
        };
        let _ = self.w.store.finish(ask).wait();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn counters_are_what_the_submissions_add_up_to(ops in proptest::collection::vec(op(), 1..80)) {
        let mut run = Run { w: World::memory(), now: T0, asked: Vec::new(), attempts: Vec::new() };
        for op in ops {
            run.apply(op);
        }
        // `verify` recounts usage, tallies and contact rows from the submissions; decisions here
        // were made by judges picked at random, so only they cannot be recomputed.
        let report = run.w.store.verify(rejudge, |_, _| {}).unwrap();
        let others: Vec<_> = report
            .divergences
            .iter()
            .filter(|d| !d.what.starts_with("judged again"))
            .collect();
        prop_assert!(!report.more);
        prop_assert!(others.is_empty(), "{:#?}", others);
        // And every one of them is accounted for in exactly one state.
        let rows = run.w.store.list(store::ListFilter::default(), None, 500).unwrap().rows;
        prop_assert_eq!(rows.len(), run.asked.len());
    }
}
