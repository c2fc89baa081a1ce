//! Received mail: who may see it, when it counts as read, what a person's hand on it means, and
//! whose time things are dated by.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::sync::{Arc, Mutex};

use common::mail::{claim, letter, next};
use common::{T0, World, accepted, address, both, hold, hold_first};
use domain::received::{
    BounceMeans, Effect, Plan, Received, ReceivedKind, Report, ReportOutcome, Route, Shelf,
    Standing,
};
use domain::{ConversationId, Facts, InboundId, Intent, Span, SuppressionReason, Timestamp};
use store::{
    ConversationFilter, ConversationTab, InboundRow, Ingest, Ingested, Place, ReplyState, SentSeen,
    SubmissionRow,
};

const DANA: &str = "dana@acme.example";

fn later(minutes: i64) -> Timestamp {
    T0 + Span::from_minutes(minutes)
}

fn bare(id: &str) -> String {
    id.trim_matches(['<', '>']).to_owned()
}

/// A message from `from` that answers `answers`.
fn read(from: &str, text: &str, answers: &[&str]) -> Received {
    Received {
        references: answers.iter().map(|id| bare(id)).collect(),
        ..letter(from, text)
    }
}

/// What is proven and nobody holds goes to agents; legal matters to a person.
fn plan(read: &Received, standing: &Standing) -> Plan {
    let proven = standing.link.is_some_and(|link| link.kind.is_proof());
    let mut effects = Vec::new();
    if let (ReceivedKind::Person, Some(from)) = (read.kind, &read.from) {
        let address = from.address.clone();
        let proven = proven && standing.sender_is_recipient;
        if proven && read.intent == Intent::Unsubscribe {
            effects.push(Effect::OptedOut {
                address: address.clone(),
                said: "they asked".to_owned(),
            });
        }
        effects.push(Effect::Wrote { address, proven });
        if proven && read.intent == Intent::NotInterested {
            effects.push(Effect::Negative {
                what: "not_interested",
            });
        }
    }
    let reported = standing.reported.iter().zip(&standing.soft_bounces);
    for (address, softs) in reported {
        effects.extend(address.clone().map(|address| Effect::Bounced {
            address,
            means: if *softs >= 2 {
                BounceMeans::WornOut
            } else {
                BounceMeans::Soft
            },
            said: "450 later".to_owned(),
        }));
    }
    let for_person = read.quarantine || standing.taken_over || matches!(read.intent, Intent::Legal);
    Plan {
        read: None,
        effects,
        shelf: match read.quarantine {
            true => Shelf::Quarantined,
            false => Shelf::Clear,
        },
        taint: read.injection >= 8_000,
        route: match (read.kind, for_person) {
            (ReceivedKind::Person, true) => Route::Person,
            (ReceivedKind::Person, false) => Route::Agents,
            _ => Route::Nobody,
        },
        next: next(),
        done: Vec::new(),
    }
}

struct Post<'a>(&'a World, u32);

impl Post<'_> {
    fn place(&mut self) -> Place {
        let after = self.1;
        self.1 = after + 1;
        Place {
            account: self.0.account,
            folder: "INBOX".to_owned(),
            uid_validity: 7,
            uid: self.1,
            after,
        }
    }

    fn takes(&mut self, read: Received, now: Timestamp) -> InboundRow {
        self.takes_of(read, now, now)
    }

    /// What its server took in at another time.
    fn takes_of(&mut self, read: Received, received_at: Timestamp, now: Timestamp) -> InboundRow {
        self.takes_by(plan, read, (received_at, now))
    }

    /// What another plan is made of.
    fn takes_by(
        &mut self,
        plan: fn(&Received, &Standing) -> Plan,
        read: Received,
        (received_at, now): (Timestamp, Timestamp),
    ) -> InboundRow {
        let ids = self.0.ids.as_ref();
        let ask = Ingest {
            id: InboundId::new(ids, now),
            conversation: ConversationId::new(ids, now),
            place: self.place(),
            bytes: format!("Subject: x\r\n\r\n{}", read.new_text).into_bytes(),
            read,
            received_at,
            now,
        };
        match self.0.store.ingest(ask, plan).wait().unwrap() {
            Ingested::New(row) => *row,
            Ingested::Known(id) => panic!("known: {id}"),
        }
    }
}

