//! Asking and reviewing. Each story runs in memory and on a file.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::*;
use domain::submission::State;
use domain::{Actor, RecipientState, Span, StateName};
use store::{Claim, Review, StoreError};

const DANA: &str = "dana@acme.example";

#[test]
fn a_held_ask_is_approved_claimed_and_sent() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), hold_first).submission;
        assert_eq!(asked.state.name(), StateName::Held);
        assert_eq!(asked.primary_rule.as_deref(), Some("autonomy"));
        assert!(matches!(
            w.claim(T0, hold_first),
            Claim::Nothing { wake: None }
        ));

        let t1 = T0 + Span::from_minutes(1);
        let approved = w.approve_as(&asked, t1, hold_first).unwrap().submission;
        let due = t1 + Span::from_seconds(10);
        assert_eq!(approved.state, State::Queued { due });
        assert_eq!(approved.approved.as_ref().unwrap().hash, asked.hash);
        match w.claim(t1, hold_first) {
            Claim::Nothing { wake } => assert_eq!(wake, Some(due)),
            Claim::HeldBack(_) | Claim::Leave(_) => panic!("it left within the undo window"),
        }

        let departure = w.leave(due);
        assert_eq!(departure.submission.state.name(), StateName::Sending);
        assert_eq!(departure.recipients, [address(DANA)]);
        assert!(w.store.final_dot(departure.attempt.id, due).wait().unwrap());
        let sent = w.finish(departure.attempt.id, accepted(&[DANA]), due);
        assert_eq!(sent.state.name(), StateName::Sent);
        assert_eq!(sent.recipients[0].state, RecipientState::Accepted);
        assert_eq!(w.store.submission(asked.id).unwrap(), Some(sent));
        assert_eq!(w.store.decisions(asked.id).unwrap().len(), 3);
    });
}

#[test]
fn an_approval_of_what_was_changed_is_refused_with_the_present_hash() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), hold_first).submission;
        let edited = w
            .revise_as(&asked, "other words", T0, hold_first)
            .submission;
        assert_eq!(edited.version, 2);
        assert_ne!(edited.hash, asked.hash);
        assert_eq!(
            w.approve_as(&asked, T0, hold_first),
            Err(StoreError::Stale {
                current: edited.hash
            })
        );
        assert!(w.approve_as(&edited, T0, hold_first).is_ok());
        let twice = w.approve_as(&edited, T0, hold_first).unwrap_err();
        assert!(matches!(twice, StoreError::WrongState(_)), "{twice:?}");
    });
}

#[test]
fn what_must_not_happen_does_not() {
    both(|w| {
        // A block is recorded and goes nowhere.
        let blocked = w.admit(w.ask(DANA, T0), block).submission;
        assert_eq!(blocked.state, State::Blocked);
        // An observed ask is never sent, whatever the verdict.
        let observed = w.admit(w.ask(DANA, T0), observe).submission;
        assert_eq!(observed.state, State::Observed);
        assert!(matches!(w.claim(T0, allow), Claim::Nothing { wake: None }));
        // Neither counts in any window.
        let usage = w.store.usage(Some(w.agent), w.mailbox, T0).unwrap();
        assert_eq!(usage.len(), 12);
        assert!(usage.iter().all(|facts| facts.buckets.is_empty()));
        for id in [blocked.id, observed.id] {
            let undone = w.store.undo(id, T0, Span::from_hours(24)).wait();
            assert!(matches!(undone, Err(StoreError::WrongState(_))));
            let cancelled = w.store.cancel(id, Actor::Operator, T0).wait();
            assert!(matches!(cancelled, Err(StoreError::WrongState(_))));
        }
    });
}

