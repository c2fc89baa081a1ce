//! What is best done next: a table from what a message is, wants and threatens, and what is known
//! of its sender, to one step, a sentence, and how soon.
//!
//! Decides and does nothing: the effects are the record's. What it may do by itself is said in
//! [`NextAction::by_itself`], never more than the link and the sender's authentication carry.

use domain::{Intent, LinkStrength, Step, ThreatClass, Timestamp};
use serde::Serialize;

use crate::intent::{CLEAR_FROM, Wish};
use crate::reading::{AutoReply, Kind, Reading};

/// What is known around a message, from the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct History {
    /// How surely it belongs to mail of ours.
    pub link: LinkStrength,
    /// True if the sender is authenticated and aligned.
    pub is_authenticated: bool,
    /// True if the conversation is in a person's hands.
    pub is_taken_over: bool,
    /// True if an earlier message tainted the conversation.
    pub is_tainted: bool,
    /// When the sender is back, where the mail says so.
    pub returns_at: Option<Timestamp>,
}

/// Something Sendoff does without being asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ByItself {
    /// The dead addresses of the report are suppressed.
    SuppressDead,
    /// Failures that may pass are counted: the third in 14 days suppresses.
    CountSoft,
    /// Whoever complained is suppressed, and the complaint counted.
    SuppressComplainer,
    /// The sender asked to stop, and is suppressed.
    SuppressSender,
    /// Mail to them that waits is cancelled.
    CancelQueued,
    /// Follow-ups wait until they are back.
    MoveFollowUps,
    /// Kept from agents, and the conversation marked.
    Quarantine,
}

/// The recommendation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NextAction {
    /// The step.
    pub what: Step,
    /// Why, in one sentence.
    pub reason: String,
    /// Minutes within which it should be done; 0 where nothing is.
    pub sla_minutes: u32,
    /// For [`Step::WaitUntil`]: the day, if it is known.
    pub until: Option<Timestamp>,
    /// What the record may do by itself.
    pub by_itself: Vec<ByItself>,
}

const SOON: u32 = 60;
const TODAY: u32 = 4 * 60;
const TOMORROW: u32 = 24 * 60;

/// Recommends. The strongest reason wins: a threat, then what machines report, then what the
/// person wants.
pub fn next_action(
    reading: &Reading,
    wish: &Wish,
    threat: ThreatClass,
    history: &History,
) -> NextAction {
    if threat == ThreatClass::High {
        let mut action = step(
            Step::ReviewThreat,
            SOON,
            "it reads like an order to whoever reads mail for you; no agent sees it until a person has looked",
        );
        action.by_itself.push(ByItself::Quarantine);
        // A wish to stop holds, whatever else the message is.
        action
            .by_itself
            .extend(stop_effects(reading, wish, history));
        return action;
    }
    match &reading.kind {
        Kind::Person | Kind::List => person(reading, wish, threat, history),
        Kind::Bounce
        | Kind::Delay
        | Kind::Delivered
        | Kind::Complaint
        | Kind::Unsubscribe
        | Kind::AuthReport
        | Kind::Receipt
        | Kind::AutoReply { .. }
        | Kind::Challenge
        | Kind::Calendar
        | Kind::Notification => machine(reading, history),
    }
}

