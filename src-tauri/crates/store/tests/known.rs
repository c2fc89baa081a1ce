//! What the rules are shown of people, domains, hosts and conversations, as it was committed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use common::*;
use domain::account::{SmtpAuth, SmtpSettings, TlsMode};
use domain::facts::WarmupFacts;
use domain::{
    Account, AccountId, AccountKind, Actor, Digest, Facts, Mailbox, MailboxId, Sketch, Span,
    Timestamp,
};
use store::{Admit, StoreError};

fn later(minutes: i64) -> Timestamp {
    T0 + Span::from_minutes(minutes)
}

/// What a new ask to somebody would be judged by.
fn facts_for(w: &World, to: &str, now: Timestamp) -> Facts {
    facts_when(w, w.ask(to, now))
}

fn facts_when(w: &World, ask: Admit) -> Facts {
    let mut seen = None;
    w.store
        .check(&ask, |policy, facts| {
            seen = Some(facts.clone());
            hold(policy, facts)
        })
        .unwrap();
    seen.unwrap()
}

fn sketched(mut ask: Admit, text: &str) -> Admit {
    ask.scan.sketch = Sketch::of(text);
    ask
}

fn smtp() -> AccountKind {
    AccountKind::Smtp(SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: 9,
        tls: TlsMode::None,
        ca_file: None,
        auth: SmtpAuth::None,
    })
}

/// A mailbox of a domain with a name to lose, in place of the rehearsal.
fn real_mailbox(w: &mut World) {
    w.mailbox = MailboxId::new(w.ids.as_ref(), T0);
    w.account = AccountId::new(w.ids.as_ref(), T0);
    let account = Account {
        id: w.account,
        kind: smtp(),
        imap: None,
        created_at: T0,
    };
    let mailbox = Mailbox {
        id: w.mailbox,
        address: address("sales@ours.example"),
        display_name: None,
        account: w.account,
        paused_at: None,
        created_at: T0,
    };
    w.store.add_mailbox(account, mailbox, T0).wait().unwrap();
    w.store.grant(w.agent, w.mailbox, None, T0).wait().unwrap();
}

#[test]
fn recipients_count_at_their_domain_and_in_the_senders_warm_up_until_they_are_given_back() {
    let mut w = World::memory();
    real_mailbox(&mut w);
    let to = ["a@x.example", "b@x.example", "c@y.example"];
    let asked = w.admit(w.ask_of(&to, "three", later(1)), allow).submission;
    let facts = facts_for(&w, "d@x.example", later(2));
    let minute = later(1).micros() / 60_000_000;
    assert_eq!(facts.domains.len(), 1);
    assert_eq!(facts.domains[0].hour, [(minute, 2)]);
    assert!(facts.domains[0].mailed && !facts.domains[0].known);
    let warmup = facts.mailbox.warmup.unwrap();
    assert_eq!(warmup.first_send_at, None);
    assert_eq!(warmup.days, [(WarmupFacts::day(later(1)), 3)]);

    w.store
        .cancel(asked.id, Actor::Operator, later(3))
        .wait()
        .unwrap();
    let facts = facts_for(&w, "d@x.example", later(4));
    assert!(facts.domains.is_empty(), "nobody ever wrote there");
    assert!(facts.mailbox.warmup.unwrap().days.is_empty());
}

#[test]
fn what_was_rehearsed_makes_nobody_known_to_a_real_mailbox_and_warms_nothing_up() {
    let mut w = World::memory();
    w.admit(w.ask("ann@x.example", later(1)), allow);
    let departure = w.leave(later(1));
    w.finish(departure.attempt.id, accepted(&["ann@x.example"]), later(2));
    let rehearsed = facts_for(&w, "ann@x.example", later(3));
    assert!(
        rehearsed.recipients[0].established.is_some(),
        "in the rehearsal"
    );
    real_mailbox(&mut w);
    let facts = facts_for(&w, "ann@x.example", later(4));
    assert_eq!(facts.recipients[0].established, None);
    assert_eq!(facts.mailbox.warmup, Some(WarmupFacts::default()));
}

