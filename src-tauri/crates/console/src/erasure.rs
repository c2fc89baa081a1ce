//! Taking out on purpose: a contact on request, and what is older than it is to be kept.

use domain::{Code, Problem, Timestamp};
use engine::{Gone, Kept, Naming, OlderCopies, OlderCopy, RETENTION_DAYS_MAX};
use serde::Deserialize;
use ts_rs::TS;

use crate::args::{self, NoArgs};
use crate::people::ByAddress;
use crate::table::Desk;
use crate::view::{CopyView, ErasureView, RetentionView};
use crate::words::many;

/// What an erasure of this address would take. Reading it loosens nothing.
pub(crate) async fn naming(desk: &Desk<'_>, args: ByAddress) -> Result<ErasureView, Problem> {
    let whom = args::address(&args.address, "/address")?;
    let naming = desk.engine.naming(&whom).await?;
    let copies = desk.engine.older_copies().await?;
    Ok(view(whom.to_string(), &naming, &copies))
}

/// Erases them.
pub(crate) async fn erase(desk: &Desk<'_>, args: ByAddress) -> Result<ErasureView, Problem> {
    let whom = args::address(&args.address, "/address")?;
    let erased = desk.engine.erase(&whom).await?;
    let copies = desk.engine.older_copies().await?;
    Ok(ErasureView {
        late: erased.late,
        ..view(whom.to_string(), &erased.naming, &copies)
    })
}

fn view(address: String, naming: &Naming, copies: &OlderCopies) -> ErasureView {
    ErasureView {
        text: in_words(naming),
        is_nothing: naming.is_nothing(),
        address,
        sent: naming.sent,
        received: naming.received,
        conversations: naming.conversations,
        attachments: naming.attachments,
        waiting: naming.waiting,
        under_way: naming.under_way,
        shared: naming.shared,
        suppressed: naming.suppressions > 0,
        policies: naming.policies,
        octets: naming.octets,
        copies_text: copies_in_words(copies),
        copies: copies.named.iter().map(copy_view).collect(),
        damaged_text: damaged_in_words(naming.unread),
        late: None,
    }
}

/// What nobody could look into.
fn damaged_in_words(unread: u64) -> String {
    match unread {
        0 => String::new(),
        1 => "1 received message is damaged and cannot be looked into: if it names them, that \
              stays; `sendoff verify` says which it is"
            .to_owned(),
        n => format!(
            "{n} received messages are damaged and cannot be looked into: if they name them, that \
             stays; `sendoff verify` says which they are"
        ),
    }
}

pub(crate) fn copy_view(copy: &OlderCopy) -> CopyView {
    CopyView {
        form: copy.row.form.clone(),
        at: copy.row.at.to_string(),
        to: copy.row.to.clone(),
        is_there: copy.is_there,
    }
}

/// What is to be done about copies from before.
fn copies_in_words(copies: &OlderCopies) -> String {
    let named = copies.named.len();
    let named_there = copies.named.iter().filter(|copy| copy.is_there).count();
    let there = named_there + copies.more_there;
    let moved = named - named_there + copies.more_gone;
    match copies.more_there + copies.more_gone {
        0 => of_copies(there, moved),
        more => format!(
            "{}; {more} of them are not named here: look for `copied` in the journal",
            of_copies(there, moved)
        ),
    }
}

fn of_copies(there: usize, moved: usize) -> String {
    let of_there = match there {
        0 => String::new(),
        1 => "1 copy taken before keeps what it holds: delete it, or erase them again in it if it \
              is ever restored"
            .to_owned(),
        n => format!(
            "{n} copies taken before keep what they hold: delete them, or erase them again in one \
             that is restored"
        ),
    };
    let of_moved = match moved {
        0 => return of_there,
        1 => {
            "1 copy is no longer where it was put; if it was moved, the same goes for it".to_owned()
        }
        n => format!(
            "{n} copies are no longer where they were put; if they were moved, the same goes for them"
        ),
    };
    match there {
        0 => of_moved,
        _ => format!("{of_there}; {of_moved}"),
    }
}

