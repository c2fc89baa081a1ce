//! What is new in a reply, and what it only carries along: quotes, forwards, signatures.
//!
//! One reader for plain text; HTML is first written as text whose quotes are marked with `>`
//! ([`crate::html`]). A leak makes our own words, or an old attack, look like the sender's, so what
//! stands below a quote's headline is the quote's unless the quote is marked line by line.

mod marks;

use marks::{Headline, Line};
use serde::Serialize;

use crate::html::{self, Html};
use crate::text::Texts;

/// Lines of one text that are looked at; the rest is left out.
pub const LINES_MAX: usize = 5_000;
/// Lines in which a headline at the first of them ends.
const FIRST_LINES: usize = 16;
/// Lines a signature may have below its dashes.
const SIGNATURE_LINES_MAX: usize = 14;
/// Lines it may have where a footer with a rule of its own stands in it.
const FOOTER_LINES_MAX: usize = 60;
/// Lines it may have below dashes that are no signature's own.
const CARD_LINES_MAX: usize = 8;

/// Lines mail programs add about themselves that are told from one run of new lines.
const PROGRAM_LINES_MAX: usize = 200;

/// A text taken apart.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Split {
    /// What the sender wrote now, without signature.
    pub new: String,
    /// What it quotes, headlines included.
    pub quoted: String,
    /// What it forwards, headline included.
    pub forwarded: String,
    /// Signatures and "sent from my …" lines.
    pub signature: String,
    /// How many messages it carries: this one and those whose headline was seen.
    pub messages: usize,
}

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Is {
    New,
    Quoted,
    Forwarded,
    Signature,
}

/// Takes a plain text apart.
pub fn plain(text: &str) -> Split {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.lines().take(LINES_MAX).collect();
    let mut is = vec![Is::New; lines.len()];
    let messages = quotes(&lines, &mut is);
    signatures(&lines, &mut is);
    let mut split = Split {
        messages,
        ..Split::default()
    };
    for (line, is) in lines.iter().zip(&is) {
        let part = match is {
            Is::New => &mut split.new,
            Is::Quoted => &mut split.quoted,
            Is::Forwarded => &mut split.forwarded,
            Is::Signature => &mut split.signature,
        };
        part.push_str(line.trim_end());
        part.push('\n');
    }
    for part in [
        &mut split.new,
        &mut split.quoted,
        &mut split.forwarded,
        &mut split.signature,
    ] {
        let trimmed = part.trim_matches('\n').trim_end();
        *part = trimmed.to_owned();
    }
    split
}

/// Takes an HTML body apart.
pub fn html(body: &str) -> Split {
    read(&html::read(body))
}

/// Takes an HTML body apart that was read.
pub(crate) fn read(html: &Html) -> Split {
    marked(&html.marked)
}

/// Takes a text apart that was HTML. Where all of it is quoted and it says of nobody, the writer's
/// program only indented it; a rule drawn between paragraphs is no text.
fn marked(text: &str) -> Split {
    let inner: Option<Vec<&str>> = text.lines().map(|line| line.strip_prefix("> ")).collect();
    let says_of_nobody = |inner: &[&str]| {
        let first: Vec<Line<'_>> = inner
            .iter()
            .take(FIRST_LINES)
            .map(|l| Line::of(l))
            .collect();
        marks::headline(&first, 0).is_none()
    };
    let mut split = match inner {
        Some(inner) if says_of_nobody(&inner) => plain(&inner.join("\n")),
        Some(_) | None => plain(text),
    };
    if split.new.contains(html::RULE) {
        let kept: Vec<&str> = split
            .new
            .lines()
            .filter(|line| line.trim() != html::RULE)
            .collect();
        split.new = kept.join("\n").trim_matches('\n').to_owned();
    }
    split
}

/// Takes the text of a message apart: plain where there is plain, else what its HTML shows.
pub fn message(texts: &Texts) -> Split {
    if texts.is_plain {
        plain(&texts.body)
    } else {
        marked(&texts.marked())
    }
}