#[test]
fn a_mailbox_whose_account_no_longer_rehearses_warms_up_at_once() {
    let w = World::memory();
    let rehearsed = w.admit(w.ask("ann@x.example", later(1)), allow);
    assert_eq!(rehearsed.decision.facts.mailbox.warmup, None);
    let mut account = w.store.account(w.account).unwrap().unwrap();
    account.kind = smtp();
    w.store.update_account(account, later(2)).wait().unwrap();
    let real = w.admit(w.ask("bob@x.example", later(3)), allow);
    assert!(real.decision.facts.mailbox.warmup.is_some());
}

#[test]
fn an_agent_makes_no_host_and_no_domain_known_by_taking_back() {
    let w = World::memory();
    let linked = |at| {
        let mut ask = w.ask("ann@x.example", at);
        ask.scan.found.hosts = vec!["shop.example".to_owned()];
        ask
    };
    let asked = w.admit(linked(later(1)), allow).submission;
    assert!(facts_for(&w, "bob@x.example", later(2)).domains[0].mailed);
    let cancel = w.store.cancel(asked.id, Actor::Agent(w.agent), later(2));
    cancel.wait().unwrap();
    let again = w.admit(linked(later(3)), hold);
    assert!(again.decision.facts.hosts[0].is_new);
    assert!(again.decision.facts.domains.is_empty());
}

#[test]
fn what_is_promised_for_later_stands_beside_what_left_last() {
    let w = World::memory();
    let first = w.admit(w.ask("ann@x.example", later(1)), allow).submission;
    let promised = w.admit(w.ask("ann@x.example", later(2)), defer).submission;
    let facts = facts_for(&w, "ann@x.example", later(3))
        .recipients
        .remove(0);
    assert_eq!(facts.last_by_agent.unwrap().submission, first.id);
    let next = facts.next_by_agent.unwrap();
    assert_eq!((next.submission, next.at), (promised.id, later(62)));
}

#[test]
fn what_another_agent_is_promised_in_a_conversation_hides_nothing_it_just_sent_there() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::on(dir.path());
    let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
    conn.execute(
        "INSERT INTO conversations (n, id, mailbox) VALUES (7, ?1, 1)",
        [[3_u8; 16]],
    )
    .unwrap();
    conn.execute(
        "INSERT INTO threads (message, conversation) VALUES (?1, 7)",
        [Digest::of(b"theirs@x.example").0[..16].to_vec()],
    )
    .unwrap();
    let other = domain::AgentId::new(w.ids.as_ref(), T0);
    w.add_agent(other, "other", &[w.mailbox]);
    let answers = |to: &str, at| {
        let mut ask = w.ask(to, at);
        ask.new.draft.in_reply_to = Some("<theirs@x.example>".to_owned());
        ask
    };
    let by_other = |to: &str, at| {
        let mut ask = answers(to, at);
        ask.new.agent = other;
        ask
    };
    let sent = w
        .admit(by_other("ann@x.example", later(1)), allow)
        .submission;
    let promised = w
        .admit(by_other("bob@x.example", later(2)), defer)
        .submission;
    let mine = w.admit(answers("eve@x.example", later(3)), hold);
    let here = mine.decision.facts.conversation.clone().unwrap();
    let last = here.last_by_other_agent.unwrap();
    assert_eq!((last.submission, last.at), (sent.id, later(1)));
    let next = here.next_by_other_agent.unwrap();
    assert_eq!((next.submission, next.at), (promised.id, later(62)));
}

#[test]
fn judged_again_a_send_does_not_count_itself() {
    let mut w = World::memory();
    real_mailbox(&mut w);
    let asked = w.admit(w.ask("a@x.example", later(1)), allow).submission;
    let departure = w.leave(later(1));
    assert_eq!(departure.submission.id, asked.id);
    let decisions = w.store.decisions(asked.id).unwrap();
    let at_dispatch = &decisions.last().unwrap().facts;
    assert!(at_dispatch.domains.is_empty(), "{:?}", at_dispatch.domains);
    let warmup = at_dispatch.mailbox.warmup.as_ref().unwrap();
    assert_eq!(*warmup, WarmupFacts::default());
}

