//! The marks mail programs leave around what is not new, in the languages they speak.
//!
//! To teach it a language: its verb in `VERBS`, its header labels in `FROM` and `OTHERS`, its
//! separator in `ORIGINAL` or `FORWARDED`, what its phones say in `PROGRAM_LINES`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use crate::text::start;

/// Lines a headline such as "On …, … wrote:" may be broken into.
const HEADLINE_LINES_MAX: usize = 5;
/// Octets of such a headline.
const HEADLINE_OCTETS_MAX: usize = 400;
/// Octets of a line in which a label is looked for.
const LABEL_OCTETS_MAX: usize = 160;
/// Characters of a label.
const LABEL_CHARS_MAX: usize = 20;
/// Lines below a `From:` in which its companions are looked for.
const BLOCK_LINES_MAX: usize = 9;

/// A headline of a message inside a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Headline {
    /// Of a quote.
    Quote,
    /// Of a forward.
    Forward,
}

/// How a headline ends, before its colon.
#[rustfmt::skip] // a table
const VERBS: &[&str] = &[
    "wrote", "writes", "sent", "said", "schrieb", "geschrieben", "geschreven", "schreef", "a écrit", "a ecrit", "escribió", "escribio", "escreveu", "ha scritto", "scritto", "skrev", "kirjoitti", "napisał(a)", "napisał", "napisała", "napsal(a)", "napsal", "napísal", "írta", "a scris", "пише", "пишет", "написал", "написала", "написал(а)", "написав", "писал", "đã viết", "yazdı", "şunu yazdı", "έγραψε", "כתב", "כתבה", "写道", "寫道", "写", "のメール", "書きました", "님이 작성", "작성", "menulis", "napisao", "je napisao", "rakstīja", "parašė", "kirjutas", "schreef het volgende", "het volgende geschreven", "escriuré", "va escriure", "idatzi du", "เขียนว่า", "كتب",
];

/// Those of them that stand at a headline's end alone.
const ENGLISH: &[&str] = &["wrote", "writes", "sent", "said"];
/// Those of them that people end a sentence with: without an address they need a time of day.
const IN_PROSE: &[&str] = &["writes", "sent", "said"];
/// Words a name may have.
const NAME_WORDS_MAX: usize = 8;

