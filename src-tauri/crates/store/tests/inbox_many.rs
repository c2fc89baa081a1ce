//! The inbox under filters, with many conversations: a page looks at so many and no more, and what it
//! did not come to is found by going on. How long a page takes among a hundred thousand is run by
//! hand, for its figures, on a machine that does nothing else:
//! `cargo nextest run -p sendoff-store --run-ignored only --no-capture every_filter`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a figure is measured by the machine's clock; a surprise is a failed test"
)]

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use common::mail::{arrives, letter};
use common::{T0, World, hold_first};
use domain::received::{Received, ReceivedFile};
use domain::{AccountId, Intent, MailboxId, Span, Timestamp};
use rusqlite::Connection;
use store::{CONVERSATION_LOOK_MAX, ConversationFilter, ConversationTab, Search};

/// From a key to what it shows a person has 50 ms, of which this is the store's part.
const PAGE_MS_MAX: u128 = 50;
/// Other work makes a page slower, never quicker: the quickest is what the store needs.
const ROUNDS: usize = 25;
const PAGE: usize = 100;
/// Rows of copy `k`: of its contact and its conversation, of its first message, of its second.
const OWN: &str = "1000000 + k";
const FIRST: &str = "2000000 + 2 * k";
const SECOND: &str = "2000001 + 2 * k";

fn at(minutes: i64) -> Timestamp {
    T0 + Span::from_minutes(minutes)
}

/// A letter of a usual length.
fn long(from: &str, subject: &str) -> Received {
    Received {
        subject: subject.to_owned(),
        quoted_text: "> as you wrote\n".repeat(40),
        ..letter(
            from,
            &format!("{subject}. {}", "Dear team, about this. ".repeat(50)),
        )
    }
}

/// One old conversation like no other, one of two messages, and as many like that one as are
/// wanted, each with its own contact, all younger than the first.
fn crowded(dir: &Path, conversations: usize) -> World {
    let world = World::on(dir);
    let old = MailboxId::new(world.ids.as_ref(), T0);
    let account = AccountId::new(world.ids.as_ref(), T0);
    world.add_mailbox(old, account, "old@ours.example");
    let rare = Received {
        intent: Intent::Legal,
        files: vec![ReceivedFile {
            index: 0,
            filename: Some("contract.pdf".to_owned()),
            content_type: "application/pdf".to_owned(),
            sniffed: None,
            octets: 10,
            quarantined: false,
            digest: None,
        }],
        ..long("rare@lumen.example", "The contract")
    };
    arrives(&world, rare, 1, at(0));
    for (uid, minute) in [(2, 10), (3, 11)] {
        let usual = long("dana@acme.example", "A question");
        let named = Received {
            message_id: Some(format!("{uid}@acme.example")),
            ..usual
        };
        arrives(&world, named, uid, at(minute));
    }
    copy(
        &Connection::open(dir.join("sendoff.db")).unwrap(),
        conversations,
    );
    world
}

