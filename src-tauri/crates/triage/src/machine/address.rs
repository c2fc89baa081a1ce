//! Addresses in running text.

/// Octets of a local part or a domain that are looked at.
const SIDE_OCTETS_MAX: usize = 253;

/// An address and where it stands, in octets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// In lower case, without quotation marks around it.
    pub address: String,
    /// First octet.
    pub from: usize,
    /// Octet after the last.
    pub to: usize,
}

/// Every address of a text, at most `max`.
pub fn find(text: &str, max: usize) -> Vec<Found> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@') {
        if found.len() >= max {
            break;
        }
        found.extend(around(text, at));
    }
    found
}

/// The first address of a text.
pub fn first(text: &str) -> Option<String> {
    text.match_indices('@')
        .find_map(|(at, _)| around(text, at))
        .map(|found| found.address)
}

/// The address around an `@`.
fn around(text: &str, at: usize) -> Option<Found> {
    let before = text.get(..at)?;
    let quoted = before
        .strip_suffix('"')
        .and_then(|inside| inside.rfind('"'))
        .filter(|open| {
            at - open <= SIDE_OCTETS_MAX
                && !before
                    .get(*open..)
                    .is_some_and(|q| q.contains(['\n', '<', '>']))
        });
    let from = quoted.unwrap_or_else(|| {
        before
            .char_indices()
            .rev()
            .take_while(|(i, c)| is_local(*c) && at - i <= SIDE_OCTETS_MAX)
            .last()
            .map_or(at, |(i, _)| i)
    });
    let after = text.get(at + 1..)?;
    let reach = after
        .char_indices()
        .take_while(|(i, c)| is_host(*c) && *i < SIDE_OCTETS_MAX)
        .last()
        .map_or(0, |(i, c)| i + c.len_utf8());
    let host = after.get(..reach)?.trim_end_matches(['.', '-', '_']);
    let local = text.get(from..at)?;
    let bare = local.trim_start_matches(['\'', '`', '*', '=', '.', '|', '{', '/', '#', '&']);
    if bare.is_empty() || host.is_empty() || host.starts_with(['.', '-']) {
        return None;
    }
    Some(Found {
        address: format!("{bare}@{host}").to_lowercase(),
        from: at - bare.len(),
        to: at + 1 + host.len(),
    })
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || (c.is_ascii_punctuation() && !"\"(),:;<>@[\\]".contains(c))
}

fn is_host(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// The address of a report's field: `rfc822; a@b`, `utf-8; …`, `<a@b>`, `a@b (comment)`. A local
/// part without a domain is kept as it is.
pub fn of_field(value: &str) -> Option<String> {
    let value = value.split_once(';').map_or(
        value,
        |(kind, rest)| {
            if kind.contains('@') { value } else { rest }
        },
    );
    first(value).or_else(|| {
        let bare = value.trim().trim_matches(['<', '>', '"']);
        let is_word = !bare.is_empty() && !bare.contains(char::is_whitespace) && bare.len() < 100;
        is_word.then(|| bare.to_lowercase())
    })
}

/// A Message-ID without its angle brackets.
pub fn message_id(value: &str) -> Option<String> {
    let inside = match value.split_once('<') {
        Some((_, rest)) => rest.split_once('>').map_or(rest, |(id, _)| id),
        None => value,
    };
    let id = inside.trim();
    (!id.is_empty() && !id.contains(char::is_whitespace) && id.len() <= 998).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_as_people_and_programs_write_them() {
        let read =
            |text: &str| -> Vec<String> { find(text, 9).into_iter().map(|f| f.address).collect() };
        assert_eq!(read("to <A.B@Example.org>: no"), ["a.b@example.org"]);
        assert_eq!(read("* 'x+y@a-b.example'."), ["x+y@a-b.example"]);
        assert_eq!(read("\"a b\"@c.example, x"), ["\"a b\"@c.example"]);
        assert_eq!(read("用户@例子.example failed"), ["用户@例子.example"]);
        assert!(read("at 10@ or @example").is_empty());
        assert_eq!(of_field("rfc822; <a@b.example>").unwrap(), "a@b.example");
        assert_eq!(message_id(" <1@a> (c)").unwrap(), "1@a");
        assert_eq!(message_id("two words"), None);
    }
}