#[test]
fn a_crowd_of_recipients_keeps_nobody_waiting_and_still_shows_who_looks_the_same() {
    let mut w = World::memory();
    real_mailbox(&mut w);
    w.admit(w.ask("ann@northwind.example", later(1)), allow);
    let departure = w.leave(later(1));
    let end = accepted(&["ann@northwind.example"]);
    w.finish(departure.attempt.id, end, later(1));
    let asked = later(60 * 48);
    let resembling = |strangers: usize, last: &str| {
        let mut to: Vec<String> = (0..strangers)
            .map(|n| format!("x@stranger-{n:03}.example"))
            .collect();
        to.push(format!("ann@{last}"));
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        let facts = facts_when(&w, w.ask_of(&to, "to all", asked));
        let last = facts.domains.into_iter().find(|one| one.domain == last);
        last.and_then(|one| one.resembles)
    };
    let real = Some("northwind.example".to_owned());
    assert_eq!(resembling(49, "northwindd.example"), real);
    assert_eq!(resembling(50, "northwindd.example"), None);
    assert_eq!(resembling(499, "n0rthwind.example"), real);
}

#[test]
fn what_was_delivered_makes_a_domain_known_and_its_lookalikes_suspicious() {
    let mut w = World::memory();
    real_mailbox(&mut w);
    w.admit(w.ask("ann@northwind.example", later(1)), allow);
    let departure = w.leave(later(1));
    let before = facts_for(&w, "ann@northwlnd.example", later(2));
    assert!(before.domains.is_empty());
    w.finish(
        departure.attempt.id,
        accepted(&["ann@northwind.example"]),
        later(2),
    );
    let facts = facts_for(&w, "ann@northwlnd.example", later(3));
    let resembles = facts.domains[0].resembles.as_deref();
    assert_eq!(resembles, Some("northwind.example"));
    let own = facts_for(&w, "bob@northwind.example", later(3));
    assert!(own.domains[0].known && own.domains[0].resembles.is_none());
    let warmup = own.mailbox.warmup.unwrap();
    assert_eq!(warmup.first_send_at, Some(later(2)));
    assert_eq!(own.agent.signals.delivered, 1);
    assert_eq!(own.mailbox.signals.delivered, 1);
}

#[test]
fn a_link_to_a_host_that_looks_like_a_known_contacts_domain_says_so() {
    let mut w = World::memory();
    real_mailbox(&mut w);
    let hosts = |w: &World, to: &str, hosts: &[&str], at| {
        let mut ask = w.ask(to, at);
        ask.scan.found.hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let facts = facts_when(w, ask);
        let named = facts
            .hosts
            .into_iter()
            .map(|host| (host.host, host.resembles));
        named.collect::<Vec<_>>()
    };
    let all = [
        "northwind.example",
        "login.n0rthwind.example",
        "a.b.c.d.n0rthwind.example",
        "northvvind.example",
        "northwinds.example",
        "www.northwind.example",
    ];
    let before = hosts(&w, "bob@x.example", &all, later(1));
    assert!(
        before.iter().all(|(_, resembles)| resembles.is_none()),
        "{before:?}"
    );
    w.admit(w.ask("ann@northwind.example", later(1)), allow);
    let departure = w.leave(later(1));
    w.finish(
        departure.attempt.id,
        accepted(&["ann@northwind.example"]),
        later(2),
    );
    let after = hosts(&w, "bob@x.example", &all, later(3));
    let alike: Vec<&str> = after
        .iter()
        .filter(|(_, resembles)| resembles.as_deref() == Some("northwind.example"))
        .map(|(host, _)| host.as_str())
        .collect();
    let looked_for = [
        "login.n0rthwind.example",
        "a.b.c.d.n0rthwind.example",
        "northvvind.example",
    ];
    assert_eq!(alike, looked_for);
    assert_eq!(
        after
            .iter()
            .filter(|(_, resembles)| resembles.is_some())
            .count(),
        3
    );
}