#[test]
fn what_is_approved_or_released_for_an_agent_that_only_watches_by_now_waits_on() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), hold_first).submission;
        let answer = w.approve_as(&asked, T0, observe).unwrap().submission;
        assert_eq!(answer.state, asked.state);
        assert!(answer.approved.is_none());
        let edited = w.revise_as(&answer, "other words", T0, observe).submission;
        assert_eq!(edited.state, asked.state);
        let blocked = w.admit(w.ask("eve@x.example", T0), block).submission;
        let released = w.release_as(&blocked, T0, observe).submission;
        assert_eq!(released.state.name(), StateName::Held);
        assert!(matches!(w.claim(T0, allow), Claim::Nothing { wake: None }));
        // Once it may send again, they leave as they were.
        let later = T0 + Span::from_minutes(1);
        for row in [edited, released] {
            let row = w.approve_as(&row, later, allow).unwrap().submission;
            assert_eq!(row.state.name(), StateName::Queued);
        }
    });
}

#[test]
fn a_rejected_ask_tells_its_reason_and_is_never_claimed() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), hold_first).submission;
        let other = w.admit(w.ask("eve@x.example", T0), hold_first).submission;
        let stale = w
            .store
            .reject(asked.id, Some(other.hash), "no".into(), T0)
            .wait();
        assert_eq!(
            stale,
            Err(StoreError::Stale {
                current: asked.hash
            })
        );
        let reason = "we do not write to them".to_owned();
        let rejected = w
            .store
            .reject(asked.id, Some(asked.hash), reason.clone(), T0)
            .wait();
        assert_eq!(rejected.unwrap().state, State::Rejected { reason });
        assert!(w.approve_as(&asked, T0, allow).is_err());
        assert!(matches!(w.claim(T0, allow), Claim::Nothing { wake: None }));
        w.verify();
    });
}

#[test]
fn an_undone_approval_gives_its_slot_back_and_does_not_leave() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), hold_first).submission;
        let approved = w.approve_as(&asked, T0, hold_first).unwrap().submission;
        assert_eq!(slots(&w, T0), 1);
        let t1 = T0 + Span::from_seconds(5);
        let undone = w
            .store
            .undo(approved.id, t1, Span::from_hours(24))
            .wait()
            .unwrap();
        assert_eq!(undone.state.name(), StateName::Held);
        assert_eq!(undone.approved, None);
        assert_eq!(undone.review.unwrap().outcome, Review::Undone);
        assert_eq!(slots(&w, t1), 0);
        let later = T0 + Span::from_minutes(1);
        assert!(matches!(
            w.claim(later, hold_first),
            Claim::Nothing { wake: None }
        ));
        assert!(
            w.store
                .undo(approved.id, t1, Span::from_hours(24))
                .wait()
                .is_err()
        );
        w.verify();
    });
}

#[test]
fn an_approval_cannot_be_undone_once_it_was_claimed() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), hold_first).submission;
        w.approve_as(&asked, T0, hold_first).unwrap();
        let t1 = T0 + Span::from_minutes(1);
        let departure = w.leave(t1);
        let held = Span::from_hours(24);
        assert!(w.store.undo(asked.id, t1, held).wait().is_err());
        // Nor after the relay put it off: a try was made.
        w.finish(
            departure.attempt.id,
            answered(&[DANA], RecipientState::Deferred, 450),
            t1,
        );
        assert!(w.store.undo(asked.id, t1, held).wait().is_err());
    });
}

#[test]
fn an_edit_keeps_both_versions_and_only_the_new_one_leaves() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), hold_first).submission;
        let edited = w
            .revise_as(&asked, "better words", T0, hold_first)
            .submission;
        let versions = w.store.versions(asked.id).unwrap();
        assert_eq!(versions.len(), 2);
        assert_eq!(versions[0].hash, asked.hash);
        assert_eq!(versions[1].hash, edited.hash);
        assert_eq!(versions[1].by, Actor::Operator);
        let draft = w.store.draft(asked.id, 2).unwrap().unwrap();
        assert_eq!(draft.text.as_deref(), Some("better words"));
        assert_eq!(w.store.draft(asked.id, 3).unwrap(), None);
        w.approve_as(&edited, T0, hold_first).unwrap();
        let departure = w.leave(T0 + Span::from_minutes(1));
        let text = String::from_utf8(departure.sealed.bytes).unwrap();
        assert!(text.contains("better words"), "{text}");
        assert_eq!(departure.submission.review.unwrap().outcome, Review::Edited);
        w.verify();
    });
}

