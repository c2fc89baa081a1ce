//! Mail and servers that are odd: it is read all the same.

use domain::received::ReceivedKind;
use domain::{SentCopy, Timestamp};
use store::InboundRow;

use crate::imap::Imap;
use crate::reading::{letter, reading, subjects, until};
use crate::world::World;

/// Every message that came, in the order of their subjects, once there are so many.
async fn came(world: &World, count: usize) -> Vec<InboundRow> {
    until(world, "all came", async || {
        (subjects(world).await.len() == count).then_some(())
    })
    .await;
    let page = world
        .engine
        .conversations(Default::default(), None, 100)
        .await
        .unwrap();
    let mut all = Vec::new();
    for row in page.rows {
        let conversation = world.engine.conversation(row.id).await.unwrap();
        all.extend(conversation.inbound);
    }
    all.sort_by(|a, b| a.read.subject.cmp(&b.read.subject));
    all
}

/// Waits until every folder has been read, and nothing is amiss.
async fn goes_well(world: &World) {
    until(world, "all is read", async || {
        let health = world.engine.mail_health().into_values().next()?;
        (health.ok && health.amiss.is_none()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_server_that_offers_idle_and_refuses_it_is_asked_and_not_logged_in_to_again_and_again() {
    for refusal in ["NO not today", "BAD "] {
        let imap = Imap::start().await;
        imap.post().idle = Some(refusal);
        imap.put("INBOX", 1, &letter(1));
        let world = reading(&imap, SentCopy::None).await;
        came(&world, 1).await;
        for n in 2..5 {
            imap.put("INBOX", n, &letter(n));
            came(&world, n as usize).await;
        }
        goes_well(&world).await;
        assert_eq!(imap.post().connections, 1, "{refusal}");
        world.verify().await;
    }
}

#[tokio::test]
async fn of_a_message_of_100_mib_a_placeholder_comes_and_a_person_has_it() {
    let imap = Imap::start().await;
    imap.put("INBOX", 1, &letter(1));
    imap.put("INBOX", 2, &letter(2));
    imap.post().claimed.insert(1, 100 << 20);
    let world = reading(&imap, SentCopy::None).await;
    let came = came(&world, 2).await;
    let kinds: Vec<ReceivedKind> = came.iter().map(|row| row.read.kind).collect();
    assert_eq!(kinds, [ReceivedKind::TooLarge, ReceivedKind::Person]);
    assert_eq!(came[0].read.new_text, "", "only its headers were fetched");
    assert!(came[0].read.octets < 1_000);
    world.verify().await;
}

#[tokio::test]
async fn mail_of_1970_and_of_2100_is_taken_in_and_nothing_is_dated_later_than_now() {
    let imap = Imap::start().await;
    let dates = [
        (
            "Thu, 1 Jan 1970 00:00:00 +0000",
            "01-Jan-1970 00:00:00 +0000",
        ),
        (
            "Wed, 31 Dec 1969 23:00:00 +0000",
            "31-Dec-1969 23:00:00 +0000",
        ),
        (
            "Fri, 1 Jan 2100 00:00:00 +0000",
            "01-Jan-2100 00:00:00 +0000",
        ),
        (
            "Fri, 31 Dec 9999 23:59:59 +0000",
            "31-Dec-9999 23:59:59 +0000",
        ),
        (
            "Mon, 99 Foo 0000 77:77:77 +9999",
            "22-Nov-2026 10:00:00 +0000",
        ),
        ("", "01-Jan-0001 00:00:00 +0000"),
    ];
    for (uid, (written, took_in)) in (1..).zip(dates) {
        for folder in ["INBOX", "Sent"] {
            imap.put(folder, uid, &format!("Date: {written}\n{}", letter(uid)));
        }
        imap.post().dated.insert(uid, took_in);
    }
    let world = reading(&imap, SentCopy::None).await;
    let came = came(&world, dates.len()).await;
    let now = world.engine.now();
    let written: Vec<Option<Timestamp>> = came.iter().map(|row| row.read.date).collect();
    assert_eq!(written[0], Some(Timestamp::from_seconds(0)));
    assert_eq!(written[2], Some(Timestamp::from_seconds(4_102_444_800)));
    assert_eq!([written[1], written[4], written[5]], [None; 3]);
    for row in &came {
        assert!(row.arrived_at <= now, "{row:?}");
    }
    goes_well(&world).await;
    world.verify().await;
}