#[test]
fn what_was_known_before_the_fold_changed_is_looked_up_by_the_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = World::on(dir.path());
    real_mailbox(&mut w);
    w.admit(w.ask("ann@vvindmill.example", later(1)), allow);
    let departure = w.leave(later(1));
    w.finish(
        departure.attempt.id,
        accepted(&["ann@vvindmill.example"]),
        later(2),
    );
    w.store.close();
    // As an older version left it: a `vv` was no `w`, and nothing said which fold it was.
    let older = |mark: &str| {
        let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
        conn.execute("DELETE FROM domain_keys", []).unwrap();
        conn.execute(
            "INSERT INTO domain_keys (key, domain)
             SELECT 'vvlndmlll.example', n FROM domains WHERE known_at IS NOT NULL",
            [],
        )
        .unwrap();
        conn.execute(mark, []).unwrap();
    };
    let resembles = |to: &str| {
        let store = store::Store::open(dir.path(), later(3), w.ids.clone()).unwrap();
        let ask = w.ask(to, later(3));
        let mut seen = None;
        let check = store.check(&ask, |policy, facts| {
            seen = Some(facts.clone());
            hold(policy, facts)
        });
        check.unwrap();
        store.close();
        let domain = seen.unwrap().domains.pop();
        domain.and_then(|domain| domain.resembles)
    };
    let unmarked = "DELETE FROM meta WHERE key = 'lookalike_fold'";
    let marked_older = "UPDATE meta SET value = x'00000001' WHERE key = 'lookalike_fold'";
    for mark in [unmarked, marked_older] {
        older(mark);
        let found = resembles("bob@windmill.example");
        assert_eq!(found.as_deref(), Some("vvindmill.example"), "{mark}");
        let found = resembles("bob@vvindnill.example");
        assert_eq!(found.as_deref(), Some("vvindmill.example"), "{mark}");
        assert_eq!(resembles("bob@northwind.example"), None);
    }
    // What is of this fold is left as it is.
    older("UPDATE meta SET value = value WHERE key = 'lookalike_fold'");
    assert_eq!(resembles("bob@windmill.example"), None);
}

#[test]
fn of_two_domains_first_written_to_together_neither_is_a_disguise_of_the_other() {
    let mut w = World::memory();
    real_mailbox(&mut w);
    w.admit(w.ask("ann@team-one.example", later(1)), allow);
    let second = w
        .admit(w.ask("bob@team-two.example", later(1)), allow)
        .submission;
    let lookalike = w
        .admit(w.ask("eve@team-0ne.example", later(1)), allow)
        .submission;
    let first = w.leave(later(2));
    let delivered = accepted(&["ann@team-one.example"]);
    w.finish(first.attempt.id, delivered, later(2));
    for asked in [second.id, lookalike.id] {
        let departure = w.leave(later(3));
        assert_eq!(departure.submission.id, asked);
        let decisions = w.store.decisions(asked).unwrap();
        let at_dispatch = &decisions.last().unwrap().facts;
        let resembles = at_dispatch
            .domains
            .iter()
            .filter_map(|d| d.resembles.as_ref());
        assert_eq!(resembles.count(), 0, "{:?}", at_dispatch.domains);
    }
    // Whoever asks now is held against what is known now.
    let facts = facts_for(&w, "eve@team-0ne.example", later(4));
    let resembles = facts.domains[0].resembles.as_deref();
    assert_eq!(resembles, Some("team-one.example"));
}

#[test]
fn much_the_same_words_to_the_same_person_are_seen_and_to_another_are_not() {
    let w = World::memory();
    let words = "Hello Ann, our spring offer ends on Friday, shall we talk before that?";
    let first = w.ask("ann@x.example", later(1));
    let first = w.admit(sketched(first, words), allow).submission;
    let again = |to: &str, text: &str| {
        let ask = sketched(w.ask(to, later(2)), text);
        let mut seen = None;
        w.store
            .check(&ask, |policy, facts| {
                seen = Some(facts.clone());
                hold(policy, facts)
            })
            .unwrap();
        seen.unwrap().recipients.remove(0)
    };
    let near = again("ann@x.example", &words.replace("Friday", "Monday"));
    let nearest = near.nearest.last().unwrap();
    assert_eq!(nearest.submission, first.id);
    assert!(nearest.similarity_bp > 8_000, "{}", nearest.similarity_bp);
    assert_eq!(again("bob@x.example", words).nearest, []);
}

#[test]
fn sketches_too_old_to_matter_are_dropped_and_younger_ones_stay() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::on(dir.path());
    let asks = |count: usize, now| {
        for n in 0..count {
            let ask = w.ask(&format!("r{n}@x.example"), now);
            w.admit(sketched(ask, &format!("some words of number {n}")), allow);
        }
    };
    asks(10, T0);
    asks(10, T0 + Span::from_days(99));
    asks(64, T0 + Span::from_days(101));
    let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
    let kept = "SELECT COUNT(*), MIN(submission) FROM sketches";
    let kept: (i64, i64) = conn
        .query_row(kept, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(kept, (74, 11));
}

