//! Words of somebody who wants to stay ("please don't remove me"), and of a list to its readers ("if
//! you no longer wish to receive this, click here"). They hold every word of a wish to stop, and
//! mean none; what else the text says still counts.
//!
//! Left out are those clauses alone. A wish to stay goes as far as the next mark or "but": "don't
//! take me off the list, but stop the daily digest" asks for something. An offer goes to the end of
//! its sentence: it is the reader who is to do something in it. One in which the writer asks for
//! something themselves is left in.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Clauses of one text that are left out.
const CLAUSES_MAX: usize = 20;

/// How such a clause begins. ASCII word boundaries, and a mark where the next letter may be none:
/// those of Unicode make the matcher crawl over other scripts.
/// "You did not remove me" is no wish to stay, so an order has its "not"
/// at its beginning, or behind a word of courtesy.
#[rustfmt::skip] // a table
const BEGINNINGS: &[&str] = &[
    r"(?:^(?: ?(?:and|or) )?|[.,;:!?(–—-] ?|(?-u:\b)(?:please|pls|plz|kindly|oh|no|hey|bitte|aber) )(?:don't|dont|do not|never|do never) (?:ever |please |yet |just )?(?:(?:unsubscribe|remove|delete|exclude|opt) (?:me|us|my|our)(?-u:\b)|take (?:me|us|my [a-z-]+|our [a-z-]+) (?:off|out|from)(?-u:\b)|stop (?:sending|emailing|mailing|writing|messaging|contacting|these|the|your|it)(?-u:\b)|cancel (?:my|our) (?:newsletter|subscription)(?-u:\b)|unsubscribe(?-u:\b))",
    r"(?:^|[ ,.;:!?(])(?:don't|dont|do not|didn't|did not|never|wouldn't|would not|no) (?:really |even )?(?:want|wanted|wish|wished|need|mean|meant|intend|plan|like|ask|asked|reason|need for)(?: you| anyone| us)? to (?:be |get )?(?:unsubscribed?|removed?(?-u:\b)|taken off|take (?:me|us) off|dropped|deleted|opted? out|stop (?:sending|emailing|receiving|getting|these|the|your)|leave (?:this|your|the) list)",
    r"(?:^|[ ,.;:!?(])(?:no|não|nao|nunca) (?:me |nos |se )?(?:dej[eé](?:n|s|is)?|deix(?:e|em|es)|pare[nm]?|ces[ea]n?) de(?-u:\b)",
    r"(?:^|[ ,.;:!?(])(?:no|não|nao|nunca) (?:me|nos) (?:den? de baja|(?:borre|elimine|quite|saque|retire|apague|tire|remova|exclua)[nsm]?)(?-u:\b)",
    r"(?:^|[ ,.;:!?(])non (?:mi |ci )?(?:smett\w+ di|togliet\w+|togliermi|cancellat?e?(?:mi|ci)|rimuove\w*(?:mi|ci)|toglia\w*)",
    r"(?:^|[.,;:!?(] ?|(?-u:\b)(?:svp|surtout|mais|merci) )(?:ne|n')\s?(?:m'|me |nous )?(?:cessez|arrêtez|arretez|retirez|supprimez|désabonnez|désinscrivez|enlevez)(?:-moi|-nous)? (?:pas|surtout pas|jamais)",
    r"(?:^|[.,;:!?(] ?|(?-u:\b)(?:bitte|aber|doch) )(?:löschen|entfernen|streichen|nehmen|tragen|melden) sie (?:mich|uns|meine \w+|unsere \w+) (?:bitte |doch |ja )?nicht(?-u:\b)",
    r"(?:^|[.,;:!?(] ?|(?-u:\b)(?:bitte|aber|doch) )hör(?:en sie|t)? (?:bitte |nur |ja )?nicht (?:damit )?auf",
    r"(?:^|[ ,.;:!?(])(?:verwijder|haal|schrap|meld) (?:me|mij|ons) (?:alsjeblieft |alstublieft |aub |toch )?niet(?-u:\b)",
    r"(?:^|[ ,.;:!?(])nie (?:usuwaj|wypisuj|przestawaj|skreślaj)(?:cie)?(?: |$)",
    r"(?:^|[ ,.;:!?(])не (?:удаляй|отписывай|прекращай|переставай|убирай|исключай)",
    r"(?:不要|别|請勿|请勿)(?:把我)?(?:停止|退订|取消订阅|删除我|移除我|从名单)",
    r"(?:解除|削除|停止)(?:しないで|は不要)",
];