/// How a headline begins, in lower case.
#[rustfmt::skip] // a table
const LEADS: &[&str] = &[
    "on", "am", "le", "el", "em", "il", "in", "op", "den", "på", "pe", "w", "dnia", "vào", "at", "a", "ma", "ti", "ke", "to", "la", "su", "den", "il giorno", "dne", "dňa", "στις", "в", "vr", "za", "zo", "di", "wo", "do",
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "lun", "mar", "mer", "jeu", "ven", "sam", "dim", "пн", "вт", "ср", "чт", "пт", "сб", "вс", "ср,", "pon", "wt", "śr", "czw", "pt", "sob", "jan", "feb", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Labels that begin a header block, in lower case.
#[rustfmt::skip] // a table
const FROM: &[&str] = &[
    "from", "von", "de", "da", "van", "från", "fra", "lähettäjä", "od", "от", "від", "expéditeur", "mittente", "remitente", "feladó", "kimden", "gönderen", "från", "发件人", "寄件者", "寄件人", "差出人", "送信者", "보낸 사람", "보낸사람", "message du", "de la", "από", "מאת", "من", "reply-to",
];

/// Labels of the other lines, in lower case.
#[rustfmt::skip] // a table
const OTHERS: &[&str] = &[
    "sent", "date", "to", "cc", "subject", "gesendet", "datum", "an", "betreff", "kopie", "envoyé", "envoyé le", "à", "a", "copie à", "cc", "objet", "sujet", "enviado", "enviado el", "enviada em", "fecha", "para", "asunto", "assunto", "data", "inviato", "oggetto", "verzonden", "aan", "onderwerp", "skickat", "till", "ämne", "kopia", "sendt", "til", "emne", "dato", "lähetetty", "vastaanottaja", "aihe", "päiväys", "wysłano", "wysłane", "do", "temat", "dw", "отправлено", "дата", "кому", "тема", "копия", "odesláno", "komu", "předmět", "elküldve", "címzett", "tárgy", "gönderildi", "kime", "konu", "发送时间", "收件人", "主题", "日期", "抄送", "主旨", "收件者", "日時", "送信日時", "宛先", "件名", "보낸 날짜", "받는 사람", "제목", "risposta", "reply to", "répondre à", "antworten an", "mailed", "importance",
];

/// Those of them that only mail has, in lower case.
#[rustfmt::skip] // a table
const OF_MAIL: &[&str] = &[
    "sent", "cc", "subject", "gesendet", "betreff", "envoyé", "envoyé le", "copie à", "objet", "sujet", "enviado", "enviado el", "enviada em", "asunto", "assunto", "inviato", "oggetto", "verzonden", "onderwerp", "skickat", "ämne", "sendt", "emne", "lähetetty", "vastaanottaja", "aihe", "wysłano", "wysłane", "temat", "отправлено", "тема", "odesláno", "předmět", "elküldve", "címzett", "tárgy", "gönderildi", "konu", "发送时间", "收件人", "主题", "抄送", "主旨", "收件者", "送信日時", "宛先", "件名", "보낸 날짜", "받는 사람", "제목",
];

/// What stands between dashes above a quote, in lower case.
#[rustfmt::skip] // a table
const ORIGINAL: &[&str] = &[
    "original message", "original appointment", "reply message", "ursprüngliche nachricht", "originalnachricht", "antwort nachricht", "original-nachricht", "message d'origine", "message original", "mensaje original", "mensagem original", "messaggio originale", "oorspronkelijk bericht", "origineel bericht", "oprindelig besked", "oprindelig meddelelse", "ursprungligt meddelande", "originalmeddelande", "opprinnelig melding", "alkuperäinen viesti", "wiadomość oryginalna", "oryginalna wiadomość", "исходное сообщение", "původní zpráva", "eredeti üzenet", "orijinal mesaj", "原始邮件", "原始郵件", "元のメッセージ", "원본 메시지", "원본 메일", "replied message", "mesaj original",
];

/// What stands above a forward, in lower case.
#[rustfmt::skip] // a table
const FORWARDED: &[&str] = &[
    "forwarded message", "forwarded by", "begin forwarded message", "weitergeleitete nachricht", "anfang der weitergeleiteten", "message transféré", "début du message", "début du message réexpédié", "mensaje reenviado", "mensagem encaminhada", "messaggio inoltrato", "inizio messaggio inoltrato", "doorgestuurd bericht", "begin doorgestuurd bericht", "videresendt", "vidarebefordrat", "välitetty viesti", "wiadomość przekazana", "пересылаемое сообщение", "пересланное сообщение", "přeposlaná zpráva", "转发的邮件", "転送メッセージ", "전달된 메시지",
];

/// What mail programs say about themselves, in lower case.
#[rustfmt::skip] // a table
const PROGRAM_LINES: &[&str] = &[
    "sent from my ", "sent from mail for", "sent from outlook", "sent from yahoo", "sent from samsung", "sent from gmail", "sent from proton", "get outlook for", "get bluemail for", "sent on the go", "envoyé de mon ", "télécharger outlook", "obtenez outlook", "outlook für", "holen sie sich outlook", "diese nachricht wurde von meinem", "enviado do meu", "enviado de mi", "obtener outlook", "ottieni outlook", "verstuurd vanaf", "verzonden vanaf", "outlook voor", "hämta outlook", "hent outlook", "hanki outlook", "надіслано з", "odesláno z", "iphoneから送信", "ipadから送信", "发自我的", "從我的", "내 iphone에서", "나의 iphone에서", "sent from iphone", "sent from ipad", "sent from android", "poslané z", "küldve az",
];

/// The same, said so freely that only a short line is believed.
#[rustfmt::skip] // a table
const DEVICE_LINES: &[&str] = &[
    "sent from ", "sent by ", "sent using ", "sent via ", "sent with ", "gesendet von ", "gesendet mit ", "gesendet aus", "envoyé depuis ", "envoyé à partir ", "von meinem ", "enviado desde ", "enviado a partir", "inviato da", "skickat från", "sendt fra", "lähetetty ", "отправлено с", "отправлено из", "wysłane z", "wysłano z", "downloaded from", "from my iphone", "from my ipad", "from my android", "from my mobile", "from my phone", "someone from mobile", "get [outlook", "get outlook", "get [", "從我的", "发自", "發自", "来自我的", "verzonden met", "verzonden via", "envoyé avec", "envoyé par ", "gesendet über", "inviato con", "inviato dal mio", "enviado con ", "enviado pelo", "enviado através", "mobil gesendet", "unterwegs gesendet", "skickat med", "wysłane przez", "отправлено через", "please excuse typ", "excuse brevity", "please excuse brevity",
];

#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests of this room"
)]
// ASCII classes throughout: Unicode word boundaries make the matcher crawl over non-ASCII text.
static TIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[0-9]{1,2} ?[:.h] ?[0-9]{2}").unwrap());
#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests of this room"
)]
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}|(?-u:\b)(?:19|20)[0-9][0-9](?-u:\b)")
        .unwrap()
});
#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests of this room"
)]
static ADDRESS_END: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?:@[^\s@<>]+>?\)?|>|")\s*:?$"#).unwrap());

