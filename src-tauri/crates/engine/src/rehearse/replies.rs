//! Answers of the rehearsal: what [`repliers`] write comes in after a while, by the way all mail
//! comes in.
//!
//! What is under way lives in this process alone: a restart forgets it, as the relay forgets what
//! it took.

use domain::{Address, Span, Timestamp};
use mail::transport::Rehearsed;
use mail::transport::rehearsal::repliers::{self, Manner};
use tokio_util::sync::CancellationToken;

use crate::open::Engine;

/// Answers under way; what would be one more is not written.
const UNDER_WAY_MAX: usize = 1_000;
/// How long the report takes that a message everybody took was not delivered after all.
const BOUNCES_AFTER: Span = Span::from_seconds(10);

/// An answer under way.
struct UnderWay {
    due: Timestamp,
    manner: Manner,
    who: Address,
    mail: Rehearsed,
}

/// Answers what the rehearsal relay takes, until told to stop.
pub(crate) async fn reply(engine: Engine, stop: CancellationToken) {
    let mut taken = 0;
    let mut under_way: Vec<UnderWay> = Vec::new();
    while !stop.is_cancelled() {
        let now = engine.now();
        let (count, fresh) = engine.inner.rehearsal.after(taken);
        taken = count;
        under_way.extend(fresh.iter().flat_map(|mail| answers(mail, now)));
        under_way.truncate(UNDER_WAY_MAX);
        under_way.sort_by_key(|one| one.due);
        let due = under_way.partition_point(|one| one.due <= now);
        for one in under_way.drain(..due) {
            arrive(&engine, one).await;
        }
        let wake = under_way.first().map(|one| one.due);
        let due = async {
            match wake {
                Some(at) => engine.inner.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = due => {}
            () = engine.inner.rehearsal.taken() => {}
        }
    }
}

/// Who will answer this message, and when.
fn answers(mail: &Rehearsed, now: Timestamp) -> Vec<UnderWay> {
    let of = |who: &Address| {
        let (after, manner) = match mail.bounces_later {
            true => (BOUNCES_AFTER, Manner::Bounce),
            false => repliers::replier_of(who).map(|one| (one.after, one.manner))?,
        };
        Some(UnderWay {
            due: now + after,
            manner,
            who: who.clone(),
            mail: mail.clone(),
        })
    };
    mail.rcpt_to.iter().filter_map(of).collect()
}

async fn arrive(engine: &Engine, one: UnderWay) {
    let seed = engine.inner.ids.secret();
    let Some(bytes) = repliers::answer(one.manner, &one.mail, &one.who, engine.now(), &seed) else {
        return;
    };
    // The mailbox may be gone, or be a real one by now: then nothing comes.
    if let Err(problem) = engine.rehearse_received(&one.mail.mail_from, bytes).await {
        tracing::warn!(%problem, who = %one.who, "an answer of the rehearsal did not arrive");
    }
}
