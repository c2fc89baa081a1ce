//! Held mail that says the same to different people: the common words, and what differs.
//!
//! Two mails are alike if one agent wrote them as one mailbox and most of their words are the
//! same, in the same order. The template is what all of a batch share; the gaps between are the
//! columns of the grid. Nothing here approves anything: the window names every id and hash itself.

use domain::{Draft, Problem};
use engine::{QueueTab, SubmissionRow};
use similar::{ChangeTag, TextDiff};

use crate::args::NoArgs;
use crate::html::{self, Reading};
use crate::table::Desk;
use crate::view::{Batch, BatchPart, BatchRow};

/// Held mails compared, the oldest first.
const COMPARED_MAX: usize = 300;
/// Mails of one batch.
const BATCH_ROWS_MAX: usize = 100;
/// Octets of a text above which it stands for itself: nobody reads it as a form letter.
const TEXT_OCTETS_MAX: usize = 16 * 1024;
/// Of a hundred words, so many are the same in mails that are alike.
const ALIKE_PERCENT: usize = 75;
/// Words a template has at least; shorter mails are read one by one.
const TEMPLATE_WORDS_MIN: usize = 12;

/// One held mail, and its words.
struct Letter {
    row: SubmissionRow,
    text: String,
}

pub(crate) async fn list(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<Vec<Batch>, Problem> {
    let page = desk
        .engine
        .queue(QueueTab::NeedsYou, None, COMPARED_MAX)
        .await?;
    let mut letters = Vec::with_capacity(page.rows.len());
    for row in page.rows {
        let draft = desk.engine.draft(row.id, Some(row.version)).await?;
        let Some(body) = readable(&draft) else {
            continue;
        };
        let text = format!("{}\n\n{body}", row.subject);
        letters.push(Letter { row, text });
    }
    Ok(grouped(letters)
        .iter()
        .filter_map(|group| batch(group))
        .collect())
}

/// Everything of a mail a person would look at before approving it, as one text; nothing for
/// those a grid cannot show whole: with files, or with HTML that says or hides anything else.
fn readable(draft: &Draft) -> Option<String> {
    if !draft.attachments.is_empty() {
        return None;
    }
    let reading = draft.html.as_deref().map(Reading::of);
    if let Some(reading) = &reading
        && !html::warnings(reading, draft.text.as_deref()).is_empty()
    {
        return None;
    }
    let mut body = match (&draft.text, &reading) {
        (Some(text), _) => text.clone(),
        (None, Some(reading)) => reading.visible.clone(),
        (None, None) => String::new(),
    };
    for link in reading.iter().flat_map(html::links) {
        body.push_str(&format!("\n{}", link.target));
    }
    for answers in &draft.reply_to {
        body.push_str(&format!("\nReply-To {answers}"));
    }
    (body.len() <= TEXT_OCTETS_MAX).then_some(body)
}

/// Letters that are alike, in the order of their first.
fn grouped(letters: Vec<Letter>) -> Vec<Vec<Letter>> {
    let mut groups: Vec<Vec<Letter>> = Vec::new();
    for letter in letters {
        let like = groups.iter_mut().find(|group| {
            group.len() < BATCH_ROWS_MAX && group.first().is_some_and(|first| alike(first, &letter))
        });
        match like {
            Some(group) => group.push(letter),
            None => groups.push(vec![letter]),
        }
    }
    groups
}

fn alike(one: &Letter, other: &Letter) -> bool {
    if one.row.agent != other.row.agent || one.row.mailbox != other.row.mailbox {
        return false;
    }
    let (a, b) = (tokens(&one.text), tokens(&other.text));
    let longer = a.len().max(b.len());
    // Too different in length to be alike: no need to compare.
    if a.len().min(b.len()) * 100 < longer * ALIKE_PERCENT {
        return false;
    }
    common(&a, &b).len() * 100 >= longer * ALIKE_PERCENT
}

/// The batch of a group, if it is more than one mail and says enough.
fn batch(group: &[Letter]) -> Option<Batch> {
    let (first, rest) = group.split_first()?;
    if rest.is_empty() {
        return None;
    }
    let mut template: Vec<&str> = tokens(&first.text);
    for letter in rest {
        template = common(&template, &tokens(&letter.text));
    }
    let words = template.iter().filter(|token| is_word(token)).count();
    if words < TEMPLATE_WORDS_MIN {
        return None;
    }
    let gaps: Vec<Vec<String>> = group
        .iter()
        .map(|letter| gaps(&template, &tokens(&letter.text)))
        .collect();
    // A gap that is the same for nobody's eyes is no column.
    let columns: Vec<usize> = (0..=template.len())
        .filter(|place| {
            gaps.iter()
                .any(|row| row.get(*place).is_some_and(|text| !text.trim().is_empty()))
        })
        .collect();
    let mut parts: Vec<BatchPart> = Vec::new();
    for place in 0..=template.len() {
        if let Some(column) = columns.iter().position(|each| each == &place) {
            parts.push(BatchPart {
                text: String::new(),
                column: u32::try_from(column).ok(),
            });
        }
        let Some(token) = template.get(place) else {
            continue;
        };
        match parts.last_mut() {
            Some(last) if last.column.is_none() => last.text.push_str(token),
            Some(_) | None => parts.push(BatchPart {
                text: (*token).to_owned(),
                column: None,
            }),
        }
    }
    Some(Batch {
        agent: first.row.agent_name.clone(),
        mailbox: first.row.mailbox_address.to_string(),
        parts,
        rows: group
            .iter()
            .zip(&gaps)
            .map(|(letter, gaps)| BatchRow {
                id: letter.row.id.to_string(),
                hash: letter.row.hash.to_string(),
                decision: letter.row.decision.to_string(),
                recipients: letter
                    .row
                    .recipients
                    .iter()
                    .map(|recipient| format!("{} {}", recipient.role.as_str(), recipient.address))
                    .collect(),
                why: crate::words::phrase(&letter.row),
                differs: columns
                    .iter()
                    .map(|place| {
                        gaps.get(*place)
                            .map(|g| g.trim().to_owned())
                            .unwrap_or_default()
                    })
                    .collect(),
            })
            .collect(),
    })
}

/// A text as words and what stands between them; joined again they are the text.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut before: Option<bool> = None;
    for (at, letter) in text.char_indices() {
        let kind = letter.is_whitespace();
        if before.is_some_and(|before| before != kind) {
            tokens.extend(text.get(start..at));
            start = at;
        }
        before = Some(kind);
    }
    tokens.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    tokens
}

