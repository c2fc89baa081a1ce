//! What the operator sets, and what is listed. Each story runs in memory and on a file.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::sync::{Arc, Mutex};

use common::*;
use domain::{
    Actor, Change, ChangeKind, Level, Span, StateName, SuppressionReason, SuppressionScope,
    TokenDigest,
};
use store::{Claim, ListFilter, ListOrder, NewSuppression, PauseScope, StoreError};

const DANA: &str = "dana@acme.example";

#[test]
fn nothing_is_claimed_while_it_is_paused() {
    both(|w| {
        w.admit(w.ask(DANA, T0), allow);
        for scope in [
            PauseScope::Workspace,
            PauseScope::Agent(w.agent),
            PauseScope::Mailbox(w.mailbox),
        ] {
            w.store.pause(scope, Actor::Operator, T0).wait().unwrap();
            w.store.pause(scope, Actor::Operator, T0).wait().unwrap();
            assert!(matches!(w.claim(T0, allow), Claim::Nothing { wake: None }));
            assert_eq!(w.store.next_due().unwrap(), None);
            w.store.resume(scope, T0).wait().unwrap();
            w.store.resume(scope, T0).wait().unwrap();
        }
        let pauses = w.store.journal(0, 1_000).unwrap();
        let pauses = pauses
            .iter()
            .filter(|entry| entry.kind.starts_with("pause."));
        assert_eq!(pauses.count(), 6, "pausing twice is recorded once");
        w.leave(T0);
    });
}

#[test]
fn an_agent_may_pause_itself_and_nothing_else() {
    both(|w| {
        let agent = Actor::Agent(w.agent);
        for scope in [PauseScope::Workspace, PauseScope::Mailbox(w.mailbox)] {
            let answer = w.store.pause(scope, agent, T0).wait();
            assert!(matches!(answer, Err(StoreError::HumanOnly { .. })));
        }
        w.store
            .pause(PauseScope::Agent(w.agent), agent, T0)
            .wait()
            .unwrap();
        assert!(w.store.agent(w.agent).unwrap().unwrap().paused_at.is_some());
    });
}

#[test]
fn an_agent_may_lower_its_own_level_and_never_raise_one() {
    both(|w| {
        let agent = Actor::Agent(w.agent);
        let level = || w.store.agent(w.agent).unwrap().unwrap().level;
        let up = w
            .store
            .set_level(w.agent, Level::AskOnException, agent, T0)
            .wait();
        assert!(matches!(up, Err(StoreError::HumanOnly { .. })));
        assert_eq!(level(), Level::AskAlways);
        w.store
            .set_level(w.agent, Level::Observe, agent, T0)
            .wait()
            .unwrap();
        assert_eq!(level(), Level::Observe);
        let by = Actor::Operator;
        w.store
            .set_level(w.agent, Level::AskOnException, by, T0)
            .wait()
            .unwrap();
        assert_eq!(level(), Level::AskOnException);
    });
}

#[test]
fn suppressions_cover_by_address_domain_and_scope_until_they_end_or_are_lifted() {
    both(|w| {
        let other = domain::AgentId::new(w.ids.as_ref(), T0);
        w.add_agent(other, "eve", &[w.mailbox]);
        let add = |pattern: &str, scope, expires_at| {
            let new = NewSuppression {
                pattern: pattern.to_owned(),
                scope,
                reason: SuppressionReason::Unsubscribe,
                note: None,
                by: Actor::Operator,
                expires_at,
            };
            w.store.suppress(new, T0).wait().unwrap()
        };
        let hits = |to: &str, agent, at| {
            let facts = w
                .store
                .recipient_facts(agent, w.mailbox, &address(to), at)
                .unwrap();
            facts.suppressions.len()
        };
        let row = add("dana@acme.example", SuppressionScope::Workspace, None);
        assert_eq!(
            add("dana@acme.example", SuppressionScope::Workspace, None).id,
            row.id
        );
        assert_eq!(hits("Dana+news@Acme.example", w.agent, T0), 1);
        assert_eq!(hits("bob@acme.example", w.agent, T0), 0);
        add("@acme.example", SuppressionScope::Agent(other), None);
        assert_eq!(hits("bob@acme.example", other, T0), 1);
        assert_eq!(hits("bob@acme.example", w.agent, T0), 0);
        let end = T0 + Span::from_hours(1);
        add("tim@x.example", SuppressionScope::Workspace, Some(end));
        assert_eq!(hits("tim@x.example", w.agent, T0), 1);
        assert_eq!(hits("tim@x.example", w.agent, end), 0);
        // A longer one is a row of its own: nothing is loosened by adding.
        add("tim@x.example", SuppressionScope::Workspace, None);
        assert_eq!(hits("tim@x.example", w.agent, end), 1);
        assert_eq!(
            w.store
                .lift("dana@acme.example".into(), None, end)
                .wait()
                .unwrap(),
            1
        );
        assert_eq!(
            w.store
                .lift("dana@acme.example".into(), None, end)
                .wait()
                .unwrap(),
            0
        );
        assert_eq!(hits(DANA, w.agent, end), 0);
        assert_eq!(
            w.store.suppressions(Some("tim"), None, 10).unwrap().len(),
            2
        );
        w.verify();
    });
}