/// Marks quoted and forwarded lines; says how many messages there are.
fn quotes(texts: &[&str], is: &mut [Is]) -> usize {
    let lines: Vec<Line<'_>> = texts.iter().map(|line| Line::of(line)).collect();
    let mut messages = 1;
    let first = texts
        .iter()
        .take_while(|line| line.trim().is_empty())
        .count();
    let mut at = 0;
    while let Some(line) = texts.get(at) {
        if marks::is_quoted(line) {
            set(is, at..at + 1, Is::Quoted);
            at += 1;
            continue;
        }
        let Some((headline, to)) = marks::headline(&lines, at) else {
            at += 1;
            continue;
        };
        messages += 1;
        let next = texts
            .iter()
            .enumerate()
            .skip(to)
            .find(|(_, line)| !line.trim().is_empty());
        match (headline, next) {
            // A quote marked line by line ends by itself; what follows may be an answer to it.
            (Headline::Quote, Some((_, next))) if marks::is_quoted(next) => {
                set(is, at..to, Is::Quoted);
                at = to;
            }
            // Nothing stands above it: the answer is below, or there is none.
            (Headline::Quote, Some(_)) if at == first && messages == 2 => {
                set(is, at..to, Is::Quoted);
                at = to;
            }
            (Headline::Quote, _) => {
                set(is, at..lines.len(), Is::Quoted);
                messages += later_headlines(&lines, to);
                break;
            }
            (Headline::Forward, _) => {
                set(is, at..lines.len(), Is::Forwarded);
                messages += later_headlines(&lines, to);
                break;
            }
        }
    }
    wrapped_quotes(texts, is);
    messages
}

