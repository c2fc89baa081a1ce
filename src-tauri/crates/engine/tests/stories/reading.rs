//! Mail is read though a server misbehaves, and copies of what left are filed once.

use std::sync::Arc;
use std::time::Duration;

use domain::received::SenderCheck;
use domain::{Level, SentCopy, Span, StateName};
use engine::Moved;
use mail::dkim::{Asking, Key, Keys};

use crate::imap::Imap;
use crate::world::{MAILBOX, PATIENCE, World, ask, ask_about};

/// Looks again and again while the clock goes on, as a person who waits.
pub(crate) async fn until<T>(
    world: &World,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let waiting = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            world.pass(Span::from_seconds(1));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(20), waiting).await {
        Ok(found) => found,
        Err(_) => panic!("{what} did not happen; {:?}", world.engine.mail_health()),
    }
}

/// A world whose mailbox is read from this server.
pub(crate) async fn reading(imap: &Imap, sent_copy: SentCopy) -> World {
    let world = World::at(Level::AskOnException).await;
    read_from(&world, imap.settings(sent_copy)).await;
    world
}

/// The same, its signatures checked with keys from there, or not.
async fn reading_with(imap: &Imap, verify_dkim: bool, keys: Arc<dyn Keys>) -> World {
    let world = World::at(Level::AskOnException).await;
    world.engine.ask_for_keys(keys);
    let settings = domain::ImapSettings {
        verify_dkim,
        ..imap.settings(SentCopy::None)
    };
    read_from(&world, settings).await;
    world
}

async fn read_from(world: &World, settings: domain::ImapSettings) {
    let mailbox = world
        .engine
        .mailbox_at(&MAILBOX.parse().unwrap())
        .await
        .unwrap();
    let secret = Some("a password".to_owned());
    world
        .engine
        .set_imap(mailbox.id, Some(settings), secret)
        .await
        .unwrap();
}

/// Subjects of what was received, in no order.
pub(crate) async fn subjects(world: &World) -> Vec<String> {
    let all = world
        .engine
        .conversations(Default::default(), None, 100)
        .await
        .unwrap();
    let mut subjects: Vec<String> = all.rows.into_iter().map(|row| row.subject).collect();
    subjects.sort();
    subjects
}

pub(crate) fn letter(n: u32) -> String {
    format!(
        "From: Dana <dana{n}@there.example>\nTo: {MAILBOX}\nSubject: letter {n}\n\
         Message-ID: <letter-{n}@there.example>\n\nThis is letter {n}.\n"
    )
}

/// How reading the only account goes, in words: whether it goes, and what is amiss.
fn health(world: &World) -> Option<(bool, String, String)> {
    let health = world.engine.mail_health();
    let one = health.into_values().next()?;
    Some((one.ok, one.text, one.amiss.unwrap_or_default()))
}

#[tokio::test]
async fn a_message_that_is_listed_and_never_given_holds_up_nothing_and_is_not_forgotten() {
    for is_deadly in [false, true] {
        let imap = Imap::start().await;
        for uid in 1..=4 {
            imap.put("INBOX", uid, &letter(uid));
        }
        if is_deadly {
            imap.post().deadly.insert(2);
        } else {
            imap.post().withheld.insert(2);
        }
        let world = reading(&imap, SentCopy::None).await;
        until(&world, "the others came", async || {
            let came = subjects(&world).await;
            (came == ["letter 1", "letter 3", "letter 4"]).then_some(())
        })
        .await;
        let amiss = until(&world, "it is said", async || {
            health(&world).filter(|(ok, _, amiss)| *ok && !amiss.is_empty())
        })
        .await;
        assert!(amiss.2.contains("UID 2 in `INBOX`"), "{amiss:?}");

        // It comes after all, and is read like any other.
        imap.post().deadly.clear();
        imap.post().withheld.clear();
        world.pass(Span::from_hours(1));
        until(&world, "it came", async || {
            (subjects(&world).await.len() == 4).then_some(())
        })
        .await;
        until(&world, "nothing is amiss", async || {
            health(&world).filter(|(ok, _, amiss)| *ok && amiss.is_empty())
        })
        .await;
        world.verify().await;
    }
}

