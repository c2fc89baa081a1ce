//! What becomes of submissions: each story runs in memory and on a file.

mod common;

use common::*;
use domain::submission::State;
use domain::{RecipientState, Span, StateName};
use store::{Claim, StoreError};

const DANA: &str = "dana@acme.example";

#[test]
fn a_held_ask_is_approved_claimed_and_sent() {
    both(|w| {
        let asked = w.admit(w.ask(DANA, T0), hold_first).submission;
        assert_eq!(asked.state.name(), StateName::Held);
        assert_eq!(asked.primary_rule.as_deref(), Some("autonomy"));
        assert!(matches!(w.claim(T0, hold_first), Claim::Nothing { wake: None }));

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
        let edited = w.revise_as(&asked, "other words", T0, hold_first).submission;
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