fn machine(reading: &Reading, history: &History) -> NextAction {
    let is_ours = history.link == LinkStrength::Certain;
    match &reading.kind {
        Kind::Bounce if !is_ours => step(
            Step::None,
            0,
            "a bounce that names no mail of yours; it changes nothing",
        ),
        Kind::Bounce => {
            let is_dead = reading.recipients.iter().any(|one| one.is_dead());
            let is_refused = reading.recipients.iter().any(|one| one.is_refused());
            let (what, reason, effect) = if is_dead {
                (
                    Step::Suppress,
                    "the address is dead",
                    Some(ByItself::SuppressDead),
                )
            } else if is_refused {
                (
                    Step::Stop,
                    "their side refuses our sender or what this mail holds; the address is not to \
                     blame",
                    None,
                )
            } else {
                (
                    Step::Stop,
                    "this mail did not arrive; the address may still be good",
                    Some(ByItself::CountSoft),
                )
            };
            let mut action = step(what, TOMORROW, reason);
            action.by_itself.extend(effect);
            action
        }
        Kind::Complaint => {
            let mut action = step(Step::Suppress, TODAY, "they reported your mail as spam");
            if is_ours {
                action.by_itself = vec![ByItself::SuppressComplainer, ByItself::CancelQueued];
            }
            action
        }
        Kind::Unsubscribe => {
            let mut action = step(
                Step::Suppress,
                TODAY,
                "their provider passes on that they want no more mail",
            );
            if is_ours {
                action.by_itself = vec![ByItself::SuppressSender, ByItself::CancelQueued];
            }
            action
        }
        Kind::AutoReply { auto, .. } => match auto {
            AutoReply::OutOfOffice => {
                let mut action = step(Step::WaitUntil, 0, "they are away");
                action.until = history.returns_at;
                if is_ours && history.returns_at.is_some() {
                    action.by_itself.push(ByItself::MoveFollowUps);
                }
                action
            }
            AutoReply::AddressGone => step(
                Step::UpdateContact,
                TOMORROW,
                "an automatic reply says that this address is read no more",
            ),
            AutoReply::Acknowledgement | AutoReply::Other => {
                step(Step::None, 0, "an automatic reply that asks for nothing")
            }
        },
        Kind::Challenge => step(
            Step::EscalateToPerson,
            TODAY,
            "their system wants a proof that a person wrote; your mail waits until one is given",
        ),
        Kind::Calendar => step(Step::Schedule, TODAY, "an answer to an invitation"),
        Kind::Delay => step(Step::None, 0, "the delivery is late and still being tried"),
        Kind::Delivered | Kind::Receipt => step(Step::None, 0, "a receipt"),
        Kind::AuthReport => step(
            Step::None,
            0,
            "a report about authentication, not a complaint",
        ),
        Kind::Notification | Kind::List | Kind::Person => {
            step(Step::None, 0, "sent by a program about something else")
        }
    }
}

fn person(reading: &Reading, wish: &Wish, threat: ThreatClass, history: &History) -> NextAction {
    let sure = wish.confidence >= 0.7;
    let (what, sla, reason) = match wish.intent {
        Intent::Unsubscribe if is_clear_stop(wish, history) => {
            (Step::Suppress, TODAY, "they asked for no more mail")
        }
        Intent::Unsubscribe => (
            Step::EscalateToPerson,
            TODAY,
            "they seem to ask for no more mail; confirm it with one key",
        ),
        Intent::Legal => (
            Step::EscalateToPerson,
            SOON,
            "lawyers or rights are mentioned",
        ),
        Intent::Security => (
            Step::EscalateToPerson,
            SOON,
            "a leak or an attack is mentioned",
        ),
        _ if reading.kind == Kind::List => (Step::None, 0, "mail of a list"),
        _ if threat == ThreatClass::Medium => (
            Step::EscalateToPerson,
            TODAY,
            "something in it may be aimed at whoever reads mail for you",
        ),
        _ if history.is_taken_over => (
            Step::EscalateToPerson,
            SOON,
            "this conversation is in a person's hands",
        ),
        Intent::Interested => (Step::Reply, SOON, "they are interested"),
        Intent::Meeting => (Step::Schedule, SOON, "they want to meet or name a time"),
        Intent::Question => (Step::AnswerQuestion, TODAY, "they ask something"),
        Intent::NotNow => (Step::WaitUntil, 0, "not now, perhaps later"),
        Intent::NotInterested => (Step::Stop, TOMORROW, "they are not interested"),
        Intent::WrongPerson | Intent::Referral if sure => (
            Step::UpdateContact,
            TOMORROW,
            "somebody else is the one to write to",
        ),
        Intent::WrongPerson | Intent::Referral => (
            Step::EscalateToPerson,
            TOMORROW,
            "perhaps somebody else is the one to write to",
        ),
        Intent::Objection => (Step::Reply, TODAY, "they name a reason against"),
        Intent::Support => (
            Step::EscalateToPerson,
            TODAY,
            "something does not work for them",
        ),
        Intent::Billing => (Step::EscalateToPerson, TODAY, "it is about money"),
        Intent::OutOfOffice => (Step::WaitUntil, 0, "they are away"),
        Intent::Thanks => (Step::None, 0, "they say thanks and ask for nothing"),
        Intent::Unclear => (
            Step::EscalateToPerson,
            TODAY,
            "what they want is not clear from reading",
        ),
    };
    let mut action = step(what, sla, reason);
    if what == Step::WaitUntil {
        action.until = history.returns_at;
    }
    action.by_itself = stop_effects(reading, wish, history);
    if history.is_tainted && !matches!(what, Step::EscalateToPerson | Step::Suppress) {
        action
            .reason
            .push_str("; an earlier message here was suspicious");
    }
    action
}

/// A wish to stop that acts by itself: said clearly, by whom it says it is from or in answer to
/// our own mail.
fn is_clear_stop(wish: &Wish, history: &History) -> bool {
    wish.confidence >= CLEAR_FROM
        && (history.is_authenticated || history.link == LinkStrength::Certain)
}

