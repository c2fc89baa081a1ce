//! The conversation of one attempt with its relay, as far as the record keeps it: how far it got,
//! and every reply. Passwords and message bytes were never kept.

use domain::delivery::{Phase, RecipientOutcome};
use domain::{Attempt, Outcome, RecipientState, SmtpReply};

use crate::view::DialogueLine;
use crate::words;

/// The steps that come before the end of the message, in their order.
const STEPS: [(Phase, &str); 5] = [
    (Phase::Connect, "connect, TLS, EHLO"),
    (Phase::Auth, "AUTH"),
    (Phase::MailFrom, "MAIL FROM"),
    (Phase::RcptTo, "RCPT TO"),
    (Phase::Data, "DATA"),
];
const DOT: &str = "message and last dot";

/// What was said, in order.
pub(crate) fn of(attempt: &Attempt) -> Vec<DialogueLine> {
    match &attempt.outcome {
        None => attempt
            .final_dot_at
            .map(|_| line(DOT, None, true))
            .into_iter()
            .collect(),
        Some(Outcome::Answered { recipients }) => {
            let mut lines = reached(Phase::RcptTo);
            lines.extend(recipients.iter().map(recipient));
            if recipients
                .iter()
                .any(|one| one.state == RecipientState::Accepted)
            {
                lines.push(line("DATA", None, true));
                lines.push(line(DOT, None, true));
            }
            lines
        }
        Some(Outcome::NotAccepted {
            phase,
            reply,
            reason,
        }) => {
            let mut lines = reached(*phase);
            let answer = reply.as_ref().map(said);
            let step = STEPS
                .iter()
                .find(|(each, _)| each == phase)
                .map_or("", |(_, step)| *step);
            lines.push(line(
                step,
                answer.or_else(|| Some(words::sentence(reason))),
                false,
            ));
            lines
        }
        Some(Outcome::Unanswered { maybe, refused, .. }) => {
            let mut lines = reached(Phase::RcptTo);
            lines.extend(refused.iter().map(recipient));
            lines.extend(
                maybe
                    .iter()
                    .map(|address| line(&format!("RCPT TO:<{address}>"), None, true)),
            );
            lines.push(line("DATA", None, true));
            lines.push(line(DOT, Some("no answer came".to_owned()), false));
            lines
        }
    }
}

/// The steps that went well before `phase`.
fn reached(phase: Phase) -> Vec<DialogueLine> {
    STEPS
        .iter()
        .take_while(|(each, _)| *each != phase)
        .filter(|(each, _)| *each != Phase::RcptTo)
        .map(|(_, step)| line(step, None, true))
        .collect()
}

fn recipient(one: &RecipientOutcome) -> DialogueLine {
    let ok = match one.state {
        RecipientState::Accepted | RecipientState::Open => true,
        RecipientState::Deferred
        | RecipientState::Refused
        | RecipientState::Uncertain
        | RecipientState::Bounced => false,
    };
    line(
        &format!("RCPT TO:<{}>", one.address),
        one.reply.as_ref().map(said),
        ok,
    )
}

/// A reply as a line of its own, without the marks it wears inside a sentence.
fn said(reply: &SmtpReply) -> String {
    words::reply(reply).trim_matches('`').to_owned()
}

fn line(step: &str, reply: Option<String>, ok: bool) -> DialogueLine {
    DialogueLine {
        step: step.to_owned(),
        reply,
        ok,
    }
}

#[cfg(test)]
mod tests {
    use domain::{AttemptId, SubmissionId, Timestamp};

    use super::*;

    fn attempt(outcome: Option<Outcome>) -> Vec<String> {
        let id: AttemptId = "att_00000000000000000000000000000001".parse().unwrap();
        let submission: SubmissionId = "sub_00000000000000000000000000000001".parse().unwrap();
        let at = Timestamp::from_seconds(0);
        let attempt = Attempt {
            id,
            submission,
            number: 1,
            started_at: at,
            final_dot_at: None,
            ended_at: Some(at),
            outcome,
        };
        of(&attempt)
            .into_iter()
            .map(|l| {
                format!(
                    "{}{}: {}",
                    if l.ok { "" } else { "!" },
                    l.step,
                    l.reply.unwrap_or_default()
                )
            })
            .collect()
    }

    fn one(address: &str, state: RecipientState, code: u16) -> RecipientOutcome {
        let reply = Some(SmtpReply {
            code,
            enhanced: None,
            text: "so".to_owned(),
        });
        RecipientOutcome {
            address: address.parse().unwrap(),
            state,
            reply,
        }
    }

    #[test]
    fn each_recipients_reply_stands_where_it_was_said() {
        let recipients = vec![
            one("a@x.example", RecipientState::Accepted, 250),
            one("b@x.example", RecipientState::Refused, 550),
        ];
        assert_eq!(
            attempt(Some(Outcome::Answered { recipients })),
            [
                "connect, TLS, EHLO: ",
                "AUTH: ",
                "MAIL FROM: ",
                "RCPT TO:<a@x.example>: 250 so",
                "!RCPT TO:<b@x.example>: 550 so",
                "DATA: ",
                "message and last dot: ",
            ]
        );
    }

    #[test]
    fn what_was_not_reached_is_not_told() {
        let outcome = Outcome::NotAccepted {
            phase: Phase::Auth,
            reply: None,
            reason: "the password is wrong".to_owned(),
        };
        assert_eq!(
            attempt(Some(outcome)),
            ["connect, TLS, EHLO: ", "!AUTH: The password is wrong."]
        );
        assert!(attempt(None).is_empty());
    }
}
