//! What the engine says, in reply codes. A verdict that waits is a success: the message is taken,
//! and nobody should send it again.

use domain::{Code, NextClass, Problem, State, SubmissionId, Verdict};
use engine::Submitted;

use crate::reply::Reply;

/// The reply to a message that was judged.
pub(crate) fn submitted(answer: &Submitted) -> Reply {
    let id = answer.row.id;
    if answer.replayed
        && let Some(reply) = since_then(id, &answer.row.state)
    {
        return reply;
    }
    let decision = &answer.decision.decision;
    let primary = decision.primary();
    let why = primary.map(|finding| finding.sentence.trim_end_matches('.'));
    if decision.observed_only {
        return ok(format!(
            "observed as {id}: nothing was sent, this agent only observes"
        ));
    }
    match decision.verdict {
        Verdict::Allow => ok(format!("queued as {id}")),
        Verdict::Hold => ok(format!(
            "held as {id} ({})",
            why.unwrap_or("a person decides")
        )),
        Verdict::Defer => ok(format!(
            "deferred as {id} ({})",
            why.unwrap_or("it waits for its slot")
        )),
        Verdict::Block => {
            let rule = primary.map_or("blocked", |finding| engine::told_code(&finding.rule));
            let why = why.unwrap_or("the policy does not let it go");
            match rule {
                // The first one stands: a program that sends again has nothing to mend.
                "duplicate" => ok(format!("nothing new was made: {why}")),
                rule => {
                    let said = format!("{rule}: {why} ({id})");
                    match answer.next.class {
                        NextClass::RetryAfter => later(said),
                        NextClass::Done
                        | NextClass::Wait
                        | NextClass::NeedsPerson
                        | NextClass::FixAndResubmit
                        | NextClass::Never => refused(said),
                    }
                }
            }
        }
    }
}

/// What became of a message since it was first asked, where that is more than waiting.
fn since_then(id: SubmissionId, state: &State) -> Option<Reply> {
    match state {
        State::Rejected { reason } => {
            Some(refused(format!("rejected by a person: {reason} ({id})")))
        }
        State::Failed { reason } => Some(refused(format!("failed: {reason} ({id})"))),
        State::Expired => Some(refused(format!("expired: nobody decided in time ({id})"))),
        State::Cancelled => Some(refused(format!("cancelled: it was taken back ({id})"))),
        State::Sending { .. }
        | State::Sent { .. }
        | State::Uncertain { .. }
        | State::Bounced { .. } => Some(ok(format!("{} as {id}: asked before", state.name()))),
        State::Observed
        | State::Held { .. }
        | State::Deferred { .. }
        | State::Queued { .. }
        | State::Blocked => None,
    }
}

/// Problems with a reply code of their own; every other is a 550 5.7.1.
#[rustfmt::skip] // a table: one line each
const OWN_CODES: [(Code, u16, &str); 12] = [
    (Code::MalformedMessage,  554, "5.6.0"),
    (Code::HeaderInjection,   554, "5.6.0"),
    (Code::InvalidAttachment, 554, "5.6.0"),
    (Code::Unauthenticated,   535, "5.7.8"),
    (Code::TokenEnded,        535, "5.7.8"),
    (Code::TooManyRequests,   450, "4.7.1"),
    (Code::TooManyRecipients, 452, "4.5.3"),
    (Code::BodyTooLarge,      552, "5.3.4"),
    (Code::Internal,          451, "4.3.0"),
    (Code::StoreUnavailable,  451, "4.3.0"),
    (Code::VaultUnavailable,  451, "4.3.0"),
    (Code::ShuttingDown,      451, "4.3.0"),
];

/// The reply to a message that was not judged.
pub(crate) fn problem(problem: &Problem) -> Reply {
    let said = format!("{}: {}", problem.code.as_str(), problem.detail);
    match OWN_CODES.iter().find(|row| row.0 == problem.code) {
        Some((_, code, enhanced)) => Reply::new(*code, enhanced, said),
        None => refused(said),
    }
}

/// The reply to a login that failed. What is not the login's fault has a code of its own (RFC 4954,
/// section 6), or programs ask their person for another password.
pub(crate) fn login(refused: &Problem) -> Reply {
    let reply = problem(refused);
    match reply.code {
        400..=499 => Reply::new(
            454,
            "4.7.0",
            format!("{}: {}", refused.code.as_str(), refused.detail),
        ),
        _ => reply,
    }
}

fn ok(text: String) -> Reply {
    Reply::new(250, "2.0.0", format!("Ok: {text}"))
}

/// A block that passes by itself: the same message may come again, under the same Message-ID.
fn later(text: String) -> Reply {
    Reply::new(450, "4.7.1", text)
}

fn refused(text: String) -> Reply {
    Reply::new(550, "5.7.1", text)
}