#[tokio::test]
async fn what_was_put_aside_and_is_gone_is_missed_no_more() {
    let imap = Imap::start().await;
    imap.put("INBOX", 1, &letter(1));
    imap.put("INBOX", 2, &letter(2));
    imap.post().withheld.insert(1);
    let world = reading(&imap, SentCopy::None).await;
    until(&world, "it is put aside", async || {
        health(&world).filter(|(_, _, amiss)| !amiss.is_empty())
    })
    .await;
    imap.post().folders.get_mut("INBOX").unwrap().remove(&1);
    world.pass(Span::from_hours(1));
    until(&world, "nothing is amiss", async || {
        health(&world).filter(|(ok, _, amiss)| *ok && amiss.is_empty())
    })
    .await;
    assert_eq!(subjects(&world).await, ["letter 2"]);
}

#[tokio::test]
async fn what_left_stands_in_sent_once_as_it_left() {
    let imap = Imap::start().await;
    let world = reading(&imap, SentCopy::Append).await;
    let id = world.ask("dana@there.example").await.row.id;
    world.until(id, StateName::Sent).await;
    until(&world, "a copy stands in Sent", async || {
        (imap.post().folders["Sent"].len() == 1).then_some(())
    })
    .await;
    let left = world.engine.rehearsal_delivered();
    let copy = imap.post().folders["Sent"][&1].clone();
    assert_eq!(copy, left[0].bytes.to_vec());
    until(&world, "it is recorded", async || {
        let recorded = world.recorded(id).await;
        recorded.contains(&"sent.filed".to_owned()).then_some(())
    })
    .await;
    // Our own copy is read in Sent like any other, and is no alarm.
    world.pass(Span::from_minutes(5));
    world.submit(ask_about("eve@far.example", "another")).await;
    until(&world, "two copies", async || {
        (imap.post().folders["Sent"].len() == 2).then_some(())
    })
    .await;
    assert!(world.engine.alarms(true).await.unwrap().is_empty());
    assert_eq!(imap.post().appended, 2);
    world.verify().await;
}

#[tokio::test]
async fn a_copy_whose_answer_was_lost_is_found_and_not_filed_twice() {
    let imap = Imap::start().await;
    imap.post().vanishes = true;
    let world = reading(&imap, SentCopy::Append).await;
    let id = world.ask("dana@there.example").await.row.id;
    world.until(id, StateName::Sent).await;
    until(&world, "it was taken without a word", async || {
        (imap.post().appended == 1).then_some(())
    })
    .await;
    until(&world, "it is found", async || {
        let recorded = world.recorded(id).await;
        recorded.contains(&"sent.filed".to_owned()).then_some(())
    })
    .await;
    assert_eq!(imap.post().appended, 1);
    assert_eq!(imap.post().folders["Sent"].len(), 1);
}