#[test]
fn the_set_up_reads_back_and_names_are_taken_once() {
    both(|w| {
        assert_eq!(w.store.agents().unwrap().len(), 1);
        let agent = w.store.agent_by_name("SCOUT").unwrap().unwrap();
        assert_eq!(agent.id, w.agent);
        let token = TokenDigest::of("so_live_scout");
        assert_eq!(w.store.agent_by_token(token).unwrap(), Some(agent.clone()));
        let mut twin = agent.clone();
        twin.id = domain::AgentId::new(w.ids.as_ref(), T0);
        let taken = w
            .store
            .add_agent(twin, TokenDigest::of("so_live_other"))
            .wait();
        assert!(
            matches!(taken, Err(StoreError::AlreadyExists { .. })),
            "{taken:?}"
        );

        let mailbox = w
            .store
            .mailbox_by_address(&address("TEAM@ours.example"))
            .unwrap()
            .unwrap();
        assert_eq!(mailbox.id, w.mailbox);
        let account = w.store.account(w.account).unwrap().unwrap();
        let mut twin = mailbox.clone();
        twin.id = domain::MailboxId::new(w.ids.as_ref(), T0);
        let taken = w.store.add_mailbox(account.clone(), twin, T0).wait();
        assert!(
            matches!(taken, Err(StoreError::AlreadyExists { .. })),
            "{taken:?}"
        );

        let mut changed = account;
        changed.kind = domain::AccountKind::Smtp(domain::SmtpSettings {
            host: "mx.ours.example".into(),
            port: 465,
            tls: domain::TlsMode::Implicit,
            ca_file: None,
            auth: domain::SmtpAuth::None,
        });
        w.store.update_account(changed.clone(), T0).wait().unwrap();
        assert_eq!(w.store.account(w.account).unwrap(), Some(changed));

        w.store
            .grant(w.agent, w.mailbox, Some(Level::Observe), T0)
            .wait()
            .unwrap();
        let agent = w.store.agent(w.agent).unwrap().unwrap();
        assert_eq!(agent.grants[0].level, Some(Level::Observe));
        w.store.revoke_agent(w.agent, T0).wait().unwrap();
        assert!(
            w.store
                .agent(w.agent)
                .unwrap()
                .unwrap()
                .revoked_at
                .is_some()
        );
        let token = TokenDigest::of("so_live_new");
        w.store
            .replace_token(w.agent, token, Some(T0), T0)
            .wait()
            .unwrap();
        let agent = w.store.agent_by_token(token).unwrap().unwrap();
        assert_eq!((agent.revoked_at, agent.expires_at), (None, Some(T0)));

        w.store
            .set_setting("zone".into(), "Europe/Berlin".into(), T0)
            .wait()
            .unwrap();
        assert_eq!(
            w.store.setting("zone").unwrap().as_deref(),
            Some("Europe/Berlin")
        );
        assert_eq!(w.store.policy().unwrap().version, 0);
        assert_eq!(
            w.store.publish_policy("a = 1".into(), T0).wait().unwrap(),
            1
        );
        assert_eq!(
            w.store.publish_policy("a = 2".into(), T0).wait().unwrap(),
            2
        );
        assert_eq!(&*w.store.policy().unwrap().text, "a = 2");
        assert_eq!(w.store.policies().unwrap().len(), 2);
        w.verify();
    });
}