/// `3 sent messages, 2 received messages, 1 conversation, 4 files`.
fn in_words(naming: &Naming) -> String {
    if naming.is_nothing() {
        return "nothing here names them".to_owned();
    }
    format!(
        "{}, {}, {}, {}",
        many(naming.sent, "sent message"),
        many(naming.received, "received message"),
        many(naming.conversations, "conversation"),
        many(naming.attachments, "file"),
    )
}

/// What was taken out of a message, in one sentence.
pub(crate) fn gone_words(gone: Gone, at: Timestamp) -> String {
    let at = at.to_string();
    let day = at.split('T').next().unwrap_or_default();
    match gone {
        Gone::Erased => {
            format!("What it said was erased on {day}, with everything about a contact it named.")
        }
        Gone::Aged(Kept::Bodies) => {
            format!("Its text is not kept any longer; it went on {day}, by your retention.")
        }
        Gone::Aged(Kept::Raw) => {
            format!(
                "Its exact bytes are not kept any longer; they went on {day}, by your retention."
            )
        }
        Gone::Aged(Kept::Attachments) => {
            format!("Its files are not kept any longer; they went on {day}, by your retention.")
        }
    }
}

const KINDS: [(Kept, &str); 3] = [
    (Kept::Bodies, "Texts of mail"),
    (Kept::Raw, "Received mail as it arrived"),
    (Kept::Attachments, "Attachments"),
];

/// How long each kind is kept.
pub(crate) async fn retention(
    desk: &Desk<'_>,
    NoArgs {}: NoArgs,
) -> Result<Vec<RetentionView>, Problem> {
    let mut views = Vec::with_capacity(KINDS.len());
    for (kind, title) in KINDS {
        let days = desk.engine.kept_for(kind).await?;
        let aged = match days {
            Some(days) => Some(desk.engine.aged(kind, days).await?),
            None => None,
        };
        views.push(RetentionView {
            kind: kind.as_str().to_owned(),
            key: engine::retention_setting(kind).to_owned(),
            title: title.to_owned(),
            days,
            sent: aged.map_or(0, |aged| aged.sent),
            received: aged.map_or(0, |aged| aged.received),
        });
    }
    Ok(views)
}

/// A kind, and how many days it would be kept.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "RetentionArgs")]
pub(crate) struct Preview {
    /// `bodies`, `raw` or `attachments`.
    pub kind: String,
    pub days: u32,
}

/// What a retention would take at once, if it were switched on.
pub(crate) async fn preview(desk: &Desk<'_>, args: Preview) -> Result<RetentionView, Problem> {
    let known = KINDS
        .into_iter()
        .find(|(kind, _)| kind.as_str() == args.kind);
    let Some((kind, title)) = known else {
        let detail = "a kind is `bodies`, `raw` or `attachments`";
        return Err(Problem::new(Code::InvalidField, detail).at("/kind"));
    };
    if !(1..=RETENTION_DAYS_MAX).contains(&args.days) {
        let detail = format!("days are from 1 to {RETENTION_DAYS_MAX}");
        return Err(Problem::new(Code::InvalidField, detail).at("/days"));
    }
    let aged = desk.engine.aged(kind, args.days).await?;
    Ok(RetentionView {
        kind: kind.as_str().to_owned(),
        key: engine::retention_setting(kind).to_owned(),
        title: title.to_owned(),
        days: Some(args.days),
        sent: aged.sent,
        received: aged.received,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_mail_is_told_and_none_says_nothing() {
        assert_eq!(damaged_in_words(0), "");
        assert!(damaged_in_words(1).starts_with("1 received message is damaged"));
        assert!(damaged_in_words(2).contains("which they are"));
    }
}