/// Copies the second conversation with its contact and its messages.
fn copy(conn: &Connection, conversations: usize) {
    conn.execute_batch(&format!(
        "PRAGMA cache_size = -400000;
         PRAGMA synchronous = OFF;
         BEGIN;
         DELETE FROM conversations WHERE n > 2;
         UPDATE conversations SET unread = 0 WHERE n = 2;
         UPDATE inbound SET conversation = 2, seen_at = arrived_at WHERE uid IN (2, 3);
         UPDATE conversations SET mailbox = (SELECT n FROM mailboxes WHERE address LIKE 'old%')
            WHERE n = 1;
         UPDATE inbound SET mailbox = (SELECT n FROM mailboxes WHERE address LIKE 'old%')
            WHERE conversation = 1;
         CREATE TEMP TABLE more AS WITH RECURSIVE k(k) AS
            (SELECT 1 UNION ALL SELECT k + 1 FROM k WHERE k < {conversations}) SELECT k FROM k;"
    ))
    .unwrap();
    for (table, of, own) in [
        (
            "contacts",
            "t.folded = 'dana@acme.example'",
            &[("folded", "'person' || k || '@acme.example'")] as &[(&str, &str)],
        ),
        (
            "conversations",
            "t.n = 2",
            &[("contact", OWN), ("last_inbound", SECOND)],
        ),
        (
            "inbound",
            "t.uid = 2",
            &[("n", FIRST), ("conversation", OWN), ("contact", OWN)],
        ),
        (
            "inbound",
            "t.uid = 3",
            &[("n", SECOND), ("conversation", OWN), ("contact", OWN)],
        ),
    ] {
        let mut statement = conn
            .prepare(&format!("PRAGMA table_info({table})"))
            .unwrap();
        let names = statement.query_map([], |row| row.get(1)).unwrap();
        let columns: Vec<String> = names.collect::<Result<_, _>>().unwrap();
        let value = |name: &String| {
            let own = own.iter().find(|(column, _)| column == name);
            match (own, name.as_str()) {
                (Some((_, value)), _) => (*value).to_owned(),
                (None, "n") => OWN.to_owned(),
                (None, "id" | "identity") => {
                    let apart = "substr(t.id, 9, 5) || unhex(printf('%06x', k + 1000000))";
                    format!("CAST(substr(t.id, 1, 8) || {apart} AS BLOB)")
                }
                (None, other) => format!("t.{other}"),
            }
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        conn.execute_batch(&format!(
            "INSERT INTO {table} ({}) SELECT {} FROM more, {table} t WHERE {of}",
            columns.join(", "),
            values.join(", "),
        ))
        .unwrap();
    }
    conn.execute_batch("COMMIT").unwrap();
}

/// Rows of the first page, whether there is more to look at, and the quickest of its rounds.
fn first_page(world: &World, filter: &ConversationFilter) -> (usize, bool, Duration) {
    let rounds = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        let page = world.store.conversations(filter, None, PAGE).unwrap();
        (begun.elapsed(), page.rows.len(), page.next.is_some())
    });
    let (took, rows, more) = rounds.min().unwrap();
    (rows, more, took)
}

/// All subjects behind a filter, and how many pages it took.
fn all(world: &World, filter: &ConversationFilter) -> (Vec<String>, usize) {
    let (mut subjects, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let page = world.store.conversations(filter, after, PAGE).unwrap();
        pages += 1;
        subjects.extend(page.rows.into_iter().map(|row| row.subject));
        after = page.next;
        if after.is_none() {
            return (subjects, pages);
        }
    }
}

fn with(search: Search) -> ConversationFilter {
    ConversationFilter {
        search,
        ..ConversationFilter::default()
    }
}

/// Filters, and how many rows the first page has under each.
#[rustfmt::skip] // a table: one line each
fn filters() -> Vec<(&'static str, usize, ConversationFilter)> {
    let none = || Some("nobody".to_owned());
    let tab = |tab: ConversationTab| ConversationFilter {
        tab,
        ..ConversationFilter::default()
    };
    let plain = Search::default;
    vec![
        ("no filter", PAGE, ConversationFilter::default()),
        ("wants: what they all do", PAGE, ConversationFilter { intent: Some(Intent::Interested), ..ConversationFilter::default() }),
        ("tab: unread", 1, tab(ConversationTab::Unread)),
        ("tab: to decide", 0, tab(ConversationTab::Decide)),
        ("wants: legal", 0, ConversationFilter { intent: Some(Intent::Legal), ..ConversationFilter::default() }),
        ("from: everybody", PAGE, with(Search { from: Some("acme".to_owned()), ..plain() })),
        ("from: nobody", 0, with(Search { from: none(), ..plain() })),
        ("to: everybody", PAGE, with(Search { to: Some("team@".to_owned()), ..plain() })),
        ("to: nobody", 0, with(Search { to: none(), ..plain() })),
        ("account: the usual", PAGE, with(Search { account: Some("team@".to_owned()), ..plain() })),
        ("account: the old one", 1, with(Search { account: Some("old@".to_owned()), ..plain() })),
        ("account: none", 0, with(Search { account: none(), ..plain() })),
        ("agent: none", 0, with(Search { agent: none(), ..plain() })),
        ("intent: legal", 0, with(Search { intent: Some("legal".to_owned()), ..plain() })),
        ("is:unread", 1, with(Search { is_unread: true, ..plain() })),
        ("has:attachment", 0, with(Search { has_attachment: true, ..plain() })),
        ("before: long ago", 0, with(Search { before: Some(at(5)), ..plain() })),
        ("before: now", PAGE, with(Search { before: Some(at(100)), ..plain() })),
        ("after: now", 0, with(Search { after: Some(at(100)), ..plain() })),
        ("state: held", 0, with(Search { state: Some(domain::StateName::Held), ..plain() })),
        ("is:unread from: nobody", 0, with(Search { is_unread: true, from: none(), ..plain() })),
    ]
}

