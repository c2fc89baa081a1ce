//! Held mail that says the same to different people: the common words, and what differs.
//!
//! Two mails are alike if one agent wrote them as one mailbox and most of their words are the
//! same, in the same order. The template is what all of a batch share; the gaps between are the
//! columns of the grid. Nothing here approves anything: the window names every id and hash itself.
//!
//! Likeness may be guessed at: two mails taken for unlike are read one by one. What the grid shows
//! may not: a mail's gaps put into the template are that mail, word for word.

use std::cmp::Ordering;

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
/// Word-by-word comparisons of one call, which only mails that share most of their words cost. The
/// same words in ever other orders could ask for one of every pair; past this they stand alone.
const COMPARISONS_MAX: usize = 1_000;

/// One held mail, and its words.
struct Letter {
    row: SubmissionRow,
    text: String,
}

/// A letter of a group, taken apart.
struct Member<'a> {
    row: &'a SubmissionRow,
    words: Words<'a>,
}

/// The words of a text, as they are compared.
struct Words<'a> {
    /// In their order.
    tokens: Vec<&'a str>,
    /// The same, sorted.
    bag: Vec<&'a str>,
}

pub(crate) async fn list(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<Vec<Batch>, Problem> {
    let page = desk
        .engine
        .queue(QueueTab::NeedsYou, None, COMPARED_MAX)
        .await?;
    let mut drafts = Vec::with_capacity(page.rows.len());
    for row in page.rows {
        let draft = desk.engine.draft(row.id, Some(row.version)).await?;
        drafts.push((row, draft));
    }
    desk.engine.blocking(move || Ok(batches(drafts))).await
}

fn batches(drafts: Vec<(SubmissionRow, Draft)>) -> Vec<Batch> {
    let letters: Vec<Letter> = drafts
        .into_iter()
        .filter_map(|(row, draft)| {
            let text = format!("{}\n\n{}", row.subject, readable(&draft)?);
            Some(Letter { row, text })
        })
        .collect();
    grouped(&letters)
        .iter()
        .filter_map(|group| batch(group))
        .collect()
}

/// Everything of a mail a person would look at before approving it, as one text; nothing for
/// those a grid cannot show whole: with files or pictures, with HTML that hides or misleads, or
/// whose HTML is not its text word for word, for the grid shows one of the two.
fn readable(draft: &Draft) -> Option<String> {
    if !draft.attachments.is_empty() {
        return None;
    }
    let reading = draft.html.as_deref().map(Reading::of);
    if let Some(reading) = &reading
        && (reading.pictures
            || reading.links.len() > html::LINKS_MAX
            || !html::warnings(reading, draft.text.as_deref()).is_empty())
    {
        return None;
    }
    let mut body = match (&draft.text, &reading) {
        (Some(text), Some(reading)) => {
            let same = text
                .split_whitespace()
                .eq(reading.visible.split_whitespace());
            same.then(|| text.clone())?
        }
        (Some(text), None) => text.clone(),
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
fn grouped(letters: &[Letter]) -> Vec<Vec<Member<'_>>> {
    let mut comparisons = COMPARISONS_MAX;
    let mut groups: Vec<Vec<Member<'_>>> = Vec::new();
    for Letter { row, text } in letters {
        let words = Words::of(text);
        let like = groups.iter_mut().find(|group| {
            let first = group.first().filter(|_| group.len() < BATCH_ROWS_MAX);
            first.is_some_and(|first| {
                first.row.agent == row.agent
                    && first.row.mailbox == row.mailbox
                    && alike(&first.words, &words, &mut comparisons)
            })
        });
        let member = Member { row, words };
        match like {
            Some(group) => group.push(member),
            None => groups.push(vec![member]),
        }
    }
    groups
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let tokens = tokens(text);
        let mut bag = tokens.clone();
        bag.sort_unstable();
        Words { tokens, bag }
    }
}

/// True if most words are the same in the same order. Takes from `comparisons` if it has to look
/// word by word; with none left nothing is alike.
fn alike(one: &Words<'_>, other: &Words<'_>, comparisons: &mut usize) -> bool {
    let longer = one.tokens.len().max(other.tokens.len());
    let enough = |same: usize| same * 100 >= longer * ALIKE_PERCENT;
    // No order can make more words the same than there are in both: most pairs end here.
    if !enough(shared(&one.bag, &other.bag)) || *comparisons == 0 {
        return false;
    }
    *comparisons -= 1;
    enough(common(&one.tokens, &other.tokens).len())
}

/// How many entries two sorted lists share, each as often as it is in both.
fn shared(a: &[&str], b: &[&str]) -> usize {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut count = 0;
    while let (Some(one), Some(other)) = (a.peek(), b.peek()) {
        let order = one.cmp(other);
        count += usize::from(order == Ordering::Equal);
        if order != Ordering::Greater {
            a.next();
        }
        if order != Ordering::Less {
            b.next();
        }
    }
    count
}

/// The batch of a group, if it is more than one mail and says enough.
fn batch(group: &[Member<'_>]) -> Option<Batch> {
    let (first, rest) = group.split_first()?;
    if rest.is_empty() {
        return None;
    }
    let mut template: Vec<&str> = first.words.tokens.clone();
    for member in rest {
        template = common(&template, &member.words.tokens);
    }
    let words = template.iter().filter(|token| is_word(token)).count();
    if words < TEMPLATE_WORDS_MIN {
        return None;
    }
    let gaps: Vec<Vec<String>> = group
        .iter()
        .map(|member| gaps(&template, &member.words.tokens))
        .collect::<Option<_>>()?;
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
            say(&mut parts, lead(&gaps, place));
            parts.push(BatchPart {
                text: String::new(),
                column: u32::try_from(column).ok(),
            });
        }
        say(&mut parts, template.get(place).copied().unwrap_or_default());
    }
    Some(Batch {
        agent: first.row.agent_name.clone(),
        mailbox: first.row.mailbox_address.to_string(),
        parts,
        rows: group
            .iter()
            .zip(&gaps)
            .map(|(member, gaps)| batch_row(member.row, gaps, &columns))
            .collect(),
    })
}

