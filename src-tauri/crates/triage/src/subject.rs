//! Subjects without what mail programs put around them: marks of an answer or a forward, tags of
//! lists (RFC 5256, section 2.1, and the marks of other languages).

/// Marks of an answer, in lower case.
#[rustfmt::skip] // a table
const ANSWER: &[&str] = &["re", "aw", "antw", "antwort", "sv", "vs", "ref", "rif", "r", "res", "odp", "ynt", "atb", "bls", "tr", "回复", "答复", "回覆", "返信", "답장", "отв", "σχετ"];
/// Marks of a forward, in lower case.
const FORWARD: &[&str] = &[
    "fwd", "fw", "wg", "rv", "enc", "i", "doorst", "vb", "vl", "转发", "轉寄", "転送",
];

/// A subject taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subject {
    /// What is left, as written, white space squeezed.
    pub base: String,
    /// How many answers its marks speak of: `Re: Re[4]:` is five.
    pub replies: u32,
    /// True if it is marked as a forward.
    pub is_forward: bool,
}

/// Takes a subject apart.
pub fn read(subject: &str) -> Subject {
    let squeezed = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = squeezed.as_str();
    let mut out = Subject {
        base: String::new(),
        replies: 0,
        is_forward: false,
    };
    loop {
        if let Some((count, is_forward, after)) = mark(rest) {
            out.replies = out.replies.saturating_add(count);
            out.is_forward |= is_forward;
            rest = after.trim_start();
            continue;
        }
        // A list's tag, unless it is all there is.
        let tag = rest
            .strip_prefix('[')
            .and_then(|inner| inner.split_once(']'));
        match tag {
            Some((name, after)) if !after.trim().is_empty() && !name.contains('[') => {
                rest = after.trim_start();
            }
            Some(_) | None => break,
        }
    }
    if let Some(inner) = strip_ignoring_case(rest, "[fwd:").and_then(|r| r.strip_suffix(']')) {
        out.is_forward = true;
        rest = inner.trim();
    }
    if let Some(head) = rest
        .len()
        .checked_sub(5)
        .and_then(|at| rest.split_at_checked(at))
        && head.1.eq_ignore_ascii_case("(fwd)")
    {
        out.is_forward = true;
        rest = head.0.trim_end();
    }
    out.base = rest.trim().to_owned();
    out
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// A mark at the start: how many answers it stands for, whether of a forward, and what follows.
fn mark(text: &str) -> Option<(u32, bool, &str)> {
    let (head, after) = text.split_once([':', '：'])?;
    if head.len() > 24 {
        return None;
    }
    let head = head.trim().to_lowercase();
    let (word, count) = match head.split_once(['[', '(', '^']) {
        Some((word, number)) => {
            let number = number.trim_end_matches([']', ')']);
            (word.trim().to_owned(), number.parse::<u32>().ok()?)
        }
        None => {
            let word = head.trim_end_matches(|c: char| c.is_ascii_digit());
            let number = head.get(word.len()..).unwrap_or_default();
            (word.to_owned(), number.parse::<u32>().unwrap_or(1))
        }
    };
    if ANSWER.contains(&word.as_str()) {
        Some((count.clamp(1, 999), false, after))
    } else if FORWARD.contains(&word.as_str()) {
        Some((0, true, after))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_put_around_a_subject_is_taken_off() {
        let cases = [
            ("Re: plan", "plan", 1),
            ("RE: Re[4]: plan  ", "plan", 5),
            ("Re: [list] Re: the  plan", "the plan", 2),
            ("AW: WG: Angebot", "Angebot", 1),
            ("[list] plan", "plan", 0),
            ("[plan]", "[plan]", 0),
            ("plan (fwd)", "plan", 0),
            ("Note: read this", "Note: read this", 0),
            ("回复：计划", "计划", 1),
            ("", "", 0),
            ("Re:", "", 1),
        ];
        for (subject, base, replies) in cases {
            let read = read(subject);
            assert_eq!(
                (read.base.as_str(), read.replies),
                (base, replies),
                "{subject}"
            );
        }
    }
}