/// What may follow "do not stop" and turns it into a wish to stop.
const DEEDS: &[&str] = &[
    "darme de baja",
    "darnos de baja",
    "borrar",
    "eliminar",
    "quitar",
    "retirar",
    "sacar",
    "remover",
    "apagar",
    "descadastrar",
    "cancellar",
    "toglier",
    "removing",
    "deleting",
    "unsubscribing",
];

/// How a list speaks to its readers: what they may want, and what they are to do then.
#[rustfmt::skip] // a table
const OFFERS: &[&str] = &[
    r"(?-u:\b)(?:if|should) you(?:'d| would| do)? (?:at any time |ever |also )?(?:(?:no longer|not|don't|prefer not|rather not) (?:(?:wish|want|like|care) )?(?:to )?(?:receive|get|hear|be contacted|see|want (?:any|these|our|more|us))(?-u:\b)|(?:wish|want|like|choose|decide|prefer) (?:to )?(?:no longer |not )?(?:to )?(?:be removed|be taken off|unsubscribe|opt[ -]out|receive|stop (?:receiving|getting|future|these))(?-u:\b))[^.!?;]{0,160}?(?:click|link|visit|(?-u:\b)go(?-u:\b)|follow|below|footer|https?:|www\.|copy|press|cancel|opt|unsub|reply|send|let us know|we will|we'll|we'd|you can|yourself|here)[^.!?;]*",
    r"(?-u:\b)you (?:can|may|could) (?:also |always |easily |safely |simply )*(?:unsubscribe|opt[ -]out)(?: (?:at|any|by|here|using|with|via|through|in|from (?:our|these|this|all|future)|if|yourself)(?-u:\b)|[:,]|$)[^.!?;]*",
    r"(?:^|[.,;:!?(*|>-] ?)(?:to (?:be removed|unsubscribe|opt[ -]out|stop receiving|leave this list)|for unsubscribing)(?-u:\b)[^.!?;]{0,80}?(?:click|visit|(?-u:\b)go(?-u:\b)|follow|send|reply|write to|use the|https?:|www\.|<)[^!?;]*",
    r"(?:^|[.,;:!?(] ?|(?-u:\b)(?:please|or|simply|just|then) )(?:click|visit|follow|go|press|log in)(?-u:\b)[^.!?;]{0,40} to (?:unsubscribe|opt[ -]out|be removed)(?-u:\b)[^.!?;]*",
    r"(?-u:\b)you(?:'re| are| have)? (?:receiving|received|receive|getting|get|subscribed to) (?:this|these|our|the|an?|emails?)(?-u:\b)[^.!?;]{0,60} because [^.!?;]*",
    r"(?-u:\b)wenn sie [^.!?;]{0,60}(?:erhalten|bekommen|empfangen|abmelden|abbestellen) (?:wollen|möchten|wünschen)[^.!?;]{0,60}?(?:klick|link|hier)[^.!?;]*",
    r"(?-u:\b)um sich [^.!?;]{0,60}(?:abzumelden|auszutragen|zu l(?:ö|oe)schen)[^.!?;]{0,60}?(?:klick|link|hier|http|mail an)[^.!?;]*",
    r"(?-u:\b)si vous ne (?:souhaitez|voulez|désirez) plus [^.!?;]{0,60}(?:recevoir|être)[^.!?;]{0,60}?(?:cliqu|lien|ici)[^.!?;]*",
    r"(?-u:\b)si (?:ya )?no (?:desea|deseas|quiere|quieres) [^.!?;]{0,60}(?:recibir|seguir)[^.!?;]{0,60}?(?:clic|enlace|aquí)[^.!?;]*",
    r"(?-u:\b)se non (?:vuoi|volete|vuole|desideri|desidera|desiderate) [^.!?;]{0,60}ricevere[^.!?;]{0,60}?(?:clic|link|qui)[^.!?;]*",
    r"(?-u:\b)als u [^.!?;]{0,60}(?:ontvangen|uitschrijven|afmelden)[^.!?;]{0,60}?(?:klik|link|hier)[^.!?;]*",
    r"(?-u:\b)se (?:não|já não) (?:deseja|quer|quiser|pretende) [^.!?;]{0,60}receber[^.!?;]{0,60}?(?:cliqu|link|aqui)[^.!?;]*",
];