#[test]
fn an_agents_approved_words_are_familiar_to_the_next_judgement() {
    let w = World::memory();
    let words = "Our invoice for March is attached; please pay within thirty days.";
    let held = w.admit(sketched(w.ask("ann@x.example", later(1)), words), hold);
    let before = w.admit(sketched(w.ask("bob@x.example", later(1)), words), hold);
    assert_eq!(before.decision.facts.agent.familiar_bp, None);
    w.approve_as(&held.submission, later(2), allow).unwrap();
    let after = w.admit(sketched(w.ask("eve@x.example", later(3)), words), hold);
    assert_eq!(after.decision.facts.agent.familiar_bp, Some(10_000));
    let other = "Something else entirely, quux zyzzyva.";
    let other = w.admit(sketched(w.ask("dan@x.example", later(4)), other), hold);
    assert!(other.decision.facts.agent.familiar_bp.unwrap() < 5_000);
}

#[test]
fn an_approval_taken_back_makes_nothing_familiar() {
    let w = World::memory();
    let words = "Our invoice for March is attached; please pay within thirty days.";
    let held = w.admit(sketched(w.ask("ann@x.example", later(1)), words), hold);
    w.approve_as(&held.submission, later(2), allow).unwrap();
    let undone = w
        .store
        .undo(held.submission.id, later(2), Span::from_hours(24));
    undone.wait().unwrap();
    let rejected = w
        .store
        .reject(held.submission.id, None, "no".into(), later(3));
    rejected.wait().unwrap();
    let after = w.admit(sketched(w.ask("eve@x.example", later(4)), words), hold);
    assert_eq!(after.decision.facts.agent.familiar_bp, None);
}

#[test]
fn a_link_host_is_new_until_a_message_with_it_is_committed() {
    let w = World::memory();
    let linked = |to: &str, minutes| {
        let mut ask = w.ask(to, later(minutes));
        ask.scan.found.hosts = vec!["docs.example".to_owned()];
        ask
    };
    let held = w.admit(linked("a@x.example", 1), hold);
    assert!(held.decision.facts.hosts[0].is_new);
    // Held, it is committed to nothing.
    let again = w.admit(linked("b@x.example", 2), hold);
    assert!(again.decision.facts.hosts[0].is_new);
    w.approve_as(&held.submission, later(3), allow).unwrap();
    let known = w.admit(linked("c@x.example", 4), hold);
    assert!(known.decision.facts.hosts.is_empty());
}

#[test]
fn lists_say_whom_an_agent_may_write_to_and_end_when_they_end() {
    let w = World::memory();
    let list = |pattern: &str, allowed, until| {
        let pattern = pattern.to_owned();
        w.store
            .add_recipient_rule(w.agent, pattern, allowed, until, T0)
            .wait()
            .unwrap()
    };
    let anyone = facts_for(&w, "ann@x.example", later(1));
    assert_eq!(anyone.agent.allow_rows, None);
    w.store.set_listed_only(w.agent, true, T0).wait().unwrap();
    let no_one = facts_for(&w, "ann@x.example", later(1));
    assert_eq!(no_one.agent.allow_rows, Some(0));
    assert_eq!(no_one.recipients[0].allowed_by, None);

    let row = list("@x.example", true, Some(later(60)));
    assert_eq!(list("@x.example", true, Some(later(60))).id, row.id);
    list("bob@x.example", false, None);
    let ann = facts_for(&w, "ann@x.example", later(1));
    assert_eq!(ann.agent.allow_rows, Some(1));
    let by = ann.recipients[0].allowed_by.as_deref();
    assert_eq!(by, Some("@x.example"));
    assert_eq!(ann.recipients[0].forbidden_by, None);
    let bob = facts_for(&w, "bob+tag@x.example", later(1));
    let by = bob.recipients[0].forbidden_by.as_deref();
    assert_eq!(by, Some("bob@x.example"));

    let ended = facts_for(&w, "ann@x.example", later(61));
    assert_eq!(ended.agent.allow_rows, Some(0));
    w.store
        .remove_recipient_rule(w.agent, row.id, later(2))
        .wait()
        .unwrap();
    let gone = w.store.remove_recipient_rule(w.agent, row.id, later(2));
    assert!(matches!(gone.wait(), Err(StoreError::NotFound { .. })));
    w.verify();
}