#[test]
fn attachments_come_back_with_their_bytes() {
    both(|w| {
        let mut ask = w.ask(DANA, T0);
        ask.new.draft.attachments = vec![
            domain::Attachment {
                filename: "a.pdf".into(),
                content_type: "application/pdf".into(),
                content: vec![0, 255, 1],
            },
            domain::Attachment {
                filename: "b.txt".into(),
                content_type: "text/plain".into(),
                content: b"two".to_vec(),
            },
        ];
        let expected = ask.new.draft.clone();
        let asked = w.admit(ask, hold_first).submission;
        assert_eq!(w.store.draft(asked.id, 1).unwrap(), Some(expected));
        let listed = &w.store.versions(asked.id).unwrap()[0].draft.attachments;
        assert!(
            listed
                .iter()
                .all(|attachment| attachment.content.is_empty())
        );
    });
}

#[test]
fn an_agent_cancels_its_own_and_knows_nothing_of_anothers() {
    both(|w| {
        let other = domain::AgentId::new(w.ids.as_ref(), T0);
        w.add_agent(other, "eve", &[w.mailbox]);
        let asked = w.admit(w.ask(DANA, T0), hold_first).submission;
        let foreign = w.store.cancel(asked.id, Actor::Agent(other), T0).wait();
        assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
        let own = w
            .store
            .cancel(asked.id, Actor::Agent(w.agent), T0)
            .wait()
            .unwrap();
        assert_eq!(own.state, State::Cancelled);
        w.verify();
    });
}

#[test]
fn silence_is_no() {
    both(|w| {
        let held = w.admit(w.ask(DANA, T0), hold_first).submission;
        let mut ask = w.ask("bo@x.example", T0);
        ask.send_by = T0 + Span::from_hours(2);
        let queued = w.admit(ask, allow).submission;
        let soon = w
            .store
            .expire_due(T0 + Span::from_hours(1), 10)
            .wait()
            .unwrap();
        assert_eq!(soon.ids, []);
        assert!(soon.next.unwrap() <= T0 + Span::from_hours(2) + Span::from_seconds(1));
        let later = T0 + Span::from_hours(3);
        let lapsed = w.store.expire_due(later, 10).wait().unwrap();
        assert_eq!(lapsed.ids, [queued.id]);
        assert_eq!(lapsed.next, Some(T0 + Span::from_hours(24)));
        assert_eq!(slots(&w, later), 0);
        let lapsed = w
            .store
            .expire_due(T0 + Span::from_hours(24), 10)
            .wait()
            .unwrap();
        assert_eq!(lapsed.ids, [held.id]);
        assert_eq!(lapsed.next, None);
    });
}

#[test]
fn what_was_tried_already_is_not_expired_by_its_send_by() {
    both(|w| {
        w.admit(w.ask(DANA, T0), allow);
        let departure = w.leave(T0);
        w.finish(
            departure.attempt.id,
            answered(&[DANA], RecipientState::Deferred, 450),
            T0,
        );
        let late = T0 + Span::from_hours(30);
        assert_eq!(w.store.expire_due(late, 10).wait().unwrap().ids, []);
        assert_eq!(w.leave(late).attempt.number, 2);
    });
}

#[test]
fn a_claim_past_its_send_by_expires_it_instead() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), allow).submission;
        match w.claim(T0 + Span::from_hours(25), allow) {
            Claim::HeldBack(row) => {
                assert_eq!((row.id, row.state), (asked.id, State::Expired));
            }
            Claim::Nothing { .. } | Claim::Leave(_) => panic!("it did not expire"),
        }
    });
}

#[test]
fn a_snooze_hides_until_then_and_moves_no_expiry() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), hold_first).submission;
        let until = T0 + Span::from_hours(1);
        let row = w.store.snooze(asked.id, None, until, T0).wait().unwrap();
        let expires_at = T0 + Span::from_hours(24);
        assert_eq!(
            row.state,
            State::Held {
                expires_at,
                snoozed_until: Some(until)
            }
        );
        w.verify();
    });
}