/// True if a line is marked as a quote: `>`, or `|` as some programs write. What points at both its
/// ends (`>>> here <<<`) is drawn by a person.
pub(super) fn is_quoted(line: &str) -> bool {
    let bare = line.trim();
    let is_bar = bare.starts_with("| ") && !bare.ends_with('|');
    (bare.starts_with('>') && !(bare.starts_with(">>") && bare.ends_with("<<")))
        || is_bar
        || bare == "|"
}

/// A line and what is asked of it more than once: each line takes part in the reading of several
/// above it, and must not be read anew for each.
pub(super) struct Line<'a> {
    raw: &'a str,
    /// In plain lower case.
    bare: String,
    label: Option<Label>,
    is_quoted: bool,
    has_address: bool,
    may_end_headline: bool,
}

/// What the word before the colon at the beginning of a line says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    /// Who wrote.
    From,
    /// Another field of a letter's head.
    Other,
    /// One that only mail has.
    OfMail,
}

impl<'a> Line<'a> {
    pub(super) fn of(raw: &'a str) -> Self {
        let bare = plain(raw);
        Self {
            raw,
            label: label(raw),
            is_quoted: is_quoted(raw),
            has_address: raw.contains('@'),
            may_end_headline: may_end_headline(&bare),
            bare,
        }
    }
}