/// Words of somebody who speaks of themselves: no list does.
const OWN: &[&str] = &[
    "i", "i'm", "i'll", "i've", "me", "my", "mich", "mir", "meine", "meinen", "moi", "mon", "mes",
    "mi", "mis", "mij", "mijn", "mio", "mia", "miei", "meu", "meus",
];

/// Orders of somebody who is written to. A list says "to remove this address" to its readers, so
/// what follows "to" is none; only "us" is always the writer.
#[rustfmt::skip] // a table
const ORDERS: &[&str] = &[
    r"(?-u:\b)(?P<to>to )?(?:unsubscribe|opt[ -]out|opt|remove|delete|exclude) (?:(?P<us>us)|our|this|these)(?-u:\b)",
    r"(?-u:\b)(?P<to_one>to )?(?:unsubscribe|opt[ -]out|remove|delete|exclude) [^ @]+@[^ @]",
    r"(?-u:\b)take (?:us|our [a-z-]+|this [a-z-]+|these [a-z-]+|[^ @]+@[^ @]+) (?:off|out|from)(?-u:\b)",
    r"(?-u:\b)stop (?:sending|emailing|mailing|writing|messaging|contacting|calling|spamming) (?:to )?us(?-u:\b)",
    r"(?-u:\b)(?:leave us alone|cancel our subscription)(?-u:\b)",
    r"(?-u:\b)we(?:'d| would)? (?:want|wish|like|need|ask|asked|demand|request) (?:to be (?:removed|taken off|unsubscribed|deleted|left alone)|(?:off|out|no more)(?-u:\b))",
    r"(?:entfernen|löschen|streichen|nehmen|tragen|melden) sie (?:bitte )?(?:uns|unsere|unseren|diese)(?-u:\b)",
    r"(?:retirez|supprimez|désabonnez|désinscrivez|enlevez)-nous(?-u:\b)",
    r"(?-u:\b)(?:borr|bórr|elimin|elimín|quit|quít|saqu|sáqu|retir|retír)[a-z]{1,4}nos(?-u:\b)",
    r"(?-u:\b)(?:cancellate|rimuovete|togliete)ci(?-u:\b)",
    r"(?-u:\b)(?:verwijder|haal|schrap|meld) ons(?-u:\b)",
    r"(?-u:\b)(?:remova|retire|exclua|tire)m?-nos(?-u:\b)",
];

/// What ends the clause besides a mark.
const TURNS: &[&str] = &[
    " but ",
    " however ",
    " though ",
    " only ",
    " instead ",
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
    " and ",
    " und ",
    " y ",
    " et ",
    " e ",
    " en ",
    " stop ",
    " unsubscribe ",
    " take me off",
];

#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests of this room"
)]
static STAY: LazyLock<Regex> = LazyLock::new(|| Regex::new(&BEGINNINGS.join("|")).unwrap());

#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests of this room"
)]
static OFFER: LazyLock<Regex> = LazyLock::new(|| Regex::new(&OFFERS.join("|")).unwrap());

#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests of this room"
)]
static ORDER: LazyLock<Regex> = LazyLock::new(|| Regex::new(&ORDERS.join("|")).unwrap());