fn is_word(token: &str) -> bool {
    !token.trim().is_empty()
}

/// The tokens both have, in their order.
fn common<'a>(a: &[&'a str], b: &[&str]) -> Vec<&'a str> {
    let diff = TextDiff::from_slices(a, b);
    diff.iter_all_changes()
        .filter(|change| change.tag() == ChangeTag::Equal)
        .filter_map(|change| a.get(change.old_index()?).copied())
        .collect()
}

/// What stands before each token of the template, and after the last.
fn gaps(template: &[&str], text: &[&str]) -> Vec<String> {
    let mut gaps = vec![String::new(); template.len() + 1];
    let diff = TextDiff::from_slices(template, text);
    let mut place = 0;
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal | ChangeTag::Delete => place += 1,
            ChangeTag::Insert => {
                if let Some(gap) = gaps.get_mut(place) {
                    gap.push_str(change.value());
                }
            }
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_its_tokens_again() {
        for text in ["", " a  b\nc ", "ü,x y"] {
            assert_eq!(tokens(text).concat(), text);
        }
    }

    #[test]
    fn the_gaps_are_what_differs_and_nothing_else() {
        let one = tokens("Hi Dana, how is Acme doing");
        let two = tokens("Hi Tom Lee, how is Kiosk GmbH doing");
        let template = common(&one, &two);
        let filled = |text: &[&str]| -> Vec<String> {
            gaps(&template, text)
                .into_iter()
                .map(|gap| gap.trim().to_owned())
                .filter(|gap| !gap.is_empty())
                .collect()
        };
        assert_eq!(filled(&one), ["Dana,", "Acme"]);
        assert_eq!(filled(&two).concat(), "Tom Lee,Kiosk GmbH");
    }
}
