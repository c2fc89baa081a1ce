//! What an outcome means: try again when, or give up, and what the agent should do meanwhile.
//! Pure: chooses, and touches nothing.

use domain::delivery::Phase;
use domain::{Decision, Next, NextClass, Outcome, RecipientState, Span, State, Timestamp, limits};
use store::{Retry, SubmissionRow};

/// Waits between tries, in seconds; the last one repeats. Postfix and RFC 5321 (4.5.4.1) wait
/// longer between tries; a person is looking at this queue.
const BACKOFF_SECONDS: [i64; 8] = [30, 60, 120, 300, 900, 1_800, 3_600, 7_200];

/// When a failed try is repeated, or why it is not.
///
/// `number` is 1 for the first try; `chance` spreads retries by up to a fifth either way, so that
/// a hundred messages do not come back in the same second.
pub(crate) fn retry(
    outcome: &Outcome,
    number: u32,
    tried_since: Timestamp,
    now: Timestamp,
    chance: u8,
) -> Retry {
    if let Some(reason) = for_good(outcome) {
        return Retry::GiveUp(reason);
    }
    let due = now + backoff(number, chance);
    if due.since(tried_since) > limits::DELIVERY_GIVE_UP {
        let reason = match last_words(outcome) {
            Some(words) => format!("given up after 48 h; the relay said: {words}"),
            None => "given up after 48 h without a relay that takes it".to_owned(),
        };
        return Retry::GiveUp(reason);
    }
    Retry::At(due)
}

/// How long to wait before try `number + 1`.
pub(crate) fn backoff(number: u32, chance: u8) -> Span {
    let index = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let seconds = BACKOFF_SECONDS
        .get(index)
        .or(BACKOFF_SECONDS.last())
        .copied()
        .unwrap_or(30);
    // From 80 % at chance 0 to 120 % at chance 255.
    let permille = 800 + i64::from(chance) * 400 / 255;
    Span::from_millis(seconds * permille)
}

/// Why it is no use to try again, if it is none. A refused login is the operator's to mend, not
/// the message's fault: it is tried again.
fn for_good(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::NotAccepted {
            phase,
            reply: Some(reply),
            reason,
        } => match phase {
            Phase::MailFrom | Phase::RcptTo | Phase::Data if reply.code >= 500 => {
                Some(reason.clone())
            }
            Phase::MailFrom | Phase::RcptTo | Phase::Data | Phase::Connect | Phase::Auth => None,
        },
        Outcome::NotAccepted { reply: None, .. } | Outcome::Unanswered { .. } => None,
        Outcome::Answered { recipients } => {
            let refused = recipients
                .iter()
                .find(|r| r.state == RecipientState::Refused)?;
            let words = refused
                .reply
                .as_ref()
                .map_or("no reason given", |reply| &reply.text);
            Some(format!("the relay refused {}: {words}", refused.address)).filter(|_| {
                !recipients
                    .iter()
                    .any(|r| r.state == RecipientState::Deferred)
            })
        }
    }
}

fn last_words(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::NotAccepted { reason, .. } | Outcome::Unanswered { reason, .. } => {
            Some(reason.clone())
        }
        Outcome::Answered { recipients } => recipients
            .iter()
            .find(|r| r.state == RecipientState::Deferred)
            .and_then(|r| r.reply.as_ref())
            .map(|reply| format!("{} {}", reply.code, reply.text)),
    }
}

