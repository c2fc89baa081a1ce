//! Leaving. Each story runs in memory and on a file.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::*;
use domain::facts::Established;
use domain::submission::{Settlement, State};
use domain::{Actor, ApprovalHash, Digest, Outcome, RecipientState, Span, StateName};
use store::{Claim, ClaimAsk, Finish, PauseScope, Retry, StoreError};

const DANA: &str = "dana@acme.example";

#[test]
fn a_new_finding_at_the_wire_brings_it_back_with_its_cause() {
    both(|w| {
        for (minutes, judge, state) in [
            (0, hold as Judge, StateName::Held),
            (2, block, StateName::Held),
            (4, block_for_good, StateName::Blocked),
        ] {
            let now = T0 + Span::from_minutes(minutes);
            let asked = w.admit(w.ask(DANA, now), hold_first).submission;
            w.approve_as(&asked, now, hold_first).unwrap();
            let Claim::HeldBack(row) = w.claim(now + Span::from_minutes(1), judge) else {
                panic!("it was not held back");
            };
            assert_eq!(row.id, asked.id);
            assert_eq!(row.state.name(), state);
            assert_eq!(row.approved, None, "the approval is spent");
            assert_eq!(slots(&w, now), 0);
        }
    });
}

#[test]
fn a_full_window_at_the_wire_moves_the_slot() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), allow).submission;
        let Claim::HeldBack(row) = w.claim(T0, defer) else {
            panic!("it was not held back");
        };
        let later = T0 + Span::from_hours(1);
        assert_eq!(row.state, State::Deferred { not_before: later });
        assert_eq!(slots(&w, T0), 1, "still one slot, an hour on");
        assert_eq!(w.store.next_due().unwrap(), Some(later));
        let departure = w.leave(later);
        assert_eq!(departure.submission.id, asked.id);
    });
}

#[test]
fn what_waits_of_an_agent_that_only_watches_by_now_goes_to_a_person_once() {
    both(|w| {
        w.admit(w.ask(DANA, T0), defer);
        let later = T0 + Span::from_hours(1);
        let Claim::HeldBack(row) = w.claim(later, observe) else {
            panic!("it was not held back");
        };
        assert_eq!(row.state.name(), StateName::Held);
        assert_eq!(slots(&w, later), 0);
        assert!(matches!(
            w.claim(later, observe),
            Claim::Nothing { wake: None }
        ));
    });
}

#[test]
fn a_busy_account_is_passed_over() {
    both(|w| {
        w.admit(w.ask(DANA, T0), allow);
        let ask = ClaimAsk {
            now: T0,
            attempt: domain::AttemptId::new(w.ids.as_ref(), T0),
            decision: w.decision_id(T0),
            hold_for: Span::from_hours(24),
            lease: Span::from_minutes(10),
            busy: vec![w.account],
        };
        let judge = |policy: &_, facts: &_| (allow(policy, facts), Some(()));
        let claim = w.store.claim(ask, judge, |_| false).wait().unwrap();
        assert!(matches!(claim, Claim::Nothing { wake: None }));
    });
}

#[test]
fn whoever_may_send_comes_in_turn_past_all_who_may_not() {
    both(|w| {
        let paused = domain::AgentId::new(w.ids.as_ref(), T0);
        w.add_agent(paused, "paused", &[w.mailbox]);
        let other = (
            domain::MailboxId::new(w.ids.as_ref(), T0),
            domain::AccountId::new(w.ids.as_ref(), T0),
        );
        w.add_mailbox(other.0, other.1, "other@ours.example");
        let minute = |n: i64| T0 + Span::from_minutes(n);
        let asks = |n: i64, agent, mailbox| {
            let mut ask = w.ask(&format!("r{n}@x.example"), minute(n));
            (ask.new.agent, ask.new.mailbox) = (agent, mailbox);
            w.admit(ask, allow).submission.id
        };
        let stopped = asks(0, paused, w.mailbox);
        let first = asks(1, w.agent, w.mailbox);
        let later = asks(2, w.agent, other.0);
        let last = asks(3, w.agent, w.mailbox);
        let now = minute(4);
        let pause = w
            .store
            .pause(PauseScope::Agent(paused), Actor::Operator, now);
        pause.wait().unwrap();
        for id in [first, later, last] {
            assert_eq!(w.leave(now).submission.id, id);
        }
        let rest = w.claim(now, allow);
        assert!(
            matches!(rest, Claim::Nothing { .. }),
            "the paused wait for a person"
        );
        w.store
            .resume(PauseScope::Agent(paused), now)
            .wait()
            .unwrap();
        assert_eq!(w.leave(now).submission.id, stopped);
    });
}

