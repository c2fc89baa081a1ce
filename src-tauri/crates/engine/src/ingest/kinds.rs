//! What each kind of machine mail is read as, from its bytes: small examples of our own of each
//! format the reading knows.

use domain::Timestamp;
use domain::received::{ReceivedKind, ReportOutcome};

use super::read::read;

/// A `multipart/report` of a kind, with its machine part and the headers of what it is about.
fn report(kind: &str, part: &str, fields: &str) -> String {
    format!(
        "From: postmaster@acme.example\r\nSubject: Report\r\nMIME-Version: 1.0\r\n\
         Auto-Submitted: auto-replied\r\n\
         Content-Type: multipart/report; report-type={kind}; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nA report about your message.\r\n\
         --b\r\nContent-Type: {part}\r\n\r\n{fields}\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\n\
         Message-ID: <0@ours.example>\r\nTo: dana@acme.example\r\n\r\nhi\r\n--b--\r\n"
    )
}

fn status(part: &str, action: &str, code: &str, diagnostic: &str) -> String {
    report(
        "delivery-status",
        part,
        &format!(
            "Reporting-MTA: dns; mx.acme.example\r\n\r\n\
             Final-Recipient: rfc822; dana@acme.example\r\nAction: {action}\r\n\
             Status: {code}\r\nDiagnostic-Code: smtp; {diagnostic}\r\n"
        ),
    )
}

fn letter(headers: &str, body: &str) -> String {
    format!("{headers}\r\n\r\n{body}\r\n")
}

/// The kind of a message, and what its reports say.
fn kind(text: &str) -> (ReceivedKind, Vec<ReportOutcome>) {
    let (read, _) = read(text.as_bytes(), Timestamp::from_seconds(0), &[], Vec::new());
    (
        read.kind,
        read.reports.iter().map(|one| one.outcome).collect(),
    )
}

#[test]
fn reports_of_deliveries_are_told_apart() {
    let plain = "message/delivery-status";
    let cases = [
        (
            plain,
            "failed",
            "5.1.1",
            "550 5.1.1 no such user",
            ReceivedKind::Bounce,
            ReportOutcome::Dead,
        ),
        (
            plain,
            "failed",
            "5.2.2",
            "552 5.2.2 mailbox full",
            ReceivedKind::Bounce,
            ReportOutcome::Failed,
        ),
        (
            plain,
            "failed",
            "5.7.1",
            "554 5.7.1 blocked using a list; your host has a poor reputation",
            ReceivedKind::Bounce,
            ReportOutcome::Refused,
        ),
        (
            plain,
            "failed",
            "5.7.1",
            "550 5.7.1 message rejected as spam",
            ReceivedKind::Bounce,
            ReportOutcome::Refused,
        ),
        (
            plain,
            "delayed",
            "4.4.1",
            "connection timed out",
            ReceivedKind::Delay,
            ReportOutcome::Delayed,
        ),
        (
            plain,
            "delivered",
            "2.0.0",
            "250 ok",
            ReceivedKind::Delivered,
            ReportOutcome::Delivered,
        ),
        (
            plain,
            "relayed",
            "2.0.0",
            "250 ok",
            ReceivedKind::Delivered,
            ReportOutcome::Delivered,
        ),
        (
            "message/global-delivery-status",
            "failed",
            "5.1.1",
            "550 5.1.1 no such user",
            ReceivedKind::Bounce,
            ReportOutcome::Dead,
        ),
    ];
    for (part, action, code, diagnostic, wanted, outcome) in cases {
        let text = status(part, action, code, diagnostic);
        assert_eq!(
            kind(&text),
            (wanted, vec![outcome]),
            "{part} {action} {diagnostic}"
        );
    }
}

#[test]
fn complaints_and_wishes_of_providers_are_told_apart() {
    let feedback = |what: &str| {
        report(
            "feedback-report",
            "message/feedback-report",
            &format!(
                "Feedback-Type: {what}\r\nUser-Agent: x/1\r\nVersion: 1\r\n\
                 Original-Rcpt-To: dana@acme.example\r\n"
            ),
        )
    };
    assert_eq!(
        kind(&feedback("abuse")),
        (ReceivedKind::Complaint, vec![ReportOutcome::Complained])
    );
    assert_eq!(
        kind(&feedback("opt-out")),
        (ReceivedKind::OptOut, vec![ReportOutcome::OptedOut])
    );
    let hotmail = "From: staff@hotmail.com\r\nSubject: complaint about message from 192.0.2.1\r\n\
                   MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
                   --b\r\nContent-Type: message/rfc822\r\n\r\n\
                   X-HmXmrOriginalRecipient: dana@acme.example\r\n\
                   Message-ID: <0@ours.example>\r\nTo: dana@acme.example\r\n\r\nhi\r\n--b--\r\n";
    assert_eq!(
        kind(hotmail),
        (ReceivedKind::Complaint, vec![ReportOutcome::Complained])
    );
}

#[test]
fn a_program_that_obeys_list_unsubscribe_opts_out() {
    let cases = [
        (
            "From: dana@acme.example\r\nSubject: unsubscribe\r\nAuto-Submitted: auto-generated",
            ReceivedKind::OptOut,
        ),
        (
            "From: dana@acme.example\r\nSubject: hi\r\nX-Apple-Unsubscribe: true",
            ReceivedKind::OptOut,
        ),
        (
            "From: dana@acme.example\r\nSubject: unsubscribe\r\nAuto-Submitted: no",
            ReceivedKind::Person,
        ),
        (
            "From: dana@acme.example\r\nSubject: how to unsubscribe\r\nAuto-Submitted: auto-generated",
            ReceivedKind::Notification,
        ),
    ];
    for (headers, wanted) in cases {
        assert_eq!(kind(&letter(headers, "")).0, wanted, "{headers}");
    }
}

#[test]
fn what_programs_send_is_told_from_what_people_write() {
    let receipt = report(
        "disposition-notification",
        "message/disposition-notification",
        "Final-Recipient: rfc822; dana@acme.example\r\n\
         Original-Message-ID: <0@ours.example>\r\n\
         Disposition: manual-action/MDN-sent-manually; displayed\r\n",
    );
    let calendar = letter(
        "From: dana@acme.example\r\nSubject: Accepted: call\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/calendar; method=REPLY",
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR",
    );
    let challenge = letter(
        "From: dana@acme.example\r\nSubject: Please confirm\r\nAuto-Submitted: auto-replied",
        "Please click below to confirm you are human, and your message will be delivered.",
    );
    let newsletter = letter(
        "From: news@acme.example\r\nSubject: May\r\nList-Unsubscribe: <https://acme.example/u>",
        "All about May. To unsubscribe, click the link below.",
    );
    let through_a_list = letter(
        "From: dana@acme.example\r\nSubject: Re: hi\r\nList-Id: <support.acme.example>\r\n\
         In-Reply-To: <0@ours.example>",
        "Please stop writing to us.",
    );
    let cases = [
        (receipt, ReceivedKind::Receipt),
        (calendar, ReceivedKind::Calendar),
        (challenge, ReceivedKind::Challenge),
        (newsletter, ReceivedKind::List),
        (through_a_list, ReceivedKind::List),
    ];
    for (text, wanted) in cases {
        assert_eq!(kind(&text).0, wanted, "{text}");
    }
}