#[test]
fn what_is_held_is_counted_agent_by_agent_as_far_as_it_is_in_sight() {
    both(|w| {
        let later = T0 + Span::from_minutes(5);
        let first = w.admit(w.ask_of(&[DANA], "one", T0), hold_first).submission;
        let second = w
            .admit(w.ask_of(&[DANA], "two", later), hold_first)
            .submission;
        let until = later + Span::from_hours(1);
        let held = |at| {
            let held = w.store.held_by_agent(at).unwrap();
            let of = |one: &store::HeldBy| (one.count, one.oldest, one.came_at);
            held.iter().map(of).collect::<Vec<_>>()
        };
        assert_eq!(held(later), [(2, first.id, later)]);
        w.store.snooze(first.id, None, until, later).wait().unwrap();
        assert_eq!(held(later), [(1, second.id, later)]);
        // Back from the snooze it has come anew.
        assert_eq!(held(until), [(2, first.id, until)]);
        assert!(!w.store.held_moved(T0, later, Span::ZERO).unwrap());
        assert!(w.store.held_moved(later, until, Span::ZERO).unwrap());
        assert!(!w.store.held_moved(until, until, Span::ZERO).unwrap());
        w.store
            .reject(first.id, None, "no".into(), until)
            .wait()
            .unwrap();
        assert_eq!(held(until), [(1, second.id, later)]);
    });
}

#[test]
fn a_judgement_again_sees_neither_itself_nor_what_came_later() {
    both(|w| {
        let first = w.admit(w.ask_of(&[DANA], "same", T0), allow).submission;
        let second = w.admit(w.ask_of(&[DANA], "same", T0), allow);
        let last = second.decision.facts.recipients[0]
            .last_by_anyone
            .clone()
            .unwrap();
        assert_eq!(last.submission, first.id);
        let duplicate = second.decision.facts.duplicate.clone().unwrap();
        assert_eq!(duplicate.submission, first.id);
        assert!(duplicate.same_agent);

        let departure = w.leave(T0);
        assert_eq!(departure.submission.id, first.id);
        let decisions = w.store.decisions(first.id).unwrap();
        let facts = &decisions[1].facts;
        assert_eq!(facts.moment, domain::Moment::Dispatch);
        assert_eq!(
            facts.recipients[0].last_by_anyone, None,
            "the second came later"
        );
        assert_eq!(facts.duplicate, None);
        assert_eq!(facts.submission.slot, Some(T0));
        let others: u32 = facts
            .usage
            .iter()
            .flat_map(|u| &u.buckets)
            .map(|(_, n)| n)
            .sum();
        assert_eq!(others, 12, "the second's slot, in twelve counters");
    });
}

#[test]
fn what_was_blocked_or_rejected_is_no_first_for_duplicates() {
    both(|w| {
        w.admit(w.ask_of(&[DANA], "same", T0), block);
        let held = w.admit(w.ask_of(&[DANA], "same", T0), hold_first);
        assert_eq!(held.decision.facts.duplicate, None);
        w.store
            .reject(held.submission.id, None, "no".into(), T0)
            .wait()
            .unwrap();
        let third = w.admit(w.ask_of(&[DANA], "same", T0), hold_first);
        assert_eq!(third.decision.facts.duplicate, None);
    });
}

#[test]
fn a_check_sees_what_an_ask_would_and_writes_nothing() {
    both(|w| {
        w.admit(w.ask_of(&[DANA], "same", T0), hold_first);
        let head = w.store.head().unwrap();
        let ask = w.ask_of(&[DANA], "same", T0);
        let mut seen = None;
        let decision = w
            .store
            .check(&ask, |policy, facts| {
                seen = Some(facts.clone());
                hold(policy, facts)
            })
            .unwrap();
        let seen = seen.unwrap();
        assert_eq!(decision.verdict, domain::Verdict::Hold);
        assert_eq!(seen.submission.id, None);
        assert_eq!(seen.agent.held, 1);
        assert!(seen.duplicate.is_some());
        assert_eq!(w.store.head().unwrap(), head);
    });
}