fn batch_row(row: &SubmissionRow, gaps: &[String], columns: &[usize]) -> BatchRow {
    let own = |place: &usize| gaps.get(*place).map_or("", |gap| gap.trim()).to_owned();
    BatchRow {
        id: row.id.to_string(),
        hash: row.hash.to_string(),
        decision: row.decision.to_string(),
        recipients: row
            .recipients
            .iter()
            .map(|recipient| format!("{} {}", recipient.role.as_str(), recipient.address))
            .collect(),
        why: crate::words::phrase(row),
        differs: columns.iter().map(own).collect(),
    }
}

/// Adds to what all share.
fn say(parts: &mut Vec<BatchPart>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.column.is_none() => last.text.push_str(text),
        Some(_) | None => parts.push(BatchPart {
            text: text.to_owned(),
            column: None,
        }),
    }
}

/// The white space before every row's words at this place, if it is one for all.
fn lead(gaps: &[Vec<String>], place: usize) -> &str {
    let mut leads = gaps.iter().map(|row| {
        let gap = row.get(place).map_or("", String::as_str);
        let words = gap.trim_start();
        gap.strip_suffix(words).unwrap_or_default()
    });
    let first = leads.next().unwrap_or_default();
    match leads.all(|lead| lead == first) {
        true => first,
        false => "",
    }
}

/// A text as words, each with the white space before it; joined again they are the text.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut in_word = false;
    for (at, letter) in text.char_indices() {
        if in_word && letter.is_whitespace() {
            tokens.extend(text.get(start..at));
            start = at;
        }
        in_word = !letter.is_whitespace();
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

/// What stands before each token of the template, and after the last; nothing if the text does not
/// hold the whole template. Never guessed: each token of the text is in one place or the other.
fn gaps(template: &[&str], text: &[&str]) -> Option<Vec<String>> {
    let mut awaited = template.iter().peekable();
    let mut gaps = Vec::with_capacity(template.len() + 1);
    let mut gap = String::new();
    for token in text {
        if awaited.next_if_eq(&token).is_some() {
            gaps.push(std::mem::take(&mut gap));
        } else {
            gap.push_str(token);
        }
    }
    gaps.push(gap);
    awaited.peek().is_none().then_some(gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &[&str], text: &[&str]) -> String {
        let gaps = gaps(template, text).unwrap();
        let mut words = template.iter().copied();
        gaps.iter()
            .flat_map(|gap| [gap.as_str(), words.next().unwrap_or_default()])
            .collect()
    }

    #[test]
    fn a_text_is_its_tokens_again() {
        for text in ["", " ", " a  b\nc ", "ü,x y"] {
            assert_eq!(tokens(text).concat(), text);
        }
    }

    #[test]
    fn the_gaps_are_what_differs_and_nothing_else() {
        let one = tokens("Hi Dana, how is Acme doing");
        let two = tokens("Hi Tom Lee, how is Kiosk GmbH doing");
        let template = common(&one, &two);
        let own = |text: &[&str]| -> Vec<String> {
            let gaps = gaps(&template, text).unwrap();
            gaps.into_iter().filter(|gap| !gap.is_empty()).collect()
        };
        assert_eq!(own(&one), [" Dana,", " Acme"]);
        assert_eq!(own(&two), [" Tom Lee,", " Kiosk GmbH"]);
    }

    #[test]
    fn a_row_put_into_the_template_is_the_mail_whatever_its_words() {
        // Few words in ever other orders: where a comparison that guesses goes wrong.
        let mut state = 1_u64;
        let mut letter = |length: u64| -> String {
            (0..length)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    format!("w{} ", (state >> 33) % 7)
                })
                .collect()
        };
        for round in 0..12 {
            let letters: Vec<String> = (0..6).map(|_| letter(640 + round * 40)).collect();
            let texts: Vec<Vec<&str>> = letters.iter().map(|text| tokens(text)).collect();
            let mut template = texts[0].clone();
            for text in &texts {
                template = common(&template, text);
            }
            for (text, letter) in texts.iter().zip(&letters) {
                assert_eq!(&filled(&template, text), letter, "round {round}");
            }
        }
    }

    #[test]
    fn a_text_that_lacks_a_word_of_the_template_has_no_row() {
        assert_eq!(gaps(&tokens("we pay you"), &tokens("we you")), None);
    }

    #[test]
    fn mails_of_other_words_are_told_apart_without_a_comparison() {
        let one = Words::of("last week we spoke about the seats in your hall");
        let mut left = 5;
        let other = Words::of("your order has left our house and is with you soon");
        assert!(!alike(&one, &other, &mut left));
        assert_eq!(left, 5);
        let near = Words::of("last week we spoke about the chairs in your hall");
        assert!(alike(&one, &near, &mut left));
        assert_eq!(left, 4);
    }

    #[test]
    fn with_no_comparison_left_nothing_is_alike() {
        let one = Words::of("the same words");
        assert!(!alike(&one, &Words::of("the same words"), &mut 0));
    }

    #[test]
    fn words_shared_are_counted_as_often_as_both_have_them() {
        assert_eq!(shared(&["a", "a", "b", "d"], &["a", "b", "b", "c"]), 2);
        assert_eq!(shared(&[], &["a"]), 0);
    }
}