#[test]
fn a_filtered_page_looks_at_so_many_and_the_next_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let conversations = 2 * CONVERSATION_LOOK_MAX + 100;
    let world = crowded(dir.path(), conversations);
    for (what, wanted, filter) in filters() {
        let page = world.store.conversations(&filter, None, PAGE).unwrap();
        assert_eq!(page.rows.len(), wanted, "{what}");
    }
    let plain = Search::default;
    for (what, search) in [
        (
            "before:",
            Search {
                before: Some(at(5)),
                ..plain()
            },
        ),
        (
            "has:attachment",
            Search {
                has_attachment: true,
                ..plain()
            },
        ),
        (
            "intent:",
            Search {
                intent: Some("legal".to_owned()),
                ..plain()
            },
        ),
        (
            "from:",
            Search {
                from: Some("rare@".to_owned()),
                ..plain()
            },
        ),
    ] {
        let (subjects, pages) = all(&world, &with(search));
        assert_eq!(subjects, ["The contract"], "{what}");
        assert_eq!(pages, 3, "{what}");
    }
    let nobody = Search {
        from: Some("nobody".to_owned()),
        ..plain()
    };
    assert_eq!(all(&world, &with(nobody)), (Vec::new(), 3));
    let (everything, _) = all(&world, &ConversationFilter::default());
    assert_eq!(
        everything.len(),
        conversations + 2,
        "each is there, and once"
    );
}

#[test]
fn a_conversation_is_found_by_every_mailbox_that_has_a_part_in_it() {
    let world = World::memory();
    let sales = MailboxId::new(world.ids.as_ref(), T0);
    let account = AccountId::new(world.ids.as_ref(), T0);
    world.add_mailbox(sales, account, "sales@ours.example");
    let heard = letter("dana@acme.example", "a question");
    let id = format!("<{}>", heard.message_id.clone().unwrap());
    arrives(&world, heard, 1, at(0));
    arrives(&world, letter("bo@other.example", "an offer"), 2, at(1));
    let mut answer = world.ask("dana@acme.example", at(2));
    answer.new.mailbox = sales;
    answer.new.draft.in_reply_to = Some(id);
    world.admit(answer, hold_first);

    let of = |account: &str, is_unread: bool| {
        let account = Some(account.to_owned());
        let search = Search {
            account,
            is_unread,
            ..Search::default()
        };
        all(&world, &with(search)).0.len()
    };
    assert_eq!((of("team@", false), of("sales@", false)), (2, 1));
    assert_eq!(of("nobody@", false), 0);
    assert_eq!(of("sales@", true), 0, "what it received is read elsewhere");
}

#[test]
#[ignore = "makes a hundred thousand conversations; run it for its figures"]
fn every_filter_answers_at_once_among_a_hundred_thousand_conversations() {
    let dir = tempfile::tempdir().unwrap();
    let world = crowded(dir.path(), 100_000);
    let mut slow = Vec::new();
    for (what, wanted, filter) in filters() {
        let (rows, more, took) = first_page(&world, &filter);
        eprintln!("{what:<24} {rows:>3} rows  more: {more:<5}  {took:?}");
        assert_eq!(rows, wanted, "{what}");
        if took.as_millis() >= PAGE_MS_MAX {
            slow.push((what, took));
        }
    }
    assert!(slow.is_empty(), "{slow:?}");
    let begun = Instant::now();
    let nobody = Search {
        from: Some("nobody".to_owned()),
        ..Search::default()
    };
    let (_, pages) = all(&world, &with(nobody));
    eprintln!(
        "from: nobody, to the end: {pages} pages  {:?}",
        begun.elapsed()
    );
}
