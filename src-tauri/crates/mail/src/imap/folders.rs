//! Which of a server's folders are read, and what for: as the server marks them (RFC 6154), else by
//! the names mail programs give them, and as a person chose them.

use async_imap::types::{Name, NameAttribute};
use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The base64 of mailbox names: `,` for `/`, and no padding (RFC 3501, section 5.1.3).
const MUTF7: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What a folder is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FolderUse {
    /// Mail arrives here.
    Inbox,
    /// The server's own judgement put it here; bounces are found here too.
    Junk,
    /// Copies of what was sent.
    Sent,
}

/// One folder to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folder {
    /// Its name as the server has it.
    pub name: String,
    /// What it is for.
    pub kind: FolderUse,
}

/// The folders to read, and those that were chosen and are not there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Folders {
    /// The inbox first.
    pub found: Vec<Folder>,
    /// As they were chosen.
    pub missing: Vec<String>,
}

/// Names of junk folders where the server marks none, in lower case.
#[rustfmt::skip] // a table: a line per language or so
const JUNK: &[&str] = &[
    "junk", "spam", "bulk mail", "junk mail", "junk e-mail", "junk email",
    "junk-e-mail", "spamverdacht", "unerwünscht",
    "courrier indésirable", "indésirables", "pourriel",
    "correo no deseado", "no deseado",
    "posta indesiderata", "indesiderata",
    "lixo eletrônico", "lixo eletrónico",
    "ongewenste e-mail", "ongewenst",
    "wiadomości-śmieci", "skräppost", "søppelpost", "uønsket mail", "roskaposti",
    "спам", "нежелательная почта", "önemsiz",
    "垃圾邮件", "垃圾郵件", "迷惑メール", "스팸메일함",
];
/// The same for Sent.
#[rustfmt::skip] // a table: a line per language or so
const SENT: &[&str] = &[
    "sent", "sent items", "sent messages", "sent mail", "sent-mail",
    "gesendet", "gesendete elemente", "gesendete objekte", "gesendete nachrichten",
    "envoyés", "éléments envoyés", "messages envoyés",
    "enviados", "elementos enviados", "mensajes enviados", "correo enviado",
    "itens enviados", "mensagens enviadas",
    "inviata", "inviati", "posta inviata", "elementi inviati",
    "verzonden", "verzonden items", "verzonden berichten",
    "wysłane", "elementy wysłane",
    "skickat", "skickade objekt", "sendt", "sendt post", "sendte elementer", "lähetetyt",
    "odeslaná pošta", "odeslané", "elküldött elemek", "elküldött", "trimise",
    "отправленные", "надіслані", "gönderilmiş öğeler", "gönderilenler",
    "已发送", "已发送邮件", "寄件備份", "送信済み", "送信済みメール", "送信済みアイテム", "보낸편지함",
];

/// One folder as the server lists it.
pub(super) struct Row<'a> {
    name: &'a str,
    delimiter: Option<&'a str>,
    marked: Option<FolderUse>,
    can_open: bool,
}

impl<'a> Row<'a> {
    pub(super) fn of(name: &'a Name) -> Self {
        let said = |wanted: &NameAttribute<'_>| name.attributes().contains(wanted);
        Row {
            name: name.name(),
            delimiter: name.delimiter(),
            marked: match (said(&NameAttribute::Sent), said(&NameAttribute::Junk)) {
                (true, _) => Some(FolderUse::Sent),
                (false, true) => Some(FolderUse::Junk),
                (false, false) => None,
            },
            can_open: !said(&NameAttribute::NoSelect),
        }
    }

    /// What the name says it is for, below the inbox or not.
    fn named(&self) -> Option<FolderUse> {
        let name = decoded(self.name).to_lowercase();
        let delimiter = self.delimiter.unwrap_or_default().to_lowercase();
        let below = ["inbox", "[gmail]", "[google mail]"]
            .into_iter()
            .find_map(|above| {
                let rest = name.strip_prefix(above)?.strip_prefix(delimiter.as_str());
                rest.filter(|_| !delimiter.is_empty())
            });
        let name = below.unwrap_or(&name);
        if SENT.contains(&name) {
            Some(FolderUse::Sent)
        } else if JUNK.contains(&name) {
            Some(FolderUse::Junk)
        } else {
            None
        }
    }

    /// True if a person means this folder: as they read its name, or as the server writes it.
    fn is(&self, wanted: &str) -> bool {
        wanted == self.name || wanted == decoded(self.name)
    }
}

