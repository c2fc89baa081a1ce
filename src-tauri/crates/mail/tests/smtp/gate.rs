//! Nothing leaves but what was cleared; and the relay for rehearsals.

use crate::case::answered;
use crate::cleared::{DATE, account, clearance, sealed};
use domain::delivery::Phase;
use domain::{Address, Outcome, RecipientState};
use mail::transport::{Outgoing, RehearsalRelay, SendRefused, Transport};

#[tokio::test]
async fn nothing_leaves_but_the_message_that_was_cleared() {
    let relay = RehearsalRelay::new();
    let transport = Transport::Rehearsal(relay.clone());
    let cleared = sealed(&["a@x.example", "b@y.example"]);
    let mut changed = cleared.clone();
    changed.bytes.extend_from_slice(b"ps\r\n");
    let mut more = cleared.clone();
    more.envelope.rcpt_to.push("c@z.example".parse().unwrap());
    let everyone = cleared.envelope.rcpt_to.clone();
    let stranger: Vec<Address> = vec!["c@z.example".parse().unwrap()];
    let base = Outgoing {
        sealed: &cleared,
        account: account(),
        send_at: None,
        date: DATE,
        recipients: &everyone,
    };
    let other = "acc_00000000000000000000000000000002".parse().unwrap();
    let later = domain::Timestamp::from_seconds(1);
    for (message, refusal) in [
        (
            Outgoing {
                sealed: &changed,
                ..base
            },
            SendRefused::HashMismatch,
        ),
        (
            Outgoing {
                sealed: &more,
                ..base
            },
            SendRefused::HashMismatch,
        ),
        (
            Outgoing {
                account: other,
                ..base
            },
            SendRefused::HashMismatch,
        ),
        (
            Outgoing {
                send_at: Some(later),
                ..base
            },
            SendRefused::HashMismatch,
        ),
        (
            Outgoing {
                recipients: &[],
                ..base
            },
            SendRefused::NoRecipients,
        ),
        (
            Outgoing {
                recipients: &stranger,
                ..base
            },
            SendRefused::NotInEnvelope(stranger[0].clone()),
        ),
        (
            Outgoing {
                date: "x\r\nBcc: y",
                ..base
            },
            SendRefused::BadDate,
        ),
    ] {
        let refused = transport
            .send(clearance(&cleared), &message, || async { panic!("no dot") })
            .await;
        assert_eq!(refused, Err(refusal));
    }
    assert!(relay.delivered().is_empty());
    let sent = transport
        .send(clearance(&cleared), &base, || async { true })
        .await
        .unwrap();
    assert_eq!(answered(&sent).len(), 2);
    let kept = relay.find("<1@here.example>").unwrap();
    assert_eq!(kept.bytes.as_ref(), cleared.with_date(DATE));
    assert_eq!(kept.rcpt_to, everyone);
}

#[tokio::test]
async fn the_rehearsal_relay_can_be_asked_to_misbehave() {
    let relay = RehearsalRelay::new();
    let transport = Transport::Rehearsal(relay.clone());
    let send = async |to: &[&str], dot: bool| {
        let sealed = sealed(to);
        let rcpt = sealed.envelope.rcpt_to.clone();
        let message = Outgoing {
            sealed: &sealed,
            account: account(),
            send_at: None,
            date: DATE,
            recipients: &rcpt,
        };
        transport
            .send(clearance(&sealed), &message, || async { dot })
            .await
            .unwrap()
    };
    let mixed = send(
        &["refuse@x.example", "later+1@x.example", "a@x.example"],
        true,
    )
    .await;
    assert_eq!(
        answered(&mixed),
        [
            "refuse@x.example refused 550 5.1.1",
            "later+1@x.example deferred 451 4.7.1",
            "a@x.example accepted 250 2.0.0"
        ]
    );
    assert_eq!(
        relay.delivered()[0].rcpt_to,
        ["a@x.example".parse().unwrap()]
    );
    let gone = send(&["vanish@x.example", "refuse@x.example"], true).await;
    assert!(
        matches!(&gone, Outcome::Unanswered { maybe, refused, .. }
        if maybe.len() == 1 && refused[0].state == RecipientState::Refused),
        "{gone:?}"
    );
    for (to, dot) in [("drop@x.example", true), ("a@x.example", false)] {
        let stopped = send(&[to], dot).await;
        assert!(matches!(
            stopped,
            Outcome::NotAccepted {
                phase: Phase::Data,
                ..
            }
        ));
    }
    assert_eq!(relay.delivered().len(), 1, "only what was accepted is kept");
}