#[test]
fn a_list_that_names_a_mail_service_names_it_by_its_other_domain_too() {
    let w = World::memory();
    let list = |pattern: &str, allowed| {
        let row = w
            .store
            .add_recipient_rule(w.agent, pattern.to_owned(), allowed, None, T0);
        row.wait().unwrap()
    };
    list("@gmail.com", false);
    let forbidden = |to: &str, minutes| {
        let facts = facts_for(&w, to, later(minutes));
        facts.recipients[0].forbidden_by.clone()
    };
    let domain = Some("@gmail.com".to_owned());
    assert_eq!(forbidden("a.n.n@googlemail.com", 1), domain);
    assert_eq!(forbidden("ann@gmail.com", 2), domain);
    assert_eq!(forbidden("ann@gmail.com.example", 3), None);
    // The address itself is said before its domain.
    list("ann@gmail.com", false);
    let address = Some("ann@gmail.com".to_owned());
    assert_eq!(forbidden("a.nn+tag@googlemail.com", 4), address);
}

#[test]
fn a_list_row_stands_for_both_domains_whichever_it_was_written_with() {
    let w = World::memory();
    let row = "@googlemail.com".to_owned();
    let rule = w
        .store
        .add_recipient_rule(w.agent, row.clone(), false, None, T0);
    rule.wait().unwrap();
    for (to, minutes, by) in [
        ("zoe@gmail.com", 1, Some(&row)),
        ("z.o.e+x@googlemail.com", 2, Some(&row)),
        ("zoe@mail.com", 3, None),
        ("zoe@x.gmail.com", 4, None),
    ] {
        let facts = facts_for(&w, to, later(minutes));
        assert_eq!(facts.recipients[0].forbidden_by.as_ref(), by, "{to}");
    }
}

#[test]
fn a_consent_stands_until_it_ends_and_a_contact_in_hand_until_it_is_given_back() {
    let w = World::memory();
    let ann = || "ann@x.example".to_owned();
    let nothing = facts_for(&w, "ann@x.example", later(1));
    assert_eq!(nothing.recipients[0].consent, None);
    let source = "the form on the fair, 3 May".to_owned();
    w.store
        .record_consent(ann(), source.clone(), Some(later(60)), T0)
        .wait()
        .unwrap();
    let agreed = facts_for(&w, "Ann@x.example", later(1));
    let consent = agreed.recipients[0].consent.clone().unwrap();
    assert_eq!((consent.source, consent.at), (source, T0));
    let over = facts_for(&w, "ann@x.example", later(60));
    assert_eq!(over.recipients[0].consent, None);
    assert_eq!(w.store.end_consent(ann(), later(2)).wait().unwrap(), 1);
    assert_eq!(w.store.end_consent(ann(), later(2)).wait().unwrap(), 0);
    let ended = facts_for(&w, "ann@x.example", later(3));
    assert_eq!(ended.recipients[0].consent, None);

    w.store
        .take_over_contact(w.mailbox, ann(), None, later(4))
        .wait()
        .unwrap();
    let held = facts_for(&w, "ann@x.example", later(5));
    let taken = held.recipients[0].taken_over.clone().unwrap();
    assert_eq!((taken.by, taken.at), (Actor::Operator, later(4)));
    assert_eq!(w.store.in_hand(None, 10).unwrap().len(), 1);
    let back = w.store.hand_back_contact(w.mailbox, ann(), later(6));
    assert!(back.wait().unwrap());
    let free = facts_for(&w, "ann@x.example", later(7));
    assert_eq!(free.recipients[0].taken_over, None);
    w.verify();
}

#[test]
fn a_contacts_zone_holds_until_another_is_set_or_it_is_taken_back() {
    let w = World::memory();
    let zone = |to: &str, minutes| facts_for(&w, to, later(minutes)).recipients[0].zone.clone();
    let set = |zone: Option<&str>, minutes| {
        let zone = zone.map(str::to_owned);
        let set = w
            .store
            .set_contact_zone("ann@x.example".to_owned(), zone, later(minutes));
        set.wait().unwrap().map(|row| (row.id, row.zone, row.at))
    };
    assert_eq!(zone("ann@x.example", 1), None);
    let berlin = || "Europe/Berlin".to_owned();
    assert_eq!(set(Some("Europe/Berlin"), 2), Some((1, berlin(), later(2))));
    // The same again writes nothing.
    assert_eq!(set(Some("Europe/Berlin"), 3), Some((1, berlin(), later(2))));
    assert_eq!(zone("Ann+tag@x.example", 4), Some(berlin()));
    assert_eq!(zone("bob@x.example", 4), None);
    let tokyo = "Asia/Tokyo".to_owned();
    assert_eq!(
        set(Some("Asia/Tokyo"), 5),
        Some((2, tokyo.clone(), later(5)))
    );
    assert_eq!(zone("ann@x.example", 6), Some(tokyo));
    assert_eq!(
        w.store.contact_zones(Some("ANN"), None, 10).unwrap().len(),
        1
    );
    assert!(
        w.store
            .contact_zones(Some("bob"), None, 10)
            .unwrap()
            .is_empty()
    );
    assert_eq!(set(None, 7), None);
    assert_eq!(set(None, 8), None);
    assert_eq!(zone("ann@x.example", 9), None);
    assert!(w.store.contact_zones(None, None, 10).unwrap().is_empty());
    w.verify();
}

