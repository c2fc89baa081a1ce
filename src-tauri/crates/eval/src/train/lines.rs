//! Lines of our own to learn from, written as a grid: `label text with {one|other} word`. Each line
//! becomes every way of reading it, up to a limit, chosen evenly.

use std::collections::BTreeMap;

/// Ways of reading one line that are used.
pub const WAYS_MAX: usize = 60;

/// Every way of reading every line, with its label.
pub fn read(text: &str) -> Vec<(String, String)> {
    by_line(text)
        .into_iter()
        .flat_map(|(label, ways)| ways.into_iter().map(move |way| (label.clone(), way)))
        .collect()
}

/// The lines, each with its label and every way of reading it. Lines without a label belong to the
/// one before; `@name = a|b` names a part that every line of the text may use.
pub fn by_line(text: &str) -> Vec<(String, Vec<String>)> {
    let lines = || {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
    };
    let parts: Parts = lines().filter_map(part).collect();
    let mut out = Vec::new();
    let mut label = String::new();
    for line in lines().filter(|line| part(line).is_none()) {
        if let Some(name) = line.strip_prefix("== ") {
            label = name.trim().to_owned();
            continue;
        }
        out.push((label.clone(), ways(line, &parts)));
    }
    out
}

/// Parts of lines, by their names.
type Parts<'a> = BTreeMap<&'a str, &'a str>;

/// The part a line names.
fn part(line: &str) -> Option<(&str, &str)> {
    let (name, choice) = line.strip_prefix('@')?.split_once(" = ")?;
    Some((name, choice))
}

/// The ways of reading a line.
fn ways(line: &str, parts: &Parts<'_>) -> Vec<String> {
    let mut pieces: Vec<Vec<&str>> = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        pieces.push(vec![before]);
        let (choice, tail) = after.split_once('}').unwrap_or((after, ""));
        let named = |one: &str| parts.get(one.strip_prefix('@')?).copied();
        let choices = choice.split('|');
        pieces.push(
            choices
                .flat_map(|one| named(one).unwrap_or(one).split('|'))
                .collect(),
        );
        rest = tail;
    }
    pieces.push(vec![rest]);
    let count = pieces
        .iter()
        .fold(1_usize, |count, piece| count.saturating_mul(piece.len()));
    let used = count.min(WAYS_MAX);
    (0..used)
        .map(|n| {
            // Spread over all ways: neighbours differ in every place, not only in the last.
            let mut left = if count <= WAYS_MAX {
                n
            } else {
                n * 7_919 % count
            };
            let mut way = String::new();
            for piece in &pieces {
                way.push_str(piece.get(left % piece.len()).copied().unwrap_or_default());
                left /= piece.len();
            }
            way.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_in_every_way() {
        let read = read("# note\n== stop\n{Please |}stop{.|!}\n");
        let texts: Vec<&str> = read.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["Please stop.", "stop.", "Please stop!", "stop!"]);
        assert!(read.iter().all(|(label, _)| label == "stop"));
    }

    #[test]
    fn a_part_stands_for_any_of_it() {
        let read = read("== stop\n{@soft|Now }{stop|quit}\n@soft = Please |Kindly |\n");
        let mut texts: Vec<&str> = read.iter().map(|(_, text)| text.as_str()).collect();
        texts.sort_unstable();
        let expected = [
            "Kindly quit",
            "Kindly stop",
            "Now quit",
            "Now stop",
            "Please quit",
            "Please stop",
            "quit",
            "stop",
        ];
        assert_eq!(texts, expected);
    }
}
