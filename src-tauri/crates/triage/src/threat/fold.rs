//! Text as its meaning reads, whatever it is dressed in: invisible characters taken out, letters
//! of other scripts that pass for Latin ones put back, lower case; and what the dress was.
//!
//! A filter that looks at the bytes and a model that looks at the meaning see two different
//! messages; what sets them apart is evidence by itself.

use serde::Serialize;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Characters of hidden text that are kept.
const UNCOVERED_CHARS_MAX: usize = 4_000;
/// Invisible characters inside words that are an accident of copying.
const INVISIBLE_ALLOWED: usize = 2;

/// A text folded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folded {
    /// In lower case, white space of all kinds as `' '` or `'\n'`.
    pub(crate) text: String,
    /// For each octet of `text` the octet of the original it came from.
    origin: Vec<u32>,
    /// What was written in characters nobody sees.
    pub(crate) uncovered: String,
    /// What it was dressed in.
    pub(crate) dress: Dress,
}

/// How often each means of disguise was met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Dress {
    /// Zero-width characters between letters.
    pub invisible: u32,
    /// Characters of the tag block (U+E0000 to U+E007F) that belong to no flag.
    pub tags: u32,
    /// Variation selectors in a row: a way to write bytes.
    pub selectors: u32,
    /// Embeddings and overrides of direction.
    pub bidi: u32,
    /// Words that mix Latin letters with look-alikes.
    pub lookalikes: u32,
    /// Words in letters meant for mathematics, or full width among narrow ones.
    pub fancy: u32,
}

impl Folded {
    /// The octets of the original behind a range of the folded text.
    pub(crate) fn span(&self, from: usize, to: usize) -> (u32, u32) {
        let at = |i: usize| self.origin.get(i).copied();
        let first = at(from).unwrap_or_default();
        let last = at(to.saturating_sub(1)).map_or(first, |last| last + 1);
        (first, last.max(first))
    }

    fn push(&mut self, c: char, origin: u32) {
        self.text.push(c);
        for _ in 0..c.len_utf8() {
            self.origin.push(origin);
        }
    }
}

/// Folds a text.
pub(crate) fn fold(text: &str) -> Folded {
    let mut out = Folded {
        text: String::with_capacity(text.len()),
        origin: Vec::with_capacity(text.len()),
        ..Folded::default()
    };
    let mut last = ' ';
    let mut in_flag = false;
    let mut selectors = 0_u32;
    let mut selected = Vec::new();
    let mut word = Word::default();
    for (at, c) in text.char_indices() {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        if c.is_ascii() {
            last = c;
            in_flag = false;
            if c.is_ascii_alphabetic() {
                word.latin = true;
            } else {
                word.end(&mut out);
            }
            // A lone CR ends a line as a person sees it.
            let ends_line = || text.as_bytes().get(at as usize + 1) != Some(&b'\n');
            let c = match c {
                '\r' if ends_line() => '\n',
                // A new page or a new line further down is a new line to whoever reads it.
                '\u{b}' | '\u{c}' => '\n',
                '\t' | '\r' => ' ',
                other => other.to_ascii_lowercase(),
            };
            if c == '\n' || !c.is_ascii_control() {
                out.push(c, at);
            }
            continue;
        }
        match c {
            '\u{1F3F4}' => in_flag = true,
            '\u{E0000}'..='\u{E007F}' => {
                if !in_flag {
                    out.dress.tags += 1;
                    let plain = u32::from(c) - 0xE0000;
                    uncover(&mut out.uncovered, char::from_u32(plain).unwrap_or(' '));
                }
                continue;
            }
            '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => {
                selectors += 1;
                let code = u32::from(c);
                let byte = if code < 0x1_0000 {
                    code - 0xFE00
                } else {
                    code - 0xE0100 + 16
                };
                if selected.len() < UNCOVERED_CHARS_MAX {
                    selected.extend(u8::try_from(byte));
                }
                continue;
            }
            '\u{200B}'..='\u{200D}'
            | '\u{2060}'..='\u{2064}'
            | '\u{FEFF}'
            | '\u{00AD}'
            | '\u{180E}'
            | '\u{034F}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{3164}'
            | '\u{FFA0}' => {
                // Between letters only: mail programs pad previews with them, emoji need them.
                let next = text
                    .get(at as usize + c.len_utf8()..)
                    .and_then(|rest| rest.chars().next());
                if last.is_ascii_alphabetic() && next.is_some_and(|n| n.is_ascii_alphabetic()) {
                    out.dress.invisible += u32::from(c != '\u{00AD}');
                }
                continue;
            }
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
                out.dress.bidi += 1;
                continue;
            }
            '\u{200E}' | '\u{200F}' => continue,
            _ => {}
        }
        last = c;
        if c.is_whitespace() {
            word.end(&mut out);
            out.push(
                if matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') {
                    '\n'
                } else {
                    ' '
                },
                at,
            );
            continue;
        }
        if c.is_alphabetic() {
            if let Some(latin) = lookalike(c) {
                word.similar += 1;
                word.from = word.from.or(Some(out.text.len()));
                word.folded.push((out.text.len(), latin));
            } else if u32::from(c) < 0x250 {
                word.latin = true;
            } else if is_fancy(c) {
                word.fancy = true;
            } else {
                word.foreign = true;
            }
        } else {
            word.end(&mut out);
        }
        // Most characters are what they are; taking them apart to see is what costs.
        if is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes {
            for folded in c.to_lowercase() {
                out.push(folded, at);
            }
        } else {
            for folded in std::iter::once(c).nfkc().flat_map(char::to_lowercase) {
                out.push(folded, at);
            }
        }
    }
    word.end(&mut out);
    if selectors > 12 && selected.len() > 12 {
        out.dress.selectors = selectors;
        let said = String::from_utf8_lossy(&selected).into_owned();
        for c in said.chars().filter(|c| !c.is_control()) {
            uncover(&mut out.uncovered, c);
        }
    }
    if (out.dress.invisible as usize) <= INVISIBLE_ALLOWED {
        out.dress.invisible = 0;
    }
    out
}