/// The headline that begins at a line, and the line after it.
///
/// Costs what a few lines cost, whatever they are: the patterns are asked only of lines that end
/// as a headline does.
pub(super) fn headline(lines: &[Line<'_>], at: usize) -> Option<(Headline, usize)> {
    let line = lines.get(at)?;
    if line.bare.is_empty() {
        return None;
    }
    if let Some(kind) = separator(line.raw, &line.bare) {
        return Some((kind, at + 1));
    }
    if is_header_block(lines, at) {
        return Some((Headline::Quote, at + 1));
    }
    // A rule above a header block or another headline belongs to it.
    if is_rule(&line.bare) {
        let next = (at + 1..lines.len().min(at + 4)).find(|i| {
            lines
                .get(*i)
                .is_some_and(|line| !line.raw.trim().is_empty())
        })?;
        if is_header_block(lines, next) {
            return Some((Headline::Quote, next + 1));
        }
        return None;
    }
    somebody_wrote(lines, at).map(|to| (Headline::Quote, to))
}

/// A line without marks of emphasis around it, in lower case, spaces of all kinds made plain.
fn plain(line: &str) -> String {
    let trimmed = line
        .trim()
        .trim_matches(['*', '\u{200b}', '\u{feff}', '\u{200e}']);
    trimmed
        .chars()
        .map(|c| match c {
            '\u{a0}' | '\u{202f}' | '\u{2009}' => ' ',
            '\u{2019}' => '\'',
            other => other,
        })
        .collect::<String>()
        .to_lowercase()
}

/// `-----Original Message-----` and its like.
fn separator(line: &str, bare: &str) -> Option<Headline> {
    let words = bare.trim_matches(['-', '_', '=', ' ', '*', ':', '\u{2013}', '\u{2014}']);
    if words.len() > 80 {
        return None;
    }
    let is_marked = line.trim().starts_with(['-', '_', '=', '*', '\u{2014}']);
    let stands = |table: &[&str]| {
        table
            .iter()
            .any(|one| words.starts_with(one) && words.len() <= one.len() + 30)
    };
    if stands(FORWARDED) && (is_marked || bare.ends_with(':')) {
        return Some(Headline::Forward);
    }
    (stands(ORIGINAL) && is_marked).then_some(Headline::Quote)
}

/// A line of dashes, underscores or equal signs.
fn is_rule(bare: &str) -> bool {
    bare.chars().count() >= 3 && bare.chars().all(|c| "-_=\u{2014}\u{2500} ".contains(c))
}

/// `From: …` with `Sent:`, `To:`, `Subject:` or their like below.
fn is_header_block(lines: &[Line<'_>], at: usize) -> bool {
    let Some((line, label)) = lines
        .get(at)
        .and_then(|line| line.label.map(|label| (line, label)))
    else {
        return false;
    };
    if label == Label::From {
        let next = lines.get(at + 1);
        // Two lines are enough where the first has an address and the second a date.
        if line.has_address
            && next.is_some_and(|next| {
                matches!(next.label, Some(Label::Other | Label::OfMail))
                    && (TIME.is_match(next.raw) || DATE.is_match(next.raw))
            })
        {
            return true;
        }
        let labels = || {
            lines
                .iter()
                .skip(at + 1)
                .take(BLOCK_LINES_MAX)
                .take_while(|line| !line.is_quoted)
                .filter_map(|line| line.label)
        };
        // A person writes "From: … To: … Date: …" of a journey as well.
        let is_mail = || {
            lines
                .iter()
                .skip(at)
                .take(BLOCK_LINES_MAX)
                .any(|line| line.has_address)
                || labels().any(|label| label == Label::OfMail)
        };
        return labels().nth(1).is_some() && is_mail();
    }
    // Blocks that begin with the date or the subject: all their lines are labels, one a sender.
    let next = || {
        lines
            .iter()
            .skip(at + 1)
            .take(3)
            .filter_map(|line| line.label)
    };
    next().count() == 3 && next().any(|label| label == Label::From)
}

/// The label a line begins with.
fn label(line: &str) -> Option<Label> {
    // A label is short; a line may be all there is.
    let head = start(line, LABEL_OCTETS_MAX);
    if !head.contains([':', '\u{ff1a}']) {
        return None;
    }
    let bare = plain(head);
    let (label, _) = bare.split_once([':', '\u{ff1a}'])?;
    let label = label.trim_matches(['*', ' ']);
    if label.chars().count() > LABEL_CHARS_MAX {
        None
    } else if FROM.contains(&label) {
        Some(Label::From)
    } else if OF_MAIL.contains(&label) {
        Some(Label::OfMail)
    } else {
        OTHERS.contains(&label).then_some(Label::Other)
    }
}

/// "On …, … wrote:" in its many forms, over several lines; says the line after it.
fn somebody_wrote(lines: &[Line<'_>], at: usize) -> Option<usize> {
    let first = lines.get(at)?;
    // Most lines are neither: they must not cost the reading of five.
    let opening = start(&first.bare, 60).trim_start_matches(['-', '_', '=', ' ', '*']);
    let begins = begins_like_one(opening);
    let may_be = begins
        || first.raw.contains(['@', '<', '"'])
        || lines.get(at + 1).is_some_and(|next| next.has_address);
    if !may_be || first.raw.len() > HEADLINE_OCTETS_MAX {
        return None;
    }
    let is_dated = begins && (TIME.is_match(opening) || DATE.is_match(opening));
    let mut joined = String::new();
    let lines_max = if is_dated {
        HEADLINE_LINES_MAX + 2
    } else {
        HEADLINE_LINES_MAX
    };
    for to in at..lines.len().min(at + lines_max) {
        let line = lines.get(to)?;
        // The `>` of an address that was broken before it is no quote.
        let bare = line.raw.trim();
        let is_rest = to > at && bare.len() < 40 && bare.starts_with('>') && bare.ends_with(':');
        // Some programs break the address off with an empty line.
        if bare.is_empty() && is_dated && to > at && !joined.contains('@') {
            continue;
        }
        if bare.is_empty()
            || (line.is_quoted && !is_rest)
            || joined.len() + line.bare.len() > 2 * HEADLINE_OCTETS_MAX
        {
            return None;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(&line.bare);
        if line.may_end_headline && is_wrote(&joined, to > at) {
            return Some(to + 1);
        }
    }
    None
}

/// True if a headline may end with a line: in its colon, its verb or an address.
fn may_end_headline(bare: &str) -> bool {
    let text = bare.trim_end_matches(['-', ' ', '*', '=', '.']);
    let last = text.rsplit(' ').next().unwrap_or_default();
    text.len() < bare.len()
        || last.is_empty()
        || last.ends_with([':', '\u{ff1a}', '>', '"'])
        || last.contains('@')
        || VERB_ENDS.iter().any(|end| last.ends_with(end))
}

/// The last word of each verb: a headline may be broken within one.
static VERB_ENDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    VERBS
        .iter()
        .filter_map(|verb| verb.rsplit(' ').next())
        .collect()
});

fn is_wrote(joined: &str, is_broken: bool) -> bool {
    if joined.len() > HEADLINE_OCTETS_MAX {
        return false;
    }
    let text = joined.trim_matches(['-', ' ', '*', '=']);
    let has_address = text.contains('@');
    let has_when = || {
        text.chars().any(|c| c.is_ascii_digit())
            && (text.chars().count() > 15 || DATE.is_match(text) || TIME.is_match(text))
    };
    let leads = begins_like_one(text);
    let open = text
        .trim_end_matches([':', '\u{ff1a}', ' ', '.', '>'])
        .trim_end();
    let ends_in_verb = VERBS.iter().any(|verb| {
        open.strip_suffix(verb).is_some_and(|before| {
            before.is_empty() || !before.ends_with(|c: char| c.is_ascii_alphanumeric())
        })
    });
    let has_colon = text.ends_with([':', '\u{ff1a}']) || joined.ends_with(['-', '\u{ff1a}']);
    if ends_in_verb && (has_colon || has_address) {
        let is_prose = !has_address && IN_PROSE.iter().any(|verb| open.ends_with(verb));
        return (leads && has_when() && (!is_prose || TIME.is_match(text)))
            || (has_address && !is_broken)
            || (has_address && leads);
    }
    // The verb stands before the name: "Am … schrieb Ann <…>:", "… skrev …:".
    // Looking for every verb is what costs: only where all the rest is there.
    if has_colon && (leads || has_address) && has_when() && has_verb(text) {
        return true;
    }
    // No verb at all: "2027-05-03 10:00 GMT+02:00 Ann <a@b.example>:".
    let begins_dated = text.chars().take(6).any(|c| c.is_ascii_digit()) || leads;
    begins_dated
        && has_address
        && DATE.is_match(text)
        && ADDRESS_END.is_match(text)
        && ((has_colon && TIME.is_match(text)) || begins_with_date(text))
}

/// True if a verb of a headline stands in it as a word before a name, not at its beginning. English
/// puts it last: "in 2027 we wrote to you about this:" is a sentence.
fn has_verb(text: &str) -> bool {
    let Some(matcher) = VERBS_BEFORE_NAMES.as_ref() else {
        return false;
    };
    matcher.find_overlapping_iter(text).any(|verb| {
        let after = text.get(verb.end()..).unwrap_or_default();
        verb.start() > 0
            && after.starts_with([' ', ':', ','])
            && (after.contains('@')
                || after.split_whitespace().take(NAME_WORDS_MAX + 1).count() <= NAME_WORDS_MAX)
    })
}

static VERBS_BEFORE_NAMES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let verbs = VERBS
        .iter()
        .filter(|verb| verb.len() > 3 && !ENGLISH.contains(verb));
    AhoCorasick::new(verbs).ok()
});

