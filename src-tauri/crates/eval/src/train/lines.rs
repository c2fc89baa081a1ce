//! Lines of our own to learn from, written as a grid: `label text with {one|other} word`. Each line
//! becomes every way of reading it, up to a limit, chosen evenly.

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
/// one before.
pub fn by_line(text: &str) -> Vec<(String, Vec<String>)> {
    let mut out = Vec::new();
    let mut label = String::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("== ") {
            label = name.trim().to_owned();
            continue;
        }
        out.push((label.clone(), ways(line)));
    }
    out
}

/// The ways of reading a line.
fn ways(line: &str) -> Vec<String> {
    let mut pieces: Vec<Vec<&str>> = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        pieces.push(vec![before]);
        let (choice, tail) = after.split_once('}').unwrap_or((after, ""));
        pieces.push(choice.split('|').collect());
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
}
