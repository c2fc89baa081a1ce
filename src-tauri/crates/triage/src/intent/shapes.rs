//! Wishes to stop that no table of phrases can hold: kinds of words in an order, not far apart.

/// A kind of word: any of these, in lower case.
type Kind = &'static [&'static str];

#[rustfmt::skip] // tables
const TAKE: Kind = &["drop", "remove", "delete", "take", "strike", "get", "scrub", "purge", "erase", "exclude", "cut", "pull", "scratch", "clear", "cross", "trage", "tragen", "streichen", "nehmen", "nehmt", "löschen", "lösche", "entfernen", "retirez", "retirer", "effacez", "supprimez", "rayez", "ôtez", "eliminen", "borren", "saquen", "quiten", "togliete", "cancellate", "rimuovete", "haal", "verwijder", "schrap", "removam", "retirem", "apaguem"];
#[rustfmt::skip]
const ME: Kind = &["me", "us", "my", "our", "this", "it", "mich", "uns", "meine", "unsere", "moi", "nous", "mon", "notre", "mi", "nuestra", "il", "mij", "mijn", "ons", "o", "meu", "nosso"];
#[rustfmt::skip]
const LIST: Kind = &["list", "lists", "mailing", "mailings", "database", "system", "distribution", "outreach", "records", "contacts", "sequence", "newsletter", "newsletters", "crm", "campaign", "thing", "files", "verteiler", "liste", "kartei", "datenbank", "aus", "fichiers", "base", "listes", "lista", "listas", "registros", "elenco", "rubrica", "lijst", "bestand", "mailinglijst", "cadastro"];
#[rustfmt::skip]
const NOT: Kind = &["no", "not", "don't", "dont", "never", "without", "nothing", "stop", "nicht", "nichts", "keine", "nie", "ne", "plus", "rien", "aucun", "no", "nunca", "ningún", "nada", "non", "niente", "nessuna", "niet", "niets", "geen", "nooit", "não", "nenhum"];
#[rustfmt::skip]
const MORE: Kind = &["more", "further", "again", "anymore", "additional", "future", "mehr", "weitere", "weiteren", "weiterhin", "plus", "davantage", "jamais", "más", "mas", "nunca", "più", "ulteriori", "meer", "verdere", "mais"];
#[rustfmt::skip]
const MAIL: Kind = &["email", "emails", "e-mail", "e-mails", "mail", "mails", "message", "messages", "contact", "correspondence", "communication", "communications", "newsletters", "marketing", "solicitations", "solicitation", "nachricht", "nachrichten", "post", "kontaktaufnahme", "werbung", "courriels", "courriel", "sollicitations", "solliciter", "correos", "mensajes", "publicidad", "comunicazioni", "messaggi", "berichten", "reclame", "mailtjes", "mensagens"];
#[rustfmt::skip]
const SEND: Kind = &["receive", "get", "hear", "contact", "email", "mail", "write", "message", "send", "contacted", "emailed", "schicken", "schicke", "senden", "sende", "schreiben", "schreib", "erhalten", "bekommen", "envoyez", "recevoir", "écrivez", "envíen", "escriban", "recibir", "inviate", "scrivete", "ricevere", "stuur", "mailen", "ontvangen", "enviem", "escrevam", "receber", "receiving", "getting", "writing", "contacting", "emailing", "mailing", "messaging"];
#[rustfmt::skip]
const STOP: Kind = &["stop", "cease", "desist", "quit", "halt", "refrain", "discontinue", "enough", "hören", "unterlassen", "arrêtez", "cessez", "dejen", "paren", "smettete", "basta", "ophouden", "parem", "chega"];
#[rustfmt::skip]
const SENDING: Kind = &["sending", "emailing", "mailing", "contacting", "messaging", "writing", "correspondence", "emails", "mails", "messages", "spam", "spamming", "outreach", "schreiben", "mailen", "envois", "messages", "correos", "mensajes", "email", "mail", "mailtjes", "newsletter", "newsletters", "mailings"];
#[rustfmt::skip]
const ASKED: Kind = &["asked", "requested", "told", "begged", "gebeten", "demandé", "pedido", "chiesto", "gevraagd"];
#[rustfmt::skip]
const REMOVED: Kind = &["removed", "unsubscribed", "deleted", "off", "stop", "out", "gelöscht", "entfernt", "retiré", "désinscrit", "eliminado", "borrado", "rimosso", "verwijderd", "removido"];
#[rustfmt::skip]
const OUT: Kind = &["off", "out", "from", "of", "aus", "von", "de", "du", "des", "della", "dalla", "dal", "dai", "van", "uit", "da", "do", "das", "dos"];
const WISH: Kind = &["make", "please", "just", "can", "could", "want", "wish"];
const IT: Kind = &["it", "this", "these", "those"];
const STOPS: Kind = &["stop", "end", "cease"];

/// Kinds in their order, each with how many words may stand before it.
const SHAPES: &[&[(Kind, usize)]] = &[
    &[(TAKE, 0), (ME, 3), (OUT, 4), (LIST, 4)],
    &[(NOT, 0), (MORE, 5), (MAIL, 3)],
    &[(NOT, 0), (SEND, 4), (MORE, 5)],
    &[(SEND, 0), (NOT, 4), (MORE, 2)],
    &[(NOT, 0), (MAIL, 3), (MORE, 3)],
    &[(STOP, 0), (SENDING, 4)],
    &[(ASKED, 0), (REMOVED, 6)],
    &[(WISH, 0), (IT, 1), (STOPS, 0)],
];

/// Words of a text that are looked at.
const WORDS_MAX: usize = 200;

/// The words of the first wish to stop in a text of plain lower case; nothing if there is none.
pub(super) fn stop(text: &str) -> Option<String> {
    text.split(['.', '!', '?', ';', '\n'])
        .take(WORDS_MAX)
        .find_map(|sentence| {
            let words: Vec<&str> = sentence
                .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '-'))
                .filter(|word| !word.is_empty())
                .take(WORDS_MAX)
                .collect();
            SHAPES.iter().find_map(|shape| find(shape, &words))
        })
}

/// The first place where a shape stands, from each word that may begin it the nearest next.
fn find(shape: &[(Kind, usize)], words: &[&str]) -> Option<String> {
    let ((first, _), rest) = shape.split_first()?;
    words
        .iter()
        .enumerate()
        .filter(|(_, word)| first.contains(word))
        .find_map(|(from, _)| {
            let mut at = from;
            for (kind, gap) in rest {
                at = words
                    .iter()
                    .enumerate()
                    .skip(at + 1)
                    .take(gap + 1)
                    .find(|(_, word)| kind.contains(word))
                    .map(|(next, _)| next)?;
            }
            Some(words.get(from..=at)?.join(" "))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_to_stop_is_found_in_words_of_ones_own() {
        let wishes = [
            "please scratch our address off your list",
            "we want no further correspondence",
            "i don't want to hear anything from you again",
            "kindly cease all these emails",
            "i have asked twice to be removed",
            "could you make it stop",
            "schicken sie mir bitte nichts mehr",
            "ne m'écrivez plus, je ne veux plus recevoir de courriels",
            "stuur mij geen mails meer",
        ];
        for text in wishes {
            assert!(stop(text).is_some(), "{text}");
        }
    }

    #[test]
    fn other_wishes_are_not_taken_for_one() {
        let others = [
            "please send me more information by email",
            "i can't get the mail to work. more tomorrow",
            "take me through the list of features on a call",
            "we have no budget. contact us in may",
            "the train did not stop here",
        ];
        for text in others {
            assert_eq!(stop(text), None, "{text}");
        }
    }
}