#[test]
fn a_zone_nobody_recorded_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::on(dir.path());
    let set = w.store.set_contact_zone(
        "ann@x.example".to_owned(),
        Some("Asia/Tokyo".to_owned()),
        T0,
    );
    set.wait().unwrap();
    let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
    conn.execute("UPDATE contact_zones SET zone = 'Europe/Berlin'", [])
        .unwrap();
    let report = w.store.verify(common::rejudge, |_, _| {}).unwrap();
    let told: Vec<&str> = report
        .divergences
        .iter()
        .map(|one| one.subject.as_str())
        .collect();
    assert_eq!(told, ["contact's zone 1"]);
}

#[test]
fn an_answer_knows_its_conversation_and_what_its_agent_has_read_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::on(dir.path());
    let conn = rusqlite::Connection::open(dir.path().join("sendoff.db")).unwrap();
    let key = |message_id: &str| Digest::of(message_id.as_bytes()).0[..16].to_vec();
    let at = |minutes| later(minutes).micros();
    conn.execute(
        "INSERT INTO conversations (n, id, mailbox, inbound_at, inbound_id, tainted_at, injection)
         VALUES (7, ?1, 1, ?2, 'inb_2', ?2, 9100)",
        rusqlite::params![[3_u8; 16], at(5)],
    )
    .unwrap();
    conn.execute(
        "INSERT INTO threads (message, conversation) VALUES (?1, 7)",
        [key("theirs@x.example")],
    )
    .unwrap();
    conn.execute(
        "INSERT INTO conversation_reads (conversation, agent, inbound_at) VALUES (7, 1, ?1)",
        [at(4)],
    )
    .unwrap();
    let mut ask = w.ask("ann@x.example", later(10));
    ask.new.draft.in_reply_to = Some("<theirs@x.example>".to_owned());
    let answer = w.admit(ask, hold);
    let conversation = answer.decision.facts.conversation.clone().unwrap();
    let newest = conversation.newest.unwrap();
    assert_eq!((newest.id.as_str(), newest.at), ("inb_2", later(5)));
    assert_eq!(conversation.fetched.unwrap().at, later(4));
    assert_eq!(conversation.taint.unwrap().score_bp, 9_100);
    assert_eq!(conversation.taken_over, None);
    // And still does when it is judged again.
    let approved = w.approve_as(&answer.submission, later(11), allow).unwrap();
    assert!(approved.decision.facts.conversation.is_some());
    let cold = facts_for(&w, "ann@x.example", later(12));
    assert_eq!(cold.conversation, None);
}

#[test]
fn when_a_line_is_crossed_the_mailbox_stops_and_the_agent_is_lowered_once() {
    let w = World::memory();
    let heed = |minutes| {
        let crossed = |_: &store::PublishedPolicy, _: &domain::facts::Signals| {
            Some("three complaints".to_owned())
        };
        w.store
            .heed_signals(w.mailbox, Some(w.agent), later(minutes), crossed)
            .wait()
            .unwrap()
    };
    let first = heed(1);
    assert!(first.paused.is_some());
    assert_eq!(first.lowered.unwrap().0, domain::Level::Observe);
    assert_eq!(heed(2), store::Heeded::default());
    let agent = w.store.agent(w.agent).unwrap().unwrap();
    assert_eq!(agent.level, domain::Level::Observe);
    assert!(
        w.store
            .mailbox(w.mailbox)
            .unwrap()
            .unwrap()
            .paused_at
            .is_some()
    );
    w.verify();
}