fn later_headlines(lines: &[Line<'_>], from: usize) -> usize {
    let mut count = 0;
    let mut at = from;
    while at < lines.len() {
        match marks::headline(lines, at) {
            Some((_, to)) => {
                count += 1;
                at = to.max(at + 1);
            }
            None => at += 1,
        }
    }
    count
}

/// A quoted line broken by a mail program leaves an unmarked rest between two marked lines: a rest
/// goes on in the middle of a sentence or of a link. What begins like one is an answer.
fn wrapped_quotes(lines: &[&str], is: &mut [Is]) {
    for at in 1..lines.len().saturating_sub(1) {
        let line = lines.get(at).map_or("", |line| line.trim());
        let before = lines
            .get(at - 1)
            .copied()
            .filter(|line| marks::is_quoted(line));
        let Some(before) = before else { continue };
        if line.is_empty() || !lines.get(at + 1).is_some_and(|line| marks::is_quoted(line)) {
            continue;
        }
        let goes_on = line.starts_with(|c: char| !c.is_uppercase() && !c.is_numeric())
            && before.chars().count() > WRAPPED_FROM;
        let link_goes_on = !line.contains(' ')
            && before
                .rsplit(' ')
                .next()
                .is_some_and(|word| word.contains("://"));
        if goes_on || link_goes_on {
            set(is, at..at + 1, Is::Quoted);
        }
    }
}

/// Characters from which on a quoted line may have been broken.
const WRAPPED_FROM: usize = 60;

/// Marks signatures among the new lines: from a line of dashes near the end, and the lines mail
/// programs add about themselves.
fn signatures(lines: &[&str], is: &mut [Is]) {
    let end = is
        .iter()
        .rposition(|one| *one == Is::New)
        .map_or(0, |last| last + 1);
    let dashes = (1..end)
        .filter(|at| is.get(*at) == Some(&Is::New))
        .find(|at| begins_signature(lines.get(*at..end).unwrap_or_default()));
    if let Some(at) = dashes
        && lines.iter().take(at).any(|line| !line.trim().is_empty())
    {
        for one in is.iter_mut().take(end).skip(at) {
            if *one == Is::New {
                *one = Is::Signature;
            }
        }
    }
    // From the end of each run of new lines upwards.
    let mut below_is_open = true;
    let mut left = PROGRAM_LINES_MAX;
    for at in (0..lines.len()).rev() {
        if is.get(at) != Some(&Is::New) {
            below_is_open = true;
            left = PROGRAM_LINES_MAX;
            continue;
        }
        let line = lines.get(at).copied().unwrap_or_default();
        if line.trim().is_empty() {
            continue;
        }
        if below_is_open && left > 0 && marks::is_program_line(line) {
            left -= 1;
            set(is, at..at + 1, Is::Signature);
        } else {
            below_is_open = false;
        }
    }
}

/// True if lines up to the last new one are a signature, its rule first. Below a rule that people
/// also put between paragraphs all must read like one.
fn begins_signature(lines: &[&str]) -> bool {
    let Some((rule, below)) = lines.split_first() else {
        return false;
    };
    let filled = || below.iter().filter(|line| !line.trim().is_empty());
    match marks::signature_rule(rule) {
        Some(marks::Rule::Known) => {
            // A footer's own rule may follow at once, and its many lines.
            let is_footed = filled()
                .next()
                .is_some_and(|line| marks::signature_rule(line).is_some());
            below.len() < SIGNATURE_LINES_MAX || (is_footed && below.len() < FOOTER_LINES_MAX)
        }
        Some(marks::Rule::Typed) => {
            below.len() < SIGNATURE_LINES_MAX
                && filled().count() <= CARD_LINES_MAX
                && filled().all(|line| marks::is_card_line(line))
        }
        None => false,
    }
}

fn set(is: &mut [Is], range: std::ops::Range<usize>, to: Is) {
    for one in is.iter_mut().take(range.end).skip(range.start) {
        *one = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(text: &str) -> String {
        plain(text).new
    }

    #[test]
    fn an_answer_above_a_quote_is_what_is_new() {
        let answers = [
            "Yes.\n\nOn Mon, 3 May 2027 at 10:00, Ann <a@b.example> wrote:\n\n> Will you?\n",
            "Yes.\n\nAm 03.05.2027 um 10:00 schrieb Ann <a@b.example>:\n> Will you?\n",
            "Yes.\n\nLe 3 mai 2027 à 10:00, Ann\n<a@b.example> a écrit :\n\nWill you?\n",
            "Yes.\n\n-----Original Message-----\nFrom: Ann\nSent: Monday\nTo: Bo\n\nWill you?",
            "Yes.\n\nVon: Ann <a@b.example>\nGesendet: Montag\nAn: Bo\nBetreff: x\n\nWill you?",
            "Yes.\r\n\r\n> Will you?\r\n",
            "Yes.\n\nSent from my phone\n\nOn 3 May 2027, Ann <a@b.example> wrote:\nWill you?",
            "Yes.\n-- \nBo\nShop Ltd",
        ];
        for text in answers {
            assert_eq!(new(text), "Yes.", "{text}");
        }
    }

    #[test]
    fn an_answer_below_or_between_quotes_is_kept() {
        let text = "On 3 May 2027, Ann <a@b.example> wrote:\n> Will you?\nYes.\n> When?\nToday.\n";
        assert_eq!(new(text), "Yes.\nToday.");
        assert_eq!(plain(text).messages, 2);
    }

    #[test]
    fn ordinary_sentences_are_not_headlines() {
        let kept = [
            "On Monday we wrote to them:\nno answer",
            "From: the start I liked it",
            "He said -- and I agree -- yes\nok",
            "I sent from my office the 3 boxes",
            "a\n----\nb\n",
        ];
        for text in kept {
            assert_eq!(new(text), text.trim_end(), "{text}");
        }
    }

    #[test]
    fn a_journey_and_a_tale_are_no_headlines() {
        let kept = [
            "Booked.\nFrom: Lisbon\nTo: Porto\nDate: 3 May 2027\nPlease confirm the seats.",
            "In 2027 we wrote to you about the following:\nthe roof leaks.",
            "A customer from 2019 wrote in and I sent this:\na new pump.",
            "On 3 May in 2027 our lawyer said:\nsign it.",
            "See you there\n>>> here is the way <<<\nand bring Ann",
        ];
        for text in kept {
            assert_eq!(new(text), text, "{text}");
        }
    }

    #[test]
    fn a_rule_between_paragraphs_cuts_nothing_off() {
        let kept = [
            "First the price.\n---\nThen the date: we can do May, if you can.\nBo",
            "First the price.\n\u{2014}\nThen we should talk about the delivery.",
            "The boxes are packed.\nSent with the courier on Monday morning.",
        ];
        for text in kept {
            assert_eq!(new(text), text, "{text}");
        }
        let cut = [
            "Yes.\n---\nBo Lee\nShop Ltd\n+49 30 1234",
            "Yes.\n\u{2014}\nBo",
            "Yes.\n-- \n\n____________\nThis list is run by the shop.\nLeave it at any time.\n",
            "Yes.\n\nSent with SomeMail",
        ];
        for text in cut {
            assert_eq!(new(text), "Yes.", "{text}");
        }
        assert_eq!(
            html("<p>First.</p><hr><p>Second, of the same hand.</p>").new,
            "First.\nSecond, of the same hand."
        );
    }

    #[test]
    fn an_answer_between_long_quoted_lines_is_no_rest_of_one() {
        let long = "> Could you tell us whether the delivery may come on Monday already";
        let text = format!("{long}\nYes, it may.\n{long}\nor rather on Tuesday?\n> Ann\n");
        assert_eq!(new(&text), "Yes, it may.");
        let link = "> see (https://x.example/a\nb=1)\n>\n";
        assert_eq!(new(&format!("Seen.\n{link}")), "Seen.");
    }

    #[test]
    fn what_is_only_indented_is_the_writers_own() {
        let body = "<blockquote><p>We take two.</p><div>On 3 May 2027 at 10:00, Ann \
                    &lt;a@b.example&gt; wrote:</div><div>How many?</div></blockquote>";
        assert_eq!(html(body).new, "We take two.");
        let quote = "<div class=gmail_quote><div>On 3 May 2027 at 10:00, Ann \
                     &lt;a@b.example&gt; wrote:</div><blockquote>How many?</blockquote></div>";
        assert_eq!(html(quote).new, "");
    }

    #[test]
    fn no_number_of_lines_hides_a_quote() {
        let near = [
            "Ann <a@b.example> said so",
            "on 3 May 2027 at 10:00 we met",
            "From: Lisbon",
            "Subject: x",
            "\"yes\"",
        ];
        let quotes = [
            "On Mon, 3 May 2027 at 10:00, Ann <a@b.example> wrote:\nWill you?",
            "From: Ann <a@b.example>\nSent: Monday\nTo: Bo\nSubject: x\n\nWill you?",
        ];
        for line in near {
            for quote in quotes {
                let text = format!("{}\n{quote}", format!("{line}\n\n").repeat(900));
                let split = plain(&text);
                assert!(!split.new.contains("Will you?"), "{line}: {quote}");
                assert!(split.quoted.ends_with("Will you?"), "{line}: {quote}");
            }
        }
    }

    #[test]
    fn a_forward_is_kept_apart() {
        let split = plain(
            "See below.\n\n---------- Forwarded message ---------\nFrom: A <a@b.example>\nhello",
        );
        assert_eq!(split.new, "See below.");
        assert!(split.forwarded.ends_with("hello"));
    }

    #[test]
    fn quotes_in_html_are_told_by_their_elements() {
        let bodies = [
            "<div>Yes.</div><div class=\"gmail_quote\"><div>On Monday Ann wrote:</div><blockquote>Will you?</blockquote></div>",
            "<p>Yes.</p><hr id=\"stopSpelling\">From: Ann<br>Will you?",
            "<p>Yes.</p><div style=\"border:none;border-top:solid #B5C4DF 1.0pt\">From: Ann</div><p>Will you?</p>",
            "<p>Yes.</p><blockquote type=\"cite\">Will you?</blockquote>",
        ];
        for body in bodies {
            assert_eq!(html(body).new.trim(), "Yes.", "{body}");
        }
    }
}