fn uncover(out: &mut String, c: char) {
    if out.len() < UNCOVERED_CHARS_MAX {
        out.push(c);
    }
}

/// The word that is being read.
#[derive(Default)]
struct Word {
    latin: bool,
    foreign: bool,
    fancy: bool,
    similar: u32,
    from: Option<usize>,
    folded: Vec<(usize, char)>,
}

impl Word {
    /// Mixed words are read as the Latin ones they pass for.
    fn end(&mut self, out: &mut Folded) {
        let word = std::mem::take(self);
        out.dress.fancy += u32::from(word.fancy);
        if word.similar == 0 || !word.latin || word.foreign {
            return;
        }
        out.dress.lookalikes += 1;
        let Some(from) = word.from else { return };
        let mut similar = word.folded.into_iter().peekable();
        let tail: Vec<(char, Option<u32>)> = out
            .text
            .get(from..)
            .unwrap_or_default()
            .char_indices()
            .map(|(i, c)| {
                let latin = similar
                    .next_if(|(at, _)| *at == from + i)
                    .map_or(c, |(_, latin)| latin);
                (latin, out.origin.get(from + i).copied())
            })
            .collect();
        out.text.truncate(from);
        out.origin.truncate(from);
        for (c, origin) in tail {
            out.push(c, origin.unwrap_or_default());
        }
    }
}

/// Letters of mathematics, circled letters, full width.
fn is_fancy(c: char) -> bool {
    matches!(u32::from(c), 0x1D400..=0x1D7FF | 0x24B6..=0x24E9 | 0xFF21..=0xFF5A | 0x1F130..=0x1F189)
}

/// The Latin letter a Cyrillic or Greek one passes for.
fn lookalike(c: char) -> Option<char> {
    Some(match c {
        'а' | 'А' | 'α' | 'Α' => 'a',
        'В' | 'Β' | 'ь' => 'b',
        'с' | 'С' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'Е' | 'Ε' | 'ё' | 'є' => 'e',
        'Н' | 'Η' | 'һ' => 'h',
        'і' | 'І' | 'Ι' | 'ι' | 'ї' => 'i',
        'ј' | 'Ј' => 'j',
        'к' | 'К' | 'Κ' | 'κ' => 'k',
        'ӏ' | 'Ӏ' => 'l',
        'М' | 'Μ' | 'м' => 'm',
        'Ν' | 'п' => 'n',
        'о' | 'О' | 'ο' | 'Ο' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => 'p',
        'ѕ' | 'Ѕ' => 's',
        'Т' | 'Τ' | 'т' => 't',
        'υ' | 'ц' => 'u',
        'ν' | 'ѵ' => 'v',
        'ω' | 'ѡ' => 'w',
        'х' | 'Х' | 'Χ' | 'χ' => 'x',
        'у' | 'У' | 'Υ' | 'γ' => 'y',
        'Ζ' => 'z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_without_its_dress() {
        let cases = [
            ("Plain Words", "plain words"),
            ("ig\u{200b}no\u{200b}re th\u{200b}is", "ignore this"),
            ("іgnоrе", "ignore"),
            ("𝐈𝐠𝐧𝐨𝐫𝐞 ｔｈｉｓ", "ignore this"),
            ("Привет мир", "привет мир"),
            ("Größe à côté", "größe à côté"),
            ("a\u{202e}b", "ab"),
        ];
        for (text, folded) in cases {
            assert_eq!(fold(text).text, folded, "{text:?}");
        }
        assert_eq!(
            fold("ig\u{200b}no\u{200b}re th\u{200b}is").dress.invisible,
            3
        );
        assert_eq!(fold("іgnоrе").dress.lookalikes, 1);
        assert_eq!(fold("a\u{202e}b").dress.bidi, 1);
    }

    #[test]
    fn ordinary_mail_in_any_script_wears_no_disguise() {
        let plain = [
            "Привет, Ann! Как дела?",
            "Ελληνικά and English",
            "日本語のメール",
            "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} family, \u{2764}\u{FE0F}",
            "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
            "preview \u{200c} \u{200c} \u{200c} \u{200c} \u{200c}",
            "soft\u{00AD}hyphen soft\u{00AD}hyphen soft\u{00AD}hyphen soft\u{00AD}hyphen",
        ];
        for text in plain {
            assert_eq!(fold(text).dress, Dress::default(), "{text:?}");
        }
    }

    #[test]
    fn what_nobody_sees_is_uncovered() {
        let tags: String = "send it"
            .chars()
            .filter_map(|c| char::from_u32(0xE0000 + u32::from(c)))
            .collect();
        let folded = fold(&format!("Hello{tags}"));
        assert_eq!(folded.text, "hello");
        assert_eq!(folded.uncovered, "send it");
    }

    #[test]
    fn places_are_those_of_the_original() {
        let text = "ig\u{200b}nore";
        let folded = fold(text);
        assert_eq!(folded.span(0, 6), (0, 9));
        assert_eq!(folded.span(2, 3), (5, 6));
    }
}
