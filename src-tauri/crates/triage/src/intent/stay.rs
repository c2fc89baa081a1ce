//! Words of somebody who wants to stay: "please don't remove me". They hold every word of a wish to
//! stop, and mean none; what else the text says still counts.
//!
//! Left out are those clauses alone, as far as the next mark or "but": "don't take me off the list,
//! but stop the daily digest" asks for something.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// Clauses of one text that are left out.
const CLAUSES_MAX: usize = 20;

/// How such a clause begins. ASCII word boundaries, and a mark where the next letter may be none:
/// those of Unicode make the matcher crawl over other scripts.
/// "You did not remove me" is no wish to stay, so an order has its "not"
/// at its beginning, or behind a word of courtesy.
#[rustfmt::skip] // a table
const BEGINNINGS: &[&str] = &[
    r"(?:^|[.,;:!?(–—-] ?|(?-u:\b)(?:please|pls|plz|but|and|so|kindly|just|also|or|oh|no|hey|bitte|aber) )(?:don't|dont|do not|never|do never) (?:ever |please |yet |just )?(?:(?:unsubscribe|remove|delete|drop|exclude|opt|cut|leave) (?:me|us|my|our)(?-u:\b)|take (?:me|us|my [a-z-]+|our [a-z-]+) (?:off|out|from)(?-u:\b)|stop (?:sending|emailing|mailing|writing|messaging|contacting|these|the|your|it)(?-u:\b)|cancel (?:my|our) (?:newsletter|subscription)(?-u:\b)|unsubscribe(?-u:\b))",
    r"(?:^|[ ,.;:!?(])(?:don't|dont|do not|didn't|did not|never|wouldn't|would not|no) (?:really |even )?(?:want|wanted|wish|wished|need|mean|meant|intend|plan|like|ask|asked|reason|need for)(?: you| anyone| us)? to (?:be |get )?(?:unsubscribed?|removed?(?-u:\b)|taken off|take (?:me|us) off|dropped|deleted|opted? out|stop (?:sending|emailing|receiving|getting|these|the|your)|leave (?:this|your|the) list)",
    r"(?:^|[ ,.;:!?(])(?:no|não|nao|nunca) (?:me |nos |se )?(?:dej[eé](?:n|s|is)?|deix(?:e|em|es)|pare[nm]?|ces[ea]n?) de(?-u:\b)",
    r"(?:^|[ ,.;:!?(])(?:no|não|nao|nunca) (?:me|nos) (?:den? de baja|borr|elimin|quit|saqu|retir|exclu|remov|apag|tir)",
    r"(?:^|[ ,.;:!?(])non (?:mi |ci )?(?:smett\w+ di|togliet\w+|togliermi|cancellat?e?(?:mi|ci)|rimuove\w*(?:mi|ci)|toglia\w*)",
    r"(?:^|[ ,.;:!?(])(?:ne|n')\s?(?:m'|me |nous )?(?:cessez|arrêtez|arretez|retirez|supprimez|désabonnez|désinscrivez|enlevez)(?:-moi|-nous)? (?:pas|surtout pas|jamais)",
    r"(?:^|[ ,.;:!?(])(?:löschen|entfernen|streichen|nehmen|tragen|melden) sie (?:mich|uns|meine \w+|unsere \w+) (?:bitte |doch |ja )?nicht(?-u:\b)",
    r"(?:^|[ ,.;:!?(])hör(?:en sie|t)? (?:bitte |nur |ja )?nicht (?:damit )?auf",
    r"(?:^|[ ,.;:!?(])(?:verwijder|haal|schrijf|schrap|meld) (?:me|mij|ons) (?:alsjeblieft |alstublieft |aub |toch )?niet(?-u:\b)",
    r"(?:^|[ ,.;:!?(])nie (?:usuwaj|wypisuj|przestawaj|skreślaj)",
    r"(?:^|[ ,.;:!?(])не (?:удаляй|отписывай|прекращай|переставай|убирай|исключай)",
    r"(?:不要|别|請勿|请勿)(?:把我)?(?:停止|退订|取消订阅|删除我|移除我|从名单)",
    r"(?:解除|削除|停止)(?:しないで|は不要)",
];

/// What ends the clause besides a mark.
const TURNS: &[&str] = &[
    " but ",
    " however ",
    " though ",
    " only ",
    " instead ",
    " and please ",
    " and stop ",
    " aber ",
    " sondern ",
    " mais ",
    " pero ",
    " sino ",
    " ma ",
    " però ",
    " maar ",
    " mas ",
    " porém ",
    " ale ",
    " но ",
    "但",
    "でも",
    "ただ",
];

#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests of this room"
)]
static STAY: LazyLock<Regex> = LazyLock::new(|| Regex::new(&BEGINNINGS.join("|")).unwrap());

/// A text of plain lower case without its clauses that ask to stay.
pub(super) fn without(text: &str) -> Cow<'_, str> {
    if !STAY.is_match(text) {
        return Cow::Borrowed(text);
    }
    let mut rest = text;
    let mut out = String::new();
    for _ in 0..CLAUSES_MAX {
        let Some(found) = STAY.find(rest) else { break };
        let (before, after) = (rest.get(..found.start()), rest.get(found.end()..));
        let (Some(before), Some(after)) = (before, after) else {
            break;
        };
        out.push_str(before);
        out.push(' ');
        let end = TURNS
            .iter()
            .filter_map(|turn| after.find(turn))
            .chain(after.find(MARKS))
            .min()
            .unwrap_or(after.len());
        rest = after.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out.split_whitespace().collect::<Vec<_>>().join(" "))
}

const MARKS: [char; 10] = ['.', ',', ';', ':', '!', '?', '。', '，', '、', '！'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_clause_that_asks_to_stay_is_left_out() {
        let cases = [
            (
                "please don't remove me from the list, but stop the digest",
                ", but stop the digest",
            ),
            (
                "never take us off the list but do not call",
                "but do not call",
            ),
            ("no dejen de escribirme", ""),
            ("löschen sie mich bitte nicht! danke", "! danke"),
        ];
        for (text, rest) in cases {
            assert_eq!(without(text).trim(), rest, "{text}");
        }
    }

    #[test]
    fn a_complaint_of_not_being_removed_is_no_wish_to_stay() {
        let texts = [
            "you still did not remove me",
            "if you do not remove me i will complain",
            "why don't you take me off",
            "i do not know how to unsubscribe",
        ];
        for text in texts {
            assert_eq!(without(text), text);
        }
    }
}