/// Sends to Dana and has the relay take it.
fn sent(world: &World) -> SubmissionRow {
    let held = world.admit(world.ask(DANA, T0), hold_first).submission;
    world.approve_as(&held, T0, hold_first).unwrap();
    let departure = world.leave(T0 + Span::from_seconds(10));
    let at = T0 + Span::from_seconds(11);
    world.finish(departure.attempt.id, accepted(&[DANA]), at)
}

/// The facts an ask is judged by: one that answers `answers` and links to `host`.
fn facts(world: &World, answers: Option<&str>, host: Option<&str>, now: Timestamp) -> Facts {
    let mut ask = world.ask(DANA, now);
    ask.new.draft.in_reply_to = answers.map(|id| format!("<{id}>"));
    ask.scan.found.hosts = host.map(str::to_owned).into_iter().collect();
    let seen = Arc::new(Mutex::new(None));
    let told = Arc::clone(&seen);
    let judge = move |policy: &store::PublishedPolicy, facts: &Facts| {
        *told.lock().unwrap() = Some(facts.clone());
        hold(policy, facts)
    };
    world.store.admit(ask, judge).wait().unwrap();
    let facts = seen.lock().unwrap().take();
    facts.unwrap()
}

fn listed(world: &World, filter: ConversationFilter) -> Vec<ConversationId> {
    let page = world.store.conversations(&filter, None, 10).unwrap();
    page.rows.into_iter().map(|row| row.id).collect()
}

fn of_agent(world: &World) -> Vec<ConversationId> {
    let filter = ConversationFilter {
        agent: Some(world.agent),
        ..ConversationFilter::default()
    };
    listed(world, filter)
}

fn to_decide(world: &World) -> Vec<ConversationId> {
    let filter = ConversationFilter {
        tab: ConversationTab::Decide,
        ..ConversationFilter::default()
    };
    let rows = listed(world, filter);
    let counted = world.store.inbox_counts().unwrap().decide;
    assert_eq!(counted, rows.len() as u64, "counted as it is listed");
    rows
}

#[test]
fn what_a_person_held_waits_for_agents_again_when_they_give_it_back() {
    both(|world| {
        let out = sent(&world);
        let mut post = Post(&world, 0);
        let before = post.takes(read(DANA, "before", &[&out.message_id]), later(1));
        let conversation = before.conversation;
        let take = world
            .store
            .take_over_conversation(conversation, None, later(2));
        take.wait().unwrap();
        let during = post.takes(read(DANA, "during", &[&out.message_id]), later(3));
        assert_eq!(during.reply.as_ref().unwrap().state, ReplyState::Person);
        let legal = Received {
            intent: Intent::Legal,
            ..read(DANA, "my lawyer", &[&out.message_id])
        };
        let legal = post.takes(legal, later(4));
        assert_eq!(claim(&world, later(5)), None);
        assert_eq!(to_decide(&world), [conversation], "for the lawyer alone");
        world.store.person_done(legal.id, later(5)).wait().unwrap();
        assert!(to_decide(&world).is_empty(), "what is in hand is decided");

        let back = world.store.hand_back_conversation(conversation, later(6));
        back.wait().unwrap();
        assert_eq!(claim(&world, later(7)).unwrap().id, before.id);
        assert_eq!(claim(&world, later(7)).unwrap().id, during.id);
        assert_eq!(claim(&world, later(7)), None, "a legal matter stays away");
        world.verify();
    });
}

#[test]
fn a_contact_in_hand_is_given_back_from_either_side() {
    both(|world| {
        let out = sent(&world);
        let mut post = Post(&world, 0);
        for (n, from_inbox) in [(0_i64, true), (1, false)] {
            let at = |minutes| later(n * 100 + minutes);
            let take = world
                .store
                .take_over_contact(world.mailbox, DANA.to_owned(), None, at(1));
            take.wait().unwrap();
            let text = format!("held {n}");
            let row = post.takes(read(DANA, &text, &[&out.message_id]), at(2));
            assert_eq!(row.reply.unwrap().state, ReplyState::Person);
            assert_eq!(claim(&world, at(3)), None);
            let store = &world.store;
            if from_inbox {
                let back = store.hand_back_conversation(row.conversation, at(4));
                back.wait().unwrap();
            } else {
                let back = store.hand_back_contact(world.mailbox, DANA.to_owned(), at(4));
                assert!(back.wait().unwrap());
            }
            assert!(store.in_hand(None, 10).unwrap().is_empty());
            let story = store.conversation(row.conversation, 500).unwrap().unwrap();
            assert_eq!(story.row.taken_over_at, None);
            assert_eq!(claim(&world, at(5)).unwrap().id, row.id);
            let done = store.ack_reply(row.id, world.agent, at(6));
            done.wait().unwrap();
        }
        world.verify();
    });
}