/// What the agent should do, for where its submission stands now: what the decision said, word for
/// word, until something happened since.
pub fn next_step(row: &SubmissionRow, latest: &Decision) -> Next {
    if stands_as_judged(&row.state, latest) {
        return latest.next.clone();
    }
    let poll = Some(format!(
        "/v1/submissions/{}?wait={}",
        row.id,
        limits::WAIT_SECONDS_MAX
    ));
    let next = |class: NextClass, not_before: Option<Timestamp>, message: String| Next {
        class,
        not_before,
        poll: poll.clone(),
        fix: Vec::new(),
        would_pass: Vec::new(),
        message,
    };
    match &row.state {
        State::Observed | State::Blocked => latest.next.clone(),
        State::Held { .. } => {
            let said = "Waiting for a person; do not send it again.".to_owned();
            next(NextClass::NeedsPerson, None, said)
        }
        State::Deferred { not_before } => {
            let said = format!("It leaves by itself at {not_before}; do not send it again.");
            next(NextClass::Wait, Some(*not_before), said)
        }
        State::Queued { due } => next(
            NextClass::Done,
            Some(*due),
            "Queued; it leaves by itself.".to_owned(),
        ),
        State::Sending { .. } => next(NextClass::Done, None, "It is being sent.".to_owned()),
        State::Sent { .. } => next(NextClass::Done, None, "The relay has taken it.".to_owned()),
        State::Uncertain { .. } => {
            let said = "The relay may have taken it; a person settles it. Do not send it again.";
            next(NextClass::NeedsPerson, None, said.to_owned())
        }
        State::Bounced { .. } => next(
            NextClass::Never,
            None,
            "It came back; do not send it again.".to_owned(),
        ),
        State::Rejected { reason } => next(
            NextClass::Never,
            None,
            format!("A person refused it: {reason}"),
        ),
        State::Expired => {
            let said =
                "Its time ran out before it could leave; ask again if it still matters.".to_owned();
            next(NextClass::RetryAfter, None, said)
        }
        State::Cancelled => next(NextClass::Done, None, "It was taken back.".to_owned()),
        State::Failed { reason } => next(
            NextClass::Never,
            None,
            format!("It could not be delivered: {reason}"),
        ),
    }
}

/// True while a submission is where its decision put it.
fn stands_as_judged(state: &State, decision: &Decision) -> bool {
    let epoch = Timestamp::default();
    match (state, State::judged(decision, epoch, epoch)) {
        (
            State::Deferred { not_before },
            State::Deferred {
                not_before: promised,
            },
        ) => *not_before == promised,
        // Later than promised: it was tried, and is tried again.
        (State::Queued { due }, State::Queued { .. }) => {
            decision.slot.is_some_and(|slot| *due <= slot)
        }
        (state, judged) => state.name() == judged.name(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{RecipientOutcome, SmtpReply};

    use super::*;

    const T: Timestamp = Timestamp::from_seconds(1_000_000);

    fn not_accepted(phase: Phase, code: Option<u16>) -> Outcome {
        let reply = code.map(|code| SmtpReply {
            code,
            enhanced: None,
            text: "no".into(),
        });
        Outcome::NotAccepted {
            phase,
            reply,
            reason: "why".into(),
        }
    }

    fn answered(states: &[RecipientState]) -> Outcome {
        let row = |(n, state): (usize, &RecipientState)| RecipientOutcome {
            address: format!("r{n}@x.example").parse().unwrap(),
            state: *state,
            reply: Some(SmtpReply {
                code: 450,
                enhanced: None,
                text: "later".into(),
            }),
        };
        Outcome::Answered {
            recipients: states.iter().enumerate().map(row).collect(),
        }
    }

    #[test]
    fn what_the_message_cannot_help_is_tried_again_and_what_it_can_is_not() {
        let tried_again =
            |outcome: Outcome| matches!(retry(&outcome, 1, T, T, 0), Retry::At(at) if at > T);
        assert!(tried_again(not_accepted(Phase::Connect, None)));
        assert!(tried_again(not_accepted(Phase::Connect, Some(554))));
        assert!(tried_again(not_accepted(Phase::Auth, Some(535))));
        assert!(tried_again(not_accepted(Phase::Data, Some(451))));
        assert!(!tried_again(not_accepted(Phase::MailFrom, Some(550))));
        assert!(!tried_again(not_accepted(Phase::Data, Some(552))));
        assert!(tried_again(answered(&[
            RecipientState::Accepted,
            RecipientState::Deferred
        ])));
        assert!(tried_again(answered(&[
            RecipientState::Refused,
            RecipientState::Deferred
        ])));
        assert!(!tried_again(answered(&[RecipientState::Refused])));
    }

    #[test]
    fn after_48_hours_it_is_given_up_with_the_relays_words() {
        let outcome = answered(&[RecipientState::Deferred]);
        let late = T + Span::from_hours(47);
        assert_eq!(
            retry(&outcome, 20, T, late, 128),
            Retry::GiveUp("given up after 48 h; the relay said: 450 later".into())
        );
    }

    #[test]
    fn waits_grow_and_spread_by_a_fifth() {
        assert_eq!(backoff(1, 0), Span::from_seconds(24));
        assert_eq!(backoff(1, 255), Span::from_seconds(36));
        assert!(backoff(3, 0) > backoff(2, 255));
        assert_eq!(backoff(100, 0), backoff(8, 0));
    }
}