/// A paragraph of plain lower case without its clauses that ask to stay or are said to readers.
pub(super) fn without(text: &str) -> Cow<'_, str> {
    let left = OFFER.replace_all(text, |found: &Captures<'_>| {
        let said = found.get(0).map_or("", |all| all.as_str());
        match is_of_the_writer(said) {
            true => said.to_owned(),
            false => " ".to_owned(),
        }
    });
    match left {
        Cow::Borrowed(text) => without_stay(text),
        Cow::Owned(text) => Cow::Owned(without_stay(&text).into_owned()),
    }
}

/// True if it speaks of whoever wrote it, or orders something for them.
fn is_of_the_writer(said: &str) -> bool {
    let mut words = said.split(|c: char| !c.is_alphanumeric() && c != '\'');
    words.any(|word| OWN.contains(&word))
        || ORDER.captures_iter(said).any(|order| {
            let offered = order.name("to").or_else(|| order.name("to_one"));
            offered.is_none() || order.name("us").is_some()
        })
}

fn without_stay(text: &str) -> Cow<'_, str> {
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
        if DEEDS
            .iter()
            .any(|deed| after.trim_start().starts_with(deed))
        {
            let (said, after) = rest.split_at(found.end());
            out.push_str(said);
            rest = after;
            continue;
        }
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

const MARKS: [char; 16] = [
    '.', ',', ';', ':', '!', '?', '–', '—', ')', '…', '。', '，', '、', '！', '？', '；',
];

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
    fn what_a_list_tells_its_readers_is_left_out() {
        let offers = [
            "if you no longer wish to receive these emails, click here",
            "you can unsubscribe at any time",
            "to unsubscribe, visit the page below",
            "you are receiving this because you signed up",
            "si vous ne souhaitez plus recevoir nos offres, cliquez ici",
            "wenn sie keine mails mehr erhalten möchten, klicken sie hier",
            "um sich aus der liste zu löschen, einfach hier klicken",
            "* to unsubscribe, send a mail to list@x.example with unsubscribe in the body",
            "to unsubscribe our newsletter, click here",
            "click here to unsubscribe this address from the list",
            "you are receiving this because we have your address",
        ];
        for text in offers {
            assert_eq!(without(text).trim(), "", "{text}");
        }
        let wishes = [
            "if you write again i will report you",
            "if you could remove me that would be great",
            "i want to unsubscribe",
            "could you unsubscribe me please",
            "how do i opt out of this",
            "i would like to be removed from your list",
            "you keep emailing me after i opted out",
            "when you receive this please take me off your list",
            "if you do not want to hear from my lawyer unsubscribe me",
            "the click to unsubscribe does nothing",
            "i clicked to unsubscribe and nothing happened",
            "please go ahead and unsubscribe us from your newsletter.",
            "go ahead and unsubscribe this address",
            "just go ahead and opt out info@acme.example",
            "if you do not want to hear from our lawyers, unsubscribe us.",
            "if you do not want to hear from our lawyers, stop sending us offers",
            "if you do not want to see us in court, you can opt us out here",
            "if you do not want to hear from our lawyers, opt out info@acme.example",
            "you are receiving this because we want to be removed from your list",
            "wenn sie keine klage bekommen wollen, nehmen sie uns hier heraus",
            "si vous ne voulez plus recevoir de plaintes, désabonnez-nous ici",
        ];
        for text in wishes {
            assert_eq!(without(text), text);
        }
    }

    #[test]
    fn a_complaint_of_not_being_removed_is_no_wish_to_stay() {
        let texts = [
            "you still did not remove me",
            "if you do not remove me i will complain",
            "why don't you take me off",
            "i do not know how to unsubscribe",
            "you promise every time but never remove me",
            "ya lo pedí y todavía no me borraron de su lista",
            "¿por qué no me eliminan de la lista?",
            "ainda não me removeram",
            "warum löschen sie mich nicht aus dem verteiler?",
            "państwo nie usuwają moich danych",
            "vous ne me désabonnez pas malgré ma demande",
            "please do not leave me on your mailing list",
            "don't drop me another email",
            "schrijf mij niet meer",
            "no dejen de darme de baja",
        ];
        for text in texts {
            assert_eq!(without(text), text);
        }
    }
}