#[test]
fn a_begun_delivery_that_came_back_is_edited_at_leisure() {
    both(|w| {
        w.admit(w.ask(DANA, T0), allow);
        let departure = w.leave(T0);
        let later = answered(&[DANA], RecipientState::Deferred, 450);
        w.finish(departure.attempt.id, later, T0);
        // Past its `send_by`, and past the time a relay is tried.
        let back = T0 + Span::from_hours(47);
        let Claim::HeldBack(row) = w.claim(back, hold) else {
            panic!("it was not held back");
        };
        let lapses = Some(back + Span::from_hours(24));
        assert_eq!(row.state.expires_at(), lapses);
        let edited = w.revise_as(&row, "other words", back + Span::from_hours(2), hold);
        assert_eq!(edited.submission.state.expires_at(), lapses);
    });
}

#[test]
fn each_recipient_has_its_own_end() {
    both(|w| {
        let (ann, bob, cyn) = ("ann@x.example", "bob@x.example", "cyn@x.example");
        let asked = w
            .admit(w.ask_of(&[ann, bob, cyn], "three", T0), allow)
            .submission;
        let departure = w.leave(T0);
        let mut outcome = answered(&[ann], RecipientState::Accepted, 250);
        let Outcome::Answered { recipients } = &mut outcome else {
            panic!("not answered");
        };
        for (to, state, code) in [
            (bob, RecipientState::Deferred, 450),
            (cyn, RecipientState::Refused, 550),
        ] {
            let Outcome::Answered { recipients: one } = answered(&[to], state, code) else {
                panic!("not answered");
            };
            recipients.extend(one);
        }
        let row = w.finish(departure.attempt.id, outcome, T0);
        let due = T0 + Span::from_minutes(5);
        assert_eq!(row.state, State::Queued { due });
        // The next try is for the one still open, and its date is that of the first.
        let departure = w.leave(due);
        assert_eq!(departure.recipients, [address(bob)]);
        assert_eq!(departure.date_at, T0);
        assert_eq!(departure.attempt.number, 2);
        let retry = Retry::GiveUp("the relay kept putting it off for 48 h".into());
        let finish = Finish {
            attempt: departure.attempt.id,
            outcome: answered(&[bob], RecipientState::Deferred, 450),
            now: due,
            retry,
        };
        let row = w.store.finish(finish).wait().unwrap();
        assert_eq!(row.state.name(), StateName::Sent, "one has it");
        let states: Vec<_> = row.recipients.iter().map(|r| r.state).collect();
        assert_eq!(
            states,
            [
                RecipientState::Accepted,
                RecipientState::Refused,
                RecipientState::Refused
            ]
        );
        assert_eq!(slots(&w, due), 1, "one slot across retries");
        assert_eq!(w.store.attempts(asked.id).unwrap().len(), 2);
    });
}

#[test]
fn a_failure_before_anything_was_taken_gives_the_slot_back() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), allow).submission;
        let departure = w.leave(T0);
        let row = w.finish(
            departure.attempt.id,
            answered(&[DANA], RecipientState::Refused, 550),
            T0,
        );
        assert!(matches!(row.state, State::Failed { .. }), "{:?}", row.state);
        assert_eq!(slots(&w, T0), 0);
        let facts = w
            .store
            .recipient_facts(w.agent, w.mailbox, &address(DANA), T0)
            .unwrap();
        assert_eq!(facts.last_by_anyone, None);
        assert_eq!(facts.established, None);
        assert_eq!(w.store.counts().unwrap().failed_unseen, 1);
        w.store
            .settle(asked.id, None, Settlement::GiveUp, T0)
            .wait()
            .unwrap();
        assert_eq!(w.store.counts().unwrap().failed_unseen, 0);
        // It can still be sent again, by a person.
        let row = w
            .store
            .settle(asked.id, None, Settlement::Resend, T0)
            .wait()
            .unwrap();
        assert_eq!(row.state, State::Queued { due: T0 });
        assert_eq!(slots(&w, T0), 1);
        w.leave(T0);
    });
}