#[test]
fn an_ask_of_an_unknown_agent_or_mailbox_is_refused_by_name() {
    both(|w| {
        let mut ask = w.ask(DANA, T0);
        ask.new.agent = domain::AgentId::new(w.ids.as_ref(), T0);
        let error = w.store.admit(ask, allow).wait().unwrap_err();
        assert!(
            error.to_string().starts_with("there is no agent agt_"),
            "{error}"
        );
        let mut ask = w.ask(DANA, T0);
        ask.new.mailbox = domain::MailboxId::new(w.ids.as_ref(), T0);
        let error = w.store.admit(ask, allow).wait().unwrap_err();
        assert!(
            error.to_string().starts_with("there is no mailbox mbx_"),
            "{error}"
        );
    });
}

#[test]
fn lists_page_by_state_agent_and_contact_without_gap_or_repeat() {
    both(|w| {
        let mut ids = Vec::new();
        for n in 0..25 {
            let judge = if n % 2 == 0 {
                hold_first as Judge
            } else {
                block
            };
            ids.push(
                w.admit(w.ask(&format!("p{}@x.example", n % 5), T0), judge)
                    .submission
                    .id,
            );
        }
        let all_pages = |filter: &ListFilter| {
            let mut seen = Vec::new();
            let mut after = None;
            loop {
                let page = w.store.list(filter.clone(), after, 4).unwrap();
                seen.extend(page.rows.iter().map(|row| row.id));
                match page.next {
                    Some(next) => after = Some(next.to_string().parse().unwrap()),
                    None => return seen,
                }
            }
        };
        let oldest = ListFilter {
            order: ListOrder::Oldest,
            ..ListFilter::default()
        };
        assert_eq!(all_pages(&oldest), ids);
        ids.reverse();
        assert_eq!(all_pages(&ListFilter::default()), ids);
        let states = ListFilter {
            states: vec![StateName::Held, StateName::Blocked],
            agent: Some(w.agent),
            mailbox: Some(w.mailbox),
            ..ListFilter::default()
        };
        assert_eq!(all_pages(&states), ids);
        let held = ListFilter {
            states: vec![StateName::Held],
            ..ListFilter::default()
        };
        assert_eq!(all_pages(&held).len(), 13);
        let contact = ListFilter {
            contact: Some("p3@x.example".into()),
            ..ListFilter::default()
        };
        assert_eq!(all_pages(&contact).len(), 5);
        assert_eq!(w.store.counts().unwrap().held, 13);
    });
}

#[test]
fn changes_are_told_after_the_commit_in_order_and_can_be_asked_for_again() {
    both(|w| {
        let told: Arc<Mutex<Vec<Change>>> = Arc::default();
        let before = w.store.changes_since(0, 1_000).unwrap().newest;
        let (store, list) = (w.store.clone(), Arc::clone(&told));
        w.store.on_change(move |changes| {
            for change in changes {
                if let ChangeKind::Submission { id, state, .. } = &change.kind {
                    // What is told can be read.
                    let row = store.submission(*id).unwrap().unwrap();
                    assert_eq!(row.state.name(), *state);
                }
            }
            list.lock().unwrap().extend_from_slice(changes);
        });
        for _ in 0..5 {
            w.admit(w.ask(DANA, T0), hold_first);
        }
        w.store.close();
        let told = told.lock().unwrap();
        // The set-up's own last change may still have been on its way.
        let seqs = told.iter().map(|change| change.seq);
        let seqs: Vec<u64> = seqs.filter(|seq| *seq > before).collect();
        assert_eq!(seqs, (before + 1..=before + 5).collect::<Vec<_>>());
        assert_eq!(w.store.changes_since(0, 1).unwrap_err(), StoreError::Closed);
    });
}

#[test]
fn changes_can_be_asked_for_by_number() {
    both(|w| {
        let start = w.store.changes_since(0, 1_000).unwrap();
        let asked = w.admit(w.ask(DANA, T0), hold_first).submission;
        let changes = w.store.changes_since(start.newest, 10).unwrap();
        assert_eq!(changes.rows.len(), 1);
        assert_eq!(changes.rows[0].seq, asked.seq);
        assert_eq!(changes.newest, asked.seq);
        assert_eq!(changes.oldest_kept, 1);
    });
}