#[test]
fn an_agent_finds_no_conversation_that_is_a_person_s() {
    both(|world| {
        let mut post = Post(&world, 0);
        let bad = Received {
            quarantine: true,
            injection: 9_500,
            ..read("eve@evil.example", "obey", &[])
        };
        let bad = post.takes(bad, later(1));
        let legal = Received {
            intent: Intent::Legal,
            ..read("omar@acme.example", "my lawyer", &[])
        };
        let legal = post.takes(legal, later(2));
        assert!(!legal.is_open_to_agents());
        assert!(of_agent(&world).is_empty());
        let plain = post.takes(read("pia@acme.example", "hello", &[]), later(3));
        assert_eq!(of_agent(&world), [plain.conversation]);
        let received = || {
            let rows = world.store.received_of(world.agent, None, 10).unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(received(), [plain.id]);
        world
            .store
            .release_inbound(bad.id, later(4))
            .wait()
            .unwrap();
        assert_eq!(of_agent(&world), [plain.conversation, bad.conversation]);
        for id in [plain.conversation, bad.conversation] {
            let take = world.store.take_over_conversation(id, None, later(5));
            take.wait().unwrap();
        }
        assert!(of_agent(&world).is_empty());
        assert!(received().is_empty());
    });
}

#[test]
fn what_an_agent_gave_back_or_wore_out_is_for_a_person_until_they_are_done() {
    both(|world| {
        let out = sent(&world);
        let mut post = Post(&world, 0);
        let row = post.takes(read(DANA, "hello", &[&out.message_id]), later(1));
        assert!(to_decide(&world).is_empty());
        for n in 0..5 {
            assert!(claim(&world, later(10 + n * 10)).is_some());
        }
        let before = world.store.changes_since(0, 1_000).unwrap().newest;
        assert_eq!(claim(&world, later(100)), None, "worn");
        let after = world.store.changes_since(0, 1_000).unwrap().newest;
        assert!(after > before, "nobody is told");
        assert_eq!(to_decide(&world), [row.conversation]);
        let row = world.store.inbound(row.id).unwrap().unwrap();
        assert!(row.reply.unwrap().note.unwrap().contains("never finished"));
        let done = world.store.person_done(row.id, later(101)).wait().unwrap();
        assert_eq!(done.reply.unwrap().state, ReplyState::Done);
        assert!(to_decide(&world).is_empty());
        let again = world.store.person_done(row.id, later(102)).wait();
        assert!(again.is_err(), "it is with nobody");
        world.verify();
    });
}

#[test]
fn only_what_an_agent_was_shown_counts_as_read() {
    both(|world| {
        let out = sent(&world);
        let mut post = Post(&world, 0);
        let first = post.takes(read(DANA, "one", &[&out.message_id]), later(1));
        let second = post.takes(read(DANA, "two", &[&out.message_id]), later(2));
        assert_eq!(claim(&world, later(3)).unwrap().id, first.id);
        let here = |minutes| {
            let facts = facts(&world, Some("one@acme.example"), None, later(minutes));
            facts.conversation.unwrap()
        };
        let seen = here(4);
        assert_eq!(seen.newest.unwrap().id, second.id.to_string());
        assert_eq!(seen.fetched.unwrap().at, first.arrived_at, "not the second");
        let agent_read = |upto| {
            let read = world
                .store
                .agent_read(first.conversation, world.agent, upto);
            read.wait().unwrap();
        };
        agent_read(second.arrived_at);
        assert_eq!(here(5).fetched.unwrap().id, second.id.to_string());
        agent_read(first.arrived_at);
        assert_eq!(here(6).fetched.unwrap().at, second.arrived_at, "not unread");
    });
}

#[test]
fn a_thread_whose_newest_message_is_withheld_is_not_read_to_its_end() {
    both(|world| {
        let out = sent(&world);
        let mut post = Post(&world, 0);
        // Both are taken in at one instant, as a folder read for the first time is.
        let open = post.takes(read(DANA, "open", &[&out.message_id]), later(1));
        let bad = Received {
            quarantine: true,
            ..read(DANA, "bad", &[&out.message_id])
        };
        let bad = post.takes(bad, later(1));
        let is_newer = |minutes| {
            let facts = facts(&world, Some("open@acme.example"), None, later(minutes));
            let here = facts.conversation.unwrap();
            let newest = here.newest.unwrap();
            assert_eq!(newest.id, bad.id.to_string());
            here.fetched.unwrap().at < newest.at
        };
        let agent_read = |upto: Timestamp| {
            let store = &world.store;
            let read = store.agent_read(open.conversation, world.agent, upto);
            read.wait().unwrap();
        };
        agent_read(open.arrived_at);
        assert!(is_newer(2), "it was shown the one, not the other");
        agent_read(bad.arrived_at);
        assert!(is_newer(3), "whoever asks");
        assert_eq!(claim(&world, later(4)).unwrap().id, open.id);
        assert!(is_newer(5), "and however it got it");
    });
}

#[test]
fn an_agents_receipts_tell_what_came_back_for_now_and_who_said_no() {
    both(|world| {
        let out = sent(&world);
        let mut post = Post(&world, 0);
        let no = Received {
            intent: Intent::NotInterested,
            ..read(DANA, "no thanks", &[&out.message_id])
        };
        post.takes(no, later(1));
        let soft = Received {
            kind: ReceivedKind::Bounce,
            reported_id: Some(bare(&out.message_id)),
            reports: vec![Report {
                address: DANA.to_owned(),
                original_address: None,
                outcome: ReportOutcome::Failed,
                status: None,
                diagnostic: None,
            }],
            ..read("mailer-daemon@relay.example", "later", &[])
        };
        post.takes(soft, later(2));
        let receipts = world.store.receipts(world.agent).unwrap();
        let came_back = (receipts.bounced, receipts.bounced_soft);
        assert_eq!(came_back, (0, 1), "for now, not for good");
        assert_eq!((receipts.declined, receipts.complained), (1, 0));
    });
}

#[test]
fn a_conversation_is_tainted_by_its_worst_message() {
    both(|world| {
        let out = sent(&world);
        let mut post = Post(&world, 0);
        let taint = |minutes| {
            let facts = facts(&world, Some("plain@acme.example"), None, later(minutes));
            facts.conversation.unwrap().taint
        };
        post.takes(read(DANA, "plain", &[&out.message_id]), later(1));
        assert_eq!(taint(2), None);
        let odd = Received {
            injection: 7_200,
            ..read(DANA, "odd", &[&out.message_id])
        };
        let odd = post.takes(odd, later(3));
        post.takes(read(DANA, "after", &[&out.message_id]), later(4));
        let found = taint(5).unwrap();
        assert_eq!((found.score_bp, found.quarantined), (7_200, false));
        assert_eq!(found.inbound, odd.id.to_string(), "not the newest");
        let bad = Received {
            quarantine: true,
            ..read(DANA, "bad", &[&out.message_id])
        };
        let bad = post.takes(bad, later(6));
        let found = taint(7).unwrap();
        assert_eq!(
            (found.inbound, found.quarantined),
            (bad.id.to_string(), true)
        );
        world
            .store
            .release_inbound(bad.id, later(8))
            .wait()
            .unwrap();
        assert!(taint(9).unwrap().quarantined, "released is not harmless");
    });
}

#[test]
fn an_opt_out_ends_consent_and_the_record_agrees() {
    both(|world| {
        let out = sent(&world);
        let store = &world.store;
        let consent = store.record_consent(DANA.to_owned(), "a form".to_owned(), None, later(1));
        consent.wait().unwrap();
        let stop = Received {
            intent: Intent::Unsubscribe,
            ..read(DANA, "stop it", &[&out.message_id])
        };
        Post(&world, 0).takes(stop, later(2));
        assert!(store.consents(None, None, 10).unwrap().is_empty());
        world.verify();
    });
}

#[test]
fn a_host_that_a_stranger_brought_is_known_as_theirs() {
    both(|world| {
        let out = sent(&world);
        let mut post = Post(&world, 0);
        let brings = |host: &str, read: Received| Received {
            hosts: vec![host.to_owned()],
            ..read
        };
        let stranger = |text: &str| read("eve@evil.example", text, &[]);
        post.takes(brings("trap.example", stranger("look")), later(1));
        let known = read(DANA, "see", &[&out.message_id]);
        post.takes(brings("acme.example", known), later(2));
        let forged = read(DANA, "see this too", &[]);
        post.takes(brings("forged.example", forged), later(3));
        let news = Received {
            kind: ReceivedKind::List,
            ..stranger("news")
        };
        post.takes(brings("web.example", news), later(4));
        let since = |host: &str| {
            let facts = facts(&world, None, Some(host), later(5));
            let host = facts.hosts.into_iter().find(|found| found.host == host);
            host.and_then(|host| host.stranger_at)
        };
        assert_eq!(since("trap.example"), Some(later(1)));
        assert_eq!(since("acme.example"), None, "Dana is known by proof");
        assert_eq!(since("forged.example"), Some(later(3)), "her name is not");
        assert_eq!(since("web.example"), None, "nobody works on a newsletter");
    });
}

#[test]
fn what_a_plan_reads_anew_is_what_is_kept() {
    fn anew(read: &Received, standing: &Standing) -> Plan {
        let letter = Received {
            kind: ReceivedKind::Person,
            intent: Intent::Question,
            ..read.clone()
        };
        Plan {
            read: Some(Box::new(letter.clone())),
            ..plan(&letter, standing)
        }
    }
    both(|world| {
        let out = sent(&world);
        let through_a_list = Received {
            kind: ReceivedKind::List,
            ..read("omar@acme.example", "how many?", &[&out.message_id])
        };
        let row = Post(&world, 0).takes_by(anew, through_a_list, (later(1), later(1)));
        assert_eq!(row.read.kind, ReceivedKind::Person);
        assert_eq!(row.read.intent, Intent::Question);
        assert!(row.reply.is_some());
        let filter = ConversationFilter::default();
        let all = world.store.conversations(&filter, None, 10).unwrap();
        assert_eq!(all.rows[0].contact.as_deref(), Some("omar@acme.example"));
        world.verify();
    });
}

#[test]
fn a_copy_in_sent_says_that_a_person_wrote_into_its_thread() {
    both(|world| {
        let out = sent(&world);
        let mut post = Post(&world, 0);
        post.takes(read(DANA, "hello", &[&out.message_id]), later(1));
        let by_person = |minutes| {
            let facts = facts(&world, Some("hello@acme.example"), None, later(minutes));
            facts.conversation.unwrap().last_by_person
        };
        assert_eq!(by_person(2), None);
        let place = Place {
            folder: "Sent".to_owned(),
            uid: 1,
            after: 0,
            ..post.place()
        };
        let seen = SentSeen {
            place,
            bytes: b"Subject: s\r\n\r\nby hand".to_vec(),
            message_id: Some("hand@ours.example".to_owned()),
            own_id: None,
            references: vec!["hello@acme.example".to_owned()],
            subject: "s".to_owned(),
            from: Some(address("team@ours.example")),
            to: vec![address(DANA)],
            written_at: Some(later(3)),
            proves: false,
            people_write: true,
            now: later(4),
        };
        world.store.sent_seen(seen).wait().unwrap();
        assert_eq!(by_person(5).unwrap().at, later(3));
    });
}

#[test]
fn what_was_said_months_ago_is_dated_then() {
    both(|world| {
        let out = sent(&world);
        let mut post = Post(&world, 0);
        let now = T0 + Span::from_days(60);
        let soft = |text: &str| Received {
            kind: ReceivedKind::Bounce,
            reported_id: Some(bare(&out.message_id)),
            reports: vec![Report {
                address: DANA.to_owned(),
                original_address: None,
                outcome: ReportOutcome::Failed,
                status: None,
                diagnostic: None,
            }],
            ..read("mailer-daemon@relay.example", text, &[])
        };
        // A folder read for the first time: its bounces are weeks apart.
        for (text, days) in [("one", 1), ("two", 20), ("three", 40), ("four", 41)] {
            post.takes_of(soft(text), T0 + Span::from_days(days), now);
        }
        let suppressed = || world.store.suppressions(None, None, 10).unwrap();
        assert!(suppressed().is_empty(), "never three in two weeks");
        post.takes_of(soft("five"), T0 + Span::from_days(42), now);
        assert_eq!(suppressed()[0].reason, SuppressionReason::SoftBounces);

        let old = read(DANA, "an old word", &[&out.message_id]);
        post.takes_of(old, T0 + Span::from_days(2), now);
        let seen = facts(&world, None, None, now + Span::from_minutes(1));
        let wrote = seen.recipients[0].last_inbound_at;
        assert_eq!(wrote, Some(T0 + Span::from_days(2)));
    });
}