#[test]
fn a_delivery_makes_the_contact_known() {
    both(|w| {
        w.admit(w.ask("Dana+x@acme.example", T0), allow);
        let departure = w.leave(T0);
        w.finish(departure.attempt.id, accepted(&["Dana+x@acme.example"]), T0);
        let facts = w
            .store
            .recipient_facts(w.agent, w.mailbox, &address(DANA), T0)
            .unwrap();
        assert_eq!(facts.established, Some(Established::Delivered { at: T0 }));
        assert_eq!(
            facts.last_by_agent.unwrap().submission,
            departure.submission.id
        );
    });
}

#[test]
fn a_crash_before_the_last_dot_is_tried_again_and_after_it_is_uncertain() {
    both(|w| {
        let first = w.admit(w.ask("ann@x.example", T0), allow).submission;
        let second = w.admit(w.ask("bob@x.example", T0), allow).submission;
        let ann = w.leave(T0);
        let bob = w.leave(T0);
        assert!(w.store.final_dot(bob.attempt.id, T0).wait().unwrap());
        let t1 = T0 + Span::from_seconds(1);
        let recovered = w.store.recover(t1).wait().unwrap();
        assert_eq!(recovered.requeued, [first.id]);
        assert_eq!(recovered.uncertain, [second.id]);
        assert!(
            !w.store.final_dot(ann.attempt.id, t1).wait().unwrap(),
            "its time is over"
        );
        let row = w.store.submission(second.id).unwrap().unwrap();
        assert_eq!(row.recipients[0].state, RecipientState::Uncertain);
        assert_eq!(w.leave(t1).submission.id, first.id);
        assert!(
            matches!(w.claim(t1, allow), Claim::Nothing { .. }),
            "never resent by itself"
        );
    });
}

#[test]
fn an_attempt_whose_lease_ran_out_may_send_no_dot() {
    both(|w| {
        w.admit(w.ask(DANA, T0), allow);
        let slow = w.leave(T0);
        let wake = T0 + Span::from_minutes(10);
        assert!(matches!(w.claim(T0, allow), Claim::Nothing { wake: Some(at) } if at == wake));
        let again = w.leave(wake);
        assert_eq!(again.submission.id, slow.submission.id);
        assert!(!w.store.final_dot(slow.attempt.id, wake).wait().unwrap());
        let late = Finish {
            attempt: slow.attempt.id,
            outcome: accepted(&[DANA]),
            now: wake,
            retry: Retry::At(wake),
        };
        assert!(matches!(
            w.store.finish(late).wait(),
            Err(StoreError::WrongState(_))
        ));
    });
}

#[test]
fn an_answer_that_comes_after_all_settles_an_uncertain_one() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), allow).submission;
        let departure = w.leave(T0);
        w.store.final_dot(departure.attempt.id, T0).wait().unwrap();
        w.store.recover(T0).wait().unwrap();
        let row = w.finish(departure.attempt.id, accepted(&[DANA]), T0);
        assert_eq!((row.id, row.state), (asked.id, State::Sent { at: T0 }));
    });
}

#[test]
fn a_person_settles_what_nobody_knows() {
    both(|w| {
        for (how, name) in [
            (Settlement::Sent, StateName::Sent),
            (Settlement::Resend, StateName::Queued),
            (Settlement::GiveUp, StateName::Failed),
        ] {
            let asked = w.admit(w.ask(DANA, T0), allow).submission;
            let departure = w.leave(T0);
            let outcome = Outcome::Unanswered {
                reason: "the wire broke".into(),
                maybe: vec![address(DANA)],
                refused: Vec::new(),
            };
            let row = w.finish(departure.attempt.id, outcome, T0);
            assert_eq!(row.state, State::Uncertain { since: T0 });
            let other = Some(ApprovalHash(Digest::of(b"another version")));
            let stale = w.store.settle(asked.id, other, how, T0).wait();
            assert!(matches!(stale, Err(StoreError::Stale { .. })), "unseen");
            let seen = Some(row.hash);
            let row = w.store.settle(asked.id, seen, how, T0).wait().unwrap();
            assert_eq!(row.state.name(), name);
            if how == Settlement::Resend {
                w.store
                    .cancel(asked.id, Actor::Operator, T0)
                    .wait()
                    .unwrap();
            }
            let again = w.store.settle(asked.id, None, Settlement::Sent, T0).wait();
            assert!(matches!(again, Err(StoreError::WrongState(_))));
        }
    });
}