/// The folders to read: `wanted`, or the inbox, Junk and Sent. Sent is read whatever is wanted.
pub(super) fn to_read(rows: &[Row<'_>], wanted: &[String]) -> Folders {
    let is_inbox = |name: &str| name.eq_ignore_ascii_case("INBOX");
    let is_marked = |kind| rows.iter().any(|row| row.marked == Some(kind));
    let mut found = vec![Folder {
        name: "INBOX".to_owned(),
        kind: FolderUse::Inbox,
    }];
    for row in rows
        .iter()
        .filter(|row| row.can_open && !is_inbox(row.name))
    {
        // A name is a guess, and none is needed where the server says it, unless a person chose
        // the folder: then it is what it is called.
        let named = row.named().filter(|kind| !is_marked(*kind));
        let is_wanted = wanted.iter().any(|wanted| row.is(wanted));
        let kind = match row.marked.or(named) {
            Some(FolderUse::Sent) => FolderUse::Sent,
            Some(kind) if wanted.is_empty() || is_wanted => kind,
            None if is_wanted => row.named().unwrap_or(FolderUse::Inbox),
            Some(_) | None => continue,
        };
        found.push(Folder {
            name: row.name.to_owned(),
            kind,
        });
    }
    let is_there = |wanted: &str| {
        let mut open = rows.iter().filter(|row| row.can_open);
        is_inbox(wanted) || open.any(|row| row.is(wanted))
    };
    let missing = wanted.iter().filter(|wanted| !is_there(wanted));
    Folders {
        missing: missing.cloned().collect(),
        found,
    }
}

/// A folder's name as a person reads it; as it stands where it is not in modified UTF-7.
pub(super) fn decoded(name: &str) -> String {
    let mut text = String::new();
    let mut rest = name;
    while let Some((plain, coded)) = rest.split_once('&') {
        text.push_str(plain);
        let Some((coded, after)) = coded.split_once('-') else {
            return name.to_owned();
        };
        match coded {
            "" => text.push('&'),
            coded => match utf16(coded) {
                Some(read) => text.push_str(&read),
                None => return name.to_owned(),
            },
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

fn utf16(coded: &str) -> Option<String> {
    let bytes = MUTF7.decode(coded).ok()?;
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    String::from_utf16(&units).ok().filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_a_person_reads_it() {
        for (name, read) in [
            ("B&APw-ro", "Büro"),
            ("Entw&APw-rfe", "Entwürfe"),
            ("&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-", "Отправленные"),
            ("Tom &- Ann", "Tom & Ann"),
            ("&2D3eAA-", "😀"),
            ("plain/under", "plain/under"),
            // What is no modified UTF-7 stays as it is.
            ("Tom & Ann", "Tom & Ann"),
            ("R&D-x", "R&D-x"),
            ("&!!-", "&!!-"),
            ("&2D0-", "&2D0-"),
            ("Büro", "Büro"),
        ] {
            assert_eq!(decoded(name), read, "{name}");
        }
    }

    fn row(name: &'static str, marked: Option<FolderUse>) -> Row<'static> {
        Row {
            name,
            delimiter: Some("."),
            marked,
            can_open: true,
        }
    }

    fn read(rows: &[Row<'_>], wanted: &[&str]) -> (Vec<(String, FolderUse)>, Vec<String>) {
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let Folders { found, missing } = to_read(rows, &wanted);
        let found = found.into_iter().skip(1);
        (found.map(|one| (one.name, one.kind)).collect(), missing)
    }

    #[test]
    fn a_chosen_folder_is_found_by_either_name_and_missed_by_none() {
        let shut = Row {
            can_open: false,
            ..row("Shared", None)
        };
        let rows = [row("INBOX", None), row("B&APw-ro", None), shut];
        let office = vec![("B&APw-ro".to_owned(), FolderUse::Inbox)];
        assert_eq!(read(&rows, &["Büro"]), (office.clone(), vec![]));
        assert_eq!(read(&rows, &["B&APw-ro", "inbox"]), (office, vec![]));
        let gone = ["Buero", "Shared"].map(str::to_owned).to_vec();
        assert_eq!(read(&rows, &["Buero", "Shared"]), (vec![], gone));
        assert_eq!(read(&rows, &[]), (vec![], vec![]));
    }

    #[test]
    fn sent_and_junk_are_known_by_their_names_where_the_server_marks_none() {
        for (name, kind) in [
            ("Sent", FolderUse::Sent),
            ("INBOX.Sent", FolderUse::Sent),
            ("Gesendete Elemente", FolderUse::Sent),
            ("INBOX.Envoy&AOk-s", FolderUse::Sent),
            ("&kAFP4W4IMH8w4TD8MOs-", FolderUse::Sent),
            ("INBOX.spam", FolderUse::Junk),
            ("Courrier ind&AOk-sirable", FolderUse::Junk),
        ] {
            let known = vec![(name.to_owned(), kind)];
            assert_eq!(read(&[row(name, None)], &[]), (known, vec![]), "{name}");
        }
        assert_eq!(read(&[row("Projects.Sent", None)], &[]), (vec![], vec![]));
        let marked = [row("Out", Some(FolderUse::Sent)), row("Sent", None)];
        let only = vec![("Out".to_owned(), FolderUse::Sent)];
        assert_eq!(read(&marked, &[]), (only, vec![]));
        // A second one is read as what it is called, if a person chose it.
        let both = ["Out", "Sent"].map(|name| (name.to_owned(), FolderUse::Sent));
        assert_eq!(read(&marked, &["Sent"]), (both.to_vec(), vec![]));
        // Sent is watched whatever else is chosen.
        let rows = [row("Work", None), row("Sent", None), row("Spam", None)];
        let both = vec![
            ("Work".to_owned(), FolderUse::Inbox),
            ("Sent".to_owned(), FolderUse::Sent),
        ];
        assert_eq!(read(&rows, &["Work"]), (both, vec![]));
    }
}