fn stop_effects(reading: &Reading, wish: &Wish, history: &History) -> Vec<ByItself> {
    let is_stop = reading.kind == Kind::Person
        && wish.intent == Intent::Unsubscribe
        && is_clear_stop(wish, history);
    if is_stop {
        vec![ByItself::SuppressSender, ByItself::CancelQueued]
    } else {
        Vec::new()
    }
}

fn step(what: Step, sla_minutes: u32, reason: &str) -> NextAction {
    NextAction {
        what,
        reason: reason.to_owned(),
        sla_minutes,
        until: None,
        by_itself: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Action, Cause, Recipient};

    fn reading(kind: Kind) -> Reading {
        Reading {
            kind,
            recipients: Vec::new(),
            original_message_id: None,
            evidence: Vec::new(),
        }
    }

    fn bounce(cause: Cause) -> Reading {
        let recipients = vec![Recipient {
            address: "a@b.example".to_owned(),
            original_address: None,
            action: Action::Failed,
            status: None,
            diagnostic: None,
            cause,
        }];
        Reading {
            recipients,
            ..reading(Kind::Bounce)
        }
    }

    fn wish(intent: Intent, confidence: f32) -> Wish {
        Wish {
            intent,
            confidence,
            ..Wish::nothing()
        }
    }

    fn history(link: LinkStrength, is_authenticated: bool) -> History {
        History {
            link,
            is_authenticated,
            is_taken_over: false,
            is_tainted: false,
            returns_at: None,
        }
    }

    #[test]
    fn a_stop_acts_by_itself_only_if_it_is_clear_and_theirs() {
        use LinkStrength::{Certain, Guess, None as Unlinked};
        let cases = [
            (0.95, Certain, false, Step::Suppress, true),
            (0.95, Unlinked, true, Step::Suppress, true),
            (0.95, Guess, false, Step::EscalateToPerson, false),
            (0.95, Unlinked, false, Step::EscalateToPerson, false),
            (0.75, Certain, true, Step::EscalateToPerson, false),
        ];
        for (confidence, link, authenticated, what, acts) in cases {
            let action = next_action(
                &reading(Kind::Person),
                &wish(Intent::Unsubscribe, confidence),
                ThreatClass::Low,
                &history(link, authenticated),
            );
            assert_eq!(action.what, what, "{confidence} {link:?} {authenticated}");
            assert_eq!(
                action.by_itself.contains(&ByItself::SuppressSender),
                acts,
                "{confidence} {link:?} {authenticated}"
            );
        }
    }

    #[test]
    fn only_a_dead_address_of_our_own_mail_is_suppressed_and_only_its_own_faults_count() {
        let cases = [
            (
                Cause::UserUnknown,
                LinkStrength::Certain,
                vec![ByItself::SuppressDead],
            ),
            (
                Cause::MailboxFull,
                LinkStrength::Certain,
                vec![ByItself::CountSoft],
            ),
            (Cause::Blocked, LinkStrength::Certain, vec![]),
            (Cause::Spam, LinkStrength::Certain, vec![]),
            (Cause::UserUnknown, LinkStrength::None, vec![]),
            (Cause::UserUnknown, LinkStrength::Guess, vec![]),
        ];
        for (cause, link, effects) in cases {
            let action = next_action(
                &bounce(cause),
                &Wish::nothing(),
                ThreatClass::Low,
                &history(link, false),
            );
            assert_eq!(action.by_itself, effects, "{cause:?} {link:?}");
        }
    }

    #[test]
    fn a_threat_goes_to_a_person_and_a_stop_in_it_still_holds() {
        let action = next_action(
            &reading(Kind::Person),
            &wish(Intent::Unsubscribe, 0.95),
            ThreatClass::High,
            &history(LinkStrength::Certain, true),
        );
        assert_eq!(action.what, Step::ReviewThreat);
        assert_eq!(
            action.by_itself,
            [
                ByItself::Quarantine,
                ByItself::SuppressSender,
                ByItself::CancelQueued
            ]
        );
        let action = next_action(
            &reading(Kind::Person),
            &wish(Intent::Interested, 0.9),
            ThreatClass::Medium,
            &history(LinkStrength::Certain, true),
        );
        assert_eq!(action.what, Step::EscalateToPerson);
    }

    #[test]
    fn every_intent_has_a_step_and_a_reason() {
        for intent in Intent::ALL {
            let action = next_action(
                &reading(Kind::Person),
                &wish(*intent, 0.9),
                ThreatClass::Low,
                &history(LinkStrength::Certain, true),
            );
            assert!(!action.reason.is_empty(), "{intent:?}");
        }
    }
}