#[test]
fn what_is_on_the_wire_is_not_a_persons_to_settle() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), allow).submission;
        for how in [Settlement::Sent, Settlement::Resend, Settlement::GiveUp] {
            let early = w.store.settle(asked.id, None, how, T0).wait();
            assert!(matches!(early, Err(StoreError::WrongState(_))), "queued");
        }
        let departure = w.leave(T0);
        for how in [Settlement::Sent, Settlement::Resend, Settlement::GiveUp] {
            let during = w.store.settle(asked.id, None, how, T0).wait();
            assert!(matches!(during, Err(StoreError::WrongState(_))), "sending");
        }
        w.finish(departure.attempt.id, accepted(&[DANA]), T0);
    });
}

#[test]
fn what_was_given_up_and_is_sent_again_has_its_time_anew() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), allow).submission;
        let departure = w.leave(T0);
        let give_up = |attempt, now| {
            let finish = Finish {
                attempt,
                outcome: answered(&[DANA], RecipientState::Deferred, 450),
                now,
                retry: Retry::GiveUp("given up after 48 h".into()),
            };
            w.store.finish(finish).wait().unwrap()
        };
        assert_eq!(departure.tried_since, T0);
        give_up(departure.attempt.id, T0 + Span::from_hours(48));
        let later = T0 + Span::from_hours(50);
        let resent = w.store.settle(asked.id, None, Settlement::Resend, later);
        assert_eq!(resent.wait().unwrap().state.name(), StateName::Queued);
        let departure = w.leave(later);
        // The date stays that of the first attempt, and patience begins anew.
        assert_eq!((departure.date_at, departure.tried_since), (T0, later));
        w.finish(
            departure.attempt.id,
            answered(&[DANA], RecipientState::Deferred, 450),
            later,
        );
        let end = later + Span::from_hours(47);
        let departure = w.leave(end);
        let decision = w.store.decisions(asked.id).unwrap().pop().unwrap();
        let send_by = decision.facts.submission.send_by;
        assert_eq!(send_by, later + Span::from_hours(48));
        assert_eq!(departure.tried_since, later);
        give_up(departure.attempt.id, end);
        w.verify_rows();
    });
}

#[test]
fn what_an_old_copy_doubted_can_be_sent_again_however_old_it_is() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), allow).submission;
        let doubted = w.store.doubt(9, Digest::of(b"newer"), T0).wait();
        assert_eq!(doubted.unwrap(), [asked.id]);
        w.store.resume(PauseScope::Workspace, T0).wait().unwrap();
        let later = T0 + Span::from_hours(50);
        let resent = w.store.settle(asked.id, None, Settlement::Resend, later);
        assert_eq!(resent.wait().unwrap().state.name(), StateName::Queued);
        assert_eq!(w.store.expire_due(later, 9).wait().unwrap().ids, []);
        assert_eq!(w.leave(later).submission.id, asked.id);
    });
}

#[test]
fn who_was_put_off_when_the_wire_broke_is_doubted_in_an_old_copy_too() {
    both(|w| {
        let (ann, bob) = ("ann@x.example", "bob@x.example");
        let asked = w.admit(w.ask_of(&[ann, bob], "two", T0), allow).submission;
        let Outcome::Answered { recipients } = answered(&[bob], RecipientState::Deferred, 450)
        else {
            panic!("not answered");
        };
        let outcome = Outcome::Unanswered {
            reason: "the wire broke".into(),
            maybe: vec![address(ann)],
            refused: recipients,
        };
        w.finish(w.leave(T0).attempt.id, outcome, T0);
        let later = T0 + Span::from_hours(1);
        let doubted = w.store.doubt(9, Digest::of(b"newer"), later).wait();
        assert_eq!(doubted.unwrap(), [], "it was uncertain before");
        let row = w.store.submission(asked.id).unwrap().unwrap();
        assert_eq!(row.state, State::Uncertain { since: T0 });
        let mut states = row.recipients.iter().map(|recipient| recipient.state);
        assert!(states.all(|state| state == RecipientState::Uncertain));
        // What settles it leaves nobody to write to again.
        let settled = w.store.settle(asked.id, None, Settlement::Sent, later);
        assert_eq!(settled.wait().unwrap().state.name(), StateName::Sent);
        w.store.resume(PauseScope::Workspace, later).wait().unwrap();
        assert!(matches!(
            w.claim(later, allow),
            Claim::Nothing { wake: None }
        ));
        w.verify_rows();
    });
}
