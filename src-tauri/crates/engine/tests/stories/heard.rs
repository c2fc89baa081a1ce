//! What a stranger's word does to the record, from the bytes to the suppressions: a wish to stop
//! that somebody else wrote, and deliveries that fail again and again.

use domain::{SentCopy, Span, StateName, SuppressionReason};
use store::ConversationRow;

use crate::imap::Imap;
use crate::reading::{reading, until};
use crate::world::{MAILBOX, World, ask_about};

const ANN: &str = "ann@there.example";

/// Sends to Ann and gives its Message-ID.
async fn sent(world: &World, subject: &str) -> String {
    let asked = world.submit(ask_about(ANN, subject)).await;
    if asked.row.state.name() == StateName::Held {
        world.approve(asked.row.id).await;
    }
    // Whatever paces mail to one person is over by then.
    world.pass(Span::from_hours(24));
    world.until(asked.row.id, StateName::Sent).await;
    world.story(asked.row.id).await.row.message_id
}

/// Who is suppressed, and for what.
async fn suppressed(world: &World) -> Vec<(String, SuppressionReason)> {
    let all = world.engine.suppressions(None, None, 10).await.unwrap();
    all.into_iter()
        .map(|one| (one.pattern, one.reason))
        .collect()
}

/// The conversations, once so many messages came.
async fn came(world: &World, count: u32) -> Vec<ConversationRow> {
    until(world, "all came", async || {
        let all = world.engine.conversations(Default::default(), None, 100);
        let rows = all.await.unwrap().rows;
        let received: u32 = rows.iter().map(|row| row.received).sum();
        (received == count).then_some(rows)
    })
    .await
}

fn stops(n: u32, from: &str, headers: &str) -> String {
    format!(
        "From: <{from}>\nTo: {MAILBOX}\nSubject: Re: the offer\n\
         Message-ID: <stop-{n}@there.example>\n{headers}\n\
         Please unsubscribe me and never email me again.\n"
    )
}

#[tokio::test]
async fn a_wish_to_stop_that_anybody_could_have_written_waits_for_a_person() {
    let imap = Imap::start().await;
    let world = reading(&imap, SentCopy::None).await;
    let message_id = sent(&world, "the offer").await;
    // In Ann's name, and tied to nothing; then by somebody else who was told of what Ann got.
    imap.put("INBOX", 1, &stops(1, ANN, ""));
    let answers = format!("In-Reply-To: {message_id}\n");
    imap.put("INBOX", 2, &stops(2, "eve@evil.example", &answers));
    let rows = came(&world, 2).await;
    assert!(rows.iter().any(|row| row.opt_out_open), "{rows:?}");
    assert!(suppressed(&world).await.is_empty(), "nobody is believed");
    // Ann's own answer is.
    imap.put("INBOX", 3, &stops(3, ANN, &answers));
    came(&world, 3).await;
    let ann = (ANN.to_owned(), SuppressionReason::Unsubscribe);
    assert_eq!(suppressed(&world).await, [ann]);
    world.verify().await;
}

/// Ann's system gives a mail up for now (RFC 3464).
fn given_up(n: u32, message_id: &str) -> String {
    format!(
        "From: Mail Delivery System <mailer-daemon@there.example>\nTo: {MAILBOX}\n\
         Subject: Undelivered Mail Returned to Sender\nMessage-ID: <report-{n}@there.example>\n\
         Auto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nIt could not be delivered.\n\n--b\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; there.example\n\n\
         Final-Recipient: rfc822; {ANN}\nAction: failed\nStatus: 4.2.2\n\
         Diagnostic-Code: smtp; 452 4.2.2 mailbox full\n\n--b\n\
         Content-Type: message/rfc822\n\nFrom: <{MAILBOX}>\nTo: <{ANN}>\n\
         Message-ID: {message_id}\nSubject: x\n\nx\n--b--\n"
    )
}

#[tokio::test]
async fn an_address_whose_mail_fails_three_times_in_two_weeks_is_given_up() {
    let imap = Imap::start().await;
    let world = reading(&imap, SentCopy::None).await;
    let subjects = ["the offer", "a question about Tuesday", "our summer party"];
    for (n, subject) in (1..).zip(subjects) {
        assert!(suppressed(&world).await.is_empty(), "before report {n}");
        let message_id = sent(&world, subject).await;
        imap.put("INBOX", n, &given_up(n, &message_id));
        came(&world, n).await;
    }
    let ann = (ANN.to_owned(), SuppressionReason::SoftBounces);
    assert_eq!(suppressed(&world).await, [ann]);
    world.verify().await;
}