fn begins_with_date(text: &str) -> bool {
    DATE.find(text).is_some_and(|found| found.start() == 0)
}

fn begins_like_one(text: &str) -> bool {
    let first = text.split([' ', ',']).next().unwrap_or_default();
    let first = first.trim_end_matches('.');
    LEADS.contains(&first) || first.chars().next().is_some_and(|c| c.is_ascii_digit())
}

/// A line above a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rule {
    /// `-- ` (RFC 3676), and a line of underscores as lists put above their footers.
    Known,
    /// What people type instead, and also between two paragraphs.
    Typed,
}

/// The line above a signature that a line is.
pub(super) fn signature_rule(line: &str) -> Option<Rule> {
    let bare = line.trim_end();
    let all =
        |mark: char, least: usize| bare.chars().count() >= least && bare.chars().all(|c| c == mark);
    if bare == "--" || bare == "__" || all('_', 5) {
        return Some(Rule::Known);
    }
    (bare == "---" || all('\u{2014}', 1)).then_some(Rule::Typed)
}

/// True if a line reads like one of a signature: short, and no sentence.
pub(super) fn is_card_line(line: &str) -> bool {
    let bare = line.trim();
    bare.chars().count() <= CARD_CHARS_MAX
        && (!bare.ends_with(['.', '?', '!', ':']) || bare.split(' ').count() <= 3)
}

/// Characters of a line of a signature.
const CARD_CHARS_MAX: usize = 60;

/// A line a mail program adds about itself.
pub(super) fn is_program_line(line: &str) -> bool {
    let bare = plain(line);
    let bare = bare.trim_start_matches(['<', '(', '[', '*', '_', ' ']);
    let is_said = |table: &[&str]| table.iter().any(|one| bare.starts_with(one));
    (bare.chars().count() <= 120 && is_said(PROGRAM_LINES))
        || (without_links(bare) <= DEVICE_CHARS_MAX
            && is_said(DEVICE_LINES)
            && !(bare.ends_with(['.', '!', '?']) && bare.split(' ').count() > DEVICE_WORDS_MAX))
}

/// Characters of a line freely said.
const DEVICE_CHARS_MAX: usize = 60;
/// Words of such a line that ends like a sentence: "sent with the courier on monday." is one.
const DEVICE_WORDS_MAX: usize = 5;

/// The characters of a line, those of links in it not counted.
fn without_links(line: &str) -> usize {
    line.split([' ', '(', '<', '['])
        .filter(|word| !word.contains("://"))
        .map(|word| word.chars().count() + 1)
        .sum()
}