#[tokio::test]
async fn a_copy_that_is_refused_is_tried_a_few_times_and_said_and_the_mail_has_left() {
    let imap = Imap::start().await;
    imap.post().refuses_copies = Some("[OVERQUOTA] the mailbox is full");
    let world = reading(&imap, SentCopy::Append).await;
    let id = world.submit(ask("dana@there.example")).await.row.id;
    world.until(id, StateName::Sent).await;
    let said = until(&world, "it is said", async || {
        health(&world).filter(|(ok, _, amiss)| *ok && !amiss.is_empty())
    })
    .await;
    assert!(said.2.contains("the mailbox is full"), "{said:?}");
    assert!(said.2.contains("the mail itself left"), "{said:?}");
    assert!(said.2.contains("or set `sent=none`"), "{said:?}");
    for _ in 0..10 {
        world.pass(Span::from_hours(3));
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    until(&world, "it is given up", async || {
        let recorded = world.recorded(id).await;
        recorded
            .contains(&"sent.not_filed".to_owned())
            .then_some(())
    })
    .await;
    assert_eq!(world.state(id).await, StateName::Sent);
    assert!(imap.post().folders["Sent"].is_empty());
    // Where Sendoff files none any more, none is missed.
    let address = MAILBOX.parse().unwrap();
    let mailbox = world.engine.mailbox_at(&address).await.unwrap();
    let settings = imap.settings(SentCopy::None);
    let set = world.engine.set_imap(mailbox.id, Some(settings), None);
    set.await.unwrap();
    until(&world, "nothing is amiss", async || {
        health(&world).filter(|(ok, _, amiss)| *ok && amiss.is_empty())
    })
    .await;
    world.verify().await;
}

/// Who is said to have sent the one letter that came.
async fn sender_of_the_letter(world: &World) -> SenderCheck {
    let row = until(world, "the letter", async || {
        let page = world
            .engine
            .conversations(Default::default(), None, 1)
            .await;
        page.unwrap().rows.into_iter().next()
    })
    .await;
    let conversation = world.engine.conversation(row.id).await.unwrap();
    conversation.inbound[0].read.sender
}

/// A letter its sender's domain signed (RFC 8463), and the key it did that with.
const SIGNED: &str = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=there.example; \
     s=k1; h=from:to:subject; bh=JFBOmI+8fJ/tkfypmcpsweTJgOCK6gwrxWN/lUAdCnE=; \
     b=awhuGKNok8OprQ0gZbkXqlc76tl2kVY6cTRlZzQYpR4l3SAFegMVGYDZqCc6WUByk3csczEcHTpwvjorA2nrDw==\n\
     From: Dana <dana@there.example>\nTo: me@here.example\nSubject: Re: your mails\n\
     Message-ID: <signed-1@there.example>\n\nPlease take me off your list.\n";
const KEY: &str = "v=DKIM1; k=ed25519; p=bb9s4KPy6FcxxrbcLN06qNXFMRxjYFlEzTz+A2IXxps=";

/// DNS as a test has it: one key, or an answer that never comes.
struct Dns {
    answers: bool,
}

impl Keys for Dns {
    fn ask<'a>(&'a self, name: &'a str) -> Asking<'a> {
        Box::pin(async move {
            if !self.answers {
                return std::future::pending().await;
            }
            assert_eq!(name, "k1._domainkey.there.example");
            Key::Said(KEY.as_bytes().to_vec())
        })
    }
}

#[tokio::test]
async fn a_signed_letter_is_proven_here_where_no_server_is_believed() {
    for (answers, changed, sender) in [
        (true, false, SenderCheck::Aligned),
        (true, true, SenderCheck::Unknown),
        (false, false, SenderCheck::Unknown),
    ] {
        let imap = Imap::start().await;
        let letter = if changed {
            SIGNED.replace("me off", "us off")
        } else {
            SIGNED.to_owned()
        };
        imap.put("INBOX", 1, &letter);
        let world = reading_with(&imap, true, Arc::new(Dns { answers })).await;
        assert_eq!(
            sender_of_the_letter(&world).await,
            sender,
            "{answers} {changed}"
        );
    }
}

#[tokio::test]
async fn nobody_is_asked_for_keys_where_the_account_does_not_want_it() {
    struct Nobody;
    impl Keys for Nobody {
        fn ask<'a>(&'a self, name: &'a str) -> Asking<'a> {
            panic!("{name} was asked for");
        }
    }
    let imap = Imap::start().await;
    imap.put("INBOX", 1, SIGNED);
    let world = reading_with(&imap, false, Arc::new(Nobody)).await;
    assert_eq!(sender_of_the_letter(&world).await, SenderCheck::Unknown);
}

#[tokio::test]
async fn a_mailbox_that_cannot_be_read_any_more_is_told_though_nothing_is_committed() {
    let imap = Imap::start().await;
    let world = reading(&imap, SentCopy::None).await;
    until(&world, "it is read", async || {
        health(&world).filter(|(goes, ..)| *goes)
    })
    .await;
    let mut moved = world.engine.moved();
    let nowhere = domain::ImapSettings {
        port: 1,
        ..imap.settings(SentCopy::None)
    };
    read_from(&world, nowhere).await;
    // The clock stands still: this is not an age that moved.
    let told = async {
        loop {
            assert_eq!(moved.recv().await.unwrap(), Moved::Health);
            if health(&world).is_some_and(|(goes, ..)| !goes) {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, told).await.unwrap();
}
