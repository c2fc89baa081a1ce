//! What a received message does to the record: which addresses are suppressed, counted or noted,
//! and what a person reads about it.
//!
//! Pure. Each function adds the effects of one kind of news; [`super::plan`] says which are heard.

use domain::received::{
    BounceMeans, Effect, Received, ReceivedKind, Report, ReportOutcome, Standing,
};
use domain::{Address, Intent};
use triage::ByItself;

/// Soft bounces within the store's window after which an address is given up.
const SOFT_BOUNCES_MAX: u32 = 3;
/// From this confidence in basis points a "no" counts against the agent that wrote.
const CLEAR_NO: u16 = 7_000;

/// What a report says of recipients it names rightly.
pub(super) fn reported(
    read: &Received,
    standing: &Standing,
    effects: &mut Vec<Effect>,
    done: &mut Vec<String>,
) {
    if read.kind == ReceivedKind::Complaint && read.reports.is_empty() {
        effects.push(Effect::Negative { what: "complaint" });
        done.push("somebody complained, and the report does not say who".to_owned());
    }
    let softs = standing.soft_bounces.iter().copied();
    for ((report, named), softs) in read.reports.iter().zip(&standing.reported).zip(softs) {
        let Some(address) = named.clone() else {
            done.push("its report names nobody we wrote to; it changes no delivery".to_owned());
            continue;
        };
        let why = [report.status.as_deref(), report.diagnostic.as_deref()];
        let why: Vec<&str> = why.into_iter().flatten().collect();
        let why = why.join(" ");
        match report.outcome {
            ReportOutcome::Dead => effects.push(Effect::Bounced {
                address,
                means: BounceMeans::Dead,
                said: format!("a delivery report says that this address is dead: {why}"),
            }),
            ReportOutcome::Failed => effects.push(Effect::Bounced {
                address,
                means: if softs.saturating_add(1) >= SOFT_BOUNCES_MAX {
                    BounceMeans::WornOut
                } else {
                    BounceMeans::Soft
                },
                said: format!("a delivery report says that it did not arrive: {why}"),
            }),
            ReportOutcome::Refused => effects.push(Effect::Bounced {
                address,
                means: BounceMeans::Refused,
                said: format!("a delivery report says that their side refused it: {why}"),
            }),
            ReportOutcome::Delivered => effects.push(Effect::Arrived { address }),
            ReportOutcome::Complained => {
                effects.push(Effect::Complained { address });
                effects.push(Effect::Negative { what: "complaint" });
            }
            ReportOutcome::OptedOut => effects.push(Effect::OptedOut {
                address,
                said: "their provider passes on that they want no more mail".to_owned(),
            }),
            ReportOutcome::Delayed => {}
        }
    }
}

/// A mail program's wish to stop on behalf of its reader, where no report of it is heard: acts by
/// itself only for a sender who is proven. True if it waits for a person.
pub(super) fn asked_by_program(
    read: &Received,
    is_sender_proven: bool,
    sender: &Address,
    effects: &mut Vec<Effect>,
) -> bool {
    if effects.iter().any(is_opt_out) {
        return false;
    }
    let is_theirs = |report: &Report| {
        let named: Option<Address> = report.address.parse().ok();
        named.is_some_and(|named| named.folded() == sender.folded())
    };
    let asks = read.kind == ReceivedKind::OptOut && read.reports.iter().any(is_theirs);
    let address = sender.clone();
    match (asks, is_sender_proven) {
        (false, _) => {}
        (true, true) => effects.push(Effect::OptedOut {
            address,
            said: "their mail program asks for no more mail on their behalf".to_owned(),
        }),
        (true, false) => effects.push(Effect::OptOutToConfirm { address }),
    }
    asks && !is_sender_proven
}

pub(super) fn is_opt_out(effect: &Effect) -> bool {
    match effect {
        Effect::OptedOut { .. } => true,
        Effect::Wrote { .. }
        | Effect::Bounced { .. }
        | Effect::Arrived { .. }
        | Effect::Complained { .. }
        | Effect::OptOutToConfirm { .. }
        | Effect::Away { .. }
        | Effect::Negative { .. } => false,
    }
}

/// A person's wish to stop: acts by itself, or waits for a person. True if it waits.
pub(super) fn stop(
    read: &Received,
    by_itself: &[ByItself],
    is_sender_proven: bool,
    address: &Address,
    effects: &mut Vec<Effect>,
) -> bool {
    if read.kind != ReceivedKind::Person || read.intent != Intent::Unsubscribe {
        return false;
    }
    let address = address.clone();
    if by_itself.contains(&ByItself::SuppressSender) && is_sender_proven {
        effects.push(Effect::OptedOut {
            address,
            said: "they asked for no more mail".to_owned(),
        });
        effects.push(Effect::Negative {
            what: "unsubscribe",
        });
        return false;
    }
    effects.push(Effect::OptOutToConfirm { address });
    true
}

/// What follows from who wrote.
pub(super) fn personal(
    read: &Received,
    proven: bool,
    is_sender_proven: bool,
    address: &Address,
    effects: &mut Vec<Effect>,
) {
    match read.kind {
        ReceivedKind::Person | ReceivedKind::Calendar => {
            effects.push(Effect::Wrote {
                address: address.clone(),
                proven: is_sender_proven,
            });
            let says_no = read.intent == Intent::NotInterested && read.confidence >= CLEAR_NO;
            if says_no && proven {
                effects.push(Effect::Negative {
                    what: "not_interested",
                });
            }
        }
        ReceivedKind::OutOfOffice => {
            // Anybody can answer in their name, and nobody should move their mail for months.
            if let (true, Some(until)) = (is_sender_proven, read.returns_at) {
                effects.push(Effect::Away {
                    address: address.clone(),
                    until,
                });
            }
        }
        ReceivedKind::Bounce
        | ReceivedKind::Delay
        | ReceivedKind::Delivered
        | ReceivedKind::Complaint
        | ReceivedKind::OptOut
        | ReceivedKind::AuthReport
        | ReceivedKind::Receipt
        | ReceivedKind::AddressGone
        | ReceivedKind::AutoReply
        | ReceivedKind::Challenge
        | ReceivedKind::Notification
        | ReceivedKind::List
        | ReceivedKind::TooLarge => {}
    }
}

/// What a person reads about an effect.
pub(super) fn said(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Bounced { address, means, .. } => Some(match means {
            BounceMeans::Dead => format!("suppressed {address}: the address is dead"),
            BounceMeans::WornOut => format!("suppressed {address}: three bounces in 14 days"),
            BounceMeans::Soft => format!("counted a bounce of {address}"),
            BounceMeans::Refused => format!(
                "their side refused our sender or this message; {address} itself may be fine, \
                 so nothing was counted against it"
            ),
        }),
        Effect::Arrived { address } => Some(format!("noted that {address} has it")),
        Effect::Complained { address } => Some(format!("suppressed {address}: they complained")),
        Effect::OptedOut { address, .. } => Some(format!(
            "suppressed {address} and cancelled what waited for them"
        )),
        Effect::Away { until, .. } => Some(format!(
            "moved what waits for them to their return, {until}"
        )),
        // A complaint and a wish to stop are said above, with what was done for them.
        Effect::Negative {
            what: "not_interested",
        } => Some("counted their no for the agent that wrote to them".to_owned()),
        Effect::OptOutToConfirm { .. } | Effect::Wrote { .. } | Effect::Negative { .. } => None,
    }
}
