//! An IMAP server in memory that keeps messages and can be told to behave badly.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use domain::{ImapAuth, ImapSettings, SentCopy, TlsMode};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server holds and how it behaves.
#[derive(Default)]
pub struct Post {
    /// Messages by folder and UID.
    pub folders: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    /// UIDs of INBOX that are listed and not given.
    pub withheld: BTreeSet<u32>,
    /// UIDs of INBOX at which it hangs up.
    pub deadly: BTreeSet<u32>,
    /// What it says to an APPEND instead of taking it.
    pub refuses_copies: Option<&'static str>,
    /// It keeps what is appended and hangs up instead of saying so.
    pub vanishes: bool,
    /// How often something was appended.
    pub appended: usize,
    /// The bearer token it takes; without one it takes any.
    pub bearer: Option<String>,
    /// Logins it refused.
    pub refused: usize,
    /// Times somebody came in.
    pub connections: usize,
    /// What it says to an IDLE it offers; it offers none without.
    pub idle: Option<&'static str>,
    /// Sizes it claims, by UID of INBOX.
    pub claimed: BTreeMap<u32, u32>,
    /// When it says that a message came, by UID of INBOX.
    pub dated: BTreeMap<u32, &'static str>,
}

/// The running server.
#[derive(Clone)]
pub struct Imap {
    post: Arc<Mutex<Post>>,
    port: u16,
}

impl Imap {
    /// With an empty INBOX and an empty Sent.
    pub async fn start() -> Imap {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut post = Post::default();
        for folder in ["INBOX", "Sent"] {
            post.folders.insert(folder.to_owned(), BTreeMap::new());
        }
        let post = Arc::new(Mutex::new(post));
        let shared = Arc::clone(&post);
        #[expect(clippy::disallowed_methods, reason = "a server of a test")]
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&shared)));
            }
        });
        Imap { post, port }
    }

    pub fn post(&self) -> MutexGuard<'_, Post> {
        self.post.lock().unwrap()
    }

    pub fn put(&self, folder: &str, uid: u32, message: &str) {
        let mut post = self.post();
        let folder = post.folders.entry(folder.to_owned()).or_default();
        folder.insert(uid, message.replace('\n', "\r\n").into_bytes());
    }

    pub fn settings(&self, sent_copy: SentCopy) -> ImapSettings {
        ImapSettings {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: TlsMode::None,
            ca_file: None,
            auth: ImapAuth::Password {
                user: "me".to_owned(),
            },
            folders: Vec::new(),
            sent_copy,
            people_write: false,
            reply_tokens: domain::ReplyTokens::Off,
            authserv_id: None,
            verify_dkim: true,
        }
    }
}

/// One connection, until either side ends it.
async fn converse(stream: TcpStream, post: Arc<Mutex<Post>>) {
    post.lock().unwrap().connections += 1;
    let mut stream = BufReader::new(stream);
    if stream.write_all(b"* OK ready\r\n").await.is_err() {
        return;
    }
    let mut folder = String::new();
    let mut line = String::new();
    while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
        let (tag, command) = line.trim_end().split_once(' ').unwrap();
        let (tag, command) = (tag.to_owned(), command.to_owned());
        line.clear();
        let verb = command.split(' ').next().unwrap().to_owned();
        let said = match verb.as_str() {
            "CAPABILITY" => {
                let idle = post.lock().unwrap().idle.map_or("", |_| " IDLE");
                Some(format!("* CAPABILITY IMAP4rev1{idle}\r\n{tag} OK done\r\n"))
            }
            "IDLE" => {
                let refusal = post.lock().unwrap().idle.unwrap();
                Some(format!("{tag} {refusal}\r\n"))
            }
            "AUTHENTICATE" => {
                stream.write_all(b"+ \r\n").await.unwrap();
                let mut token = String::new();
                stream.read_line(&mut token).await.unwrap();
                authenticated(&mut post.lock().unwrap(), &tag, &command, token.trim_end())
            }
            "LIST" => Some(format!(
                "* LIST () \"/\" INBOX\r\n* LIST (\\Sent) \"/\" Sent\r\n{tag} OK done\r\n"
            )),
            "EXAMINE" => {
                folder = unquoted(command.split_once(' ').unwrap().1);
                let post = post.lock().unwrap();
                let held = &post.folders[&folder];
                let next = held.keys().next_back().map_or(1, |uid| uid + 1);
                Some(format!(
                    "* {} EXISTS\r\n* OK [UIDVALIDITY 7] as before\r\n\
                     * OK [UIDNEXT {next}] next\r\n{tag} OK [READ-ONLY] done\r\n",
                    held.len()
                ))
            }
            "UID" => asked(&post.lock().unwrap(), &folder, &tag, &command),
            "APPEND" => {
                let refusal = post.lock().unwrap().refuses_copies;
                match refusal {
                    Some(refusal) => Some(format!("{tag} NO {refusal}\r\n")),
                    None => {
                        stream.write_all(b"+ go on\r\n").await.unwrap();
                        let octets = command.rsplit_once('{').unwrap().1;
                        let octets: usize = octets.trim_end_matches('}').parse().unwrap();
                        let mut message = vec![0; octets + 2];
                        stream.read_exact(&mut message).await.unwrap();
                        message.truncate(octets);
                        let name = unquoted(command.split(' ').nth(1).unwrap());
                        let mut post = post.lock().unwrap();
                        let held = post.folders.get_mut(&name).unwrap();
                        let uid = held.keys().next_back().map_or(1, |uid| uid + 1);
                        held.insert(uid, message);
                        post.appended += 1;
                        (!post.vanishes).then(|| format!("{tag} OK done\r\n"))
                    }
                }
            }
            _ => Some(format!("{tag} OK done\r\n")),
        };
        let Some(said) = said else { return };
        if stream.write_all(said.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn authenticated(post: &mut Post, tag: &str, command: &str, token: &str) -> Option<String> {
    use base64::Engine as _;
    let said = base64::engine::general_purpose::STANDARD.decode(token);
    let said = String::from_utf8(said.unwrap()).unwrap();
    let is_right = match &post.bearer {
        Some(wanted) => said.contains(&format!("auth=Bearer {wanted}\x01")),
        None => true,
    };
    if is_right {
        return Some(format!("{tag} OK {command} done\r\n"));
    }
    post.refused += 1;
    Some(format!("{tag} NO the token is not taken\r\n"))
}

fn unquoted(name: &str) -> String {
    name.trim_matches('"').to_owned()
}

/// UID FETCH and UID SEARCH.
fn asked(post: &Post, folder: &str, tag: &str, command: &str) -> Option<String> {
    let held = &post.folders[folder];
    let words: Vec<&str> = command.split(' ').collect();
    let mut said = String::new();
    if words[1] == "SEARCH" {
        let header = command.split_once("HEADER Message-ID ");
        let wanted = header.map(|(_, id)| format!("Message-ID: {}", unquoted(id)));
        let found: Vec<String> = held
            .iter()
            .filter(|(_, bytes)| {
                let text = String::from_utf8_lossy(bytes);
                wanted.as_ref().is_none_or(|wanted| text.contains(wanted))
            })
            .map(|(uid, _)| uid.to_string())
            .collect();
        return Some(format!("* SEARCH {}\r\n{tag} OK done\r\n", found.join(" ")));
    }
    let wants = |uid: u32| {
        words[2].split(',').any(|part| match part.split_once(':') {
            Some((from, _)) => uid >= from.parse::<u32>().unwrap(),
            None => part.parse::<u32>() == Ok(uid),
        })
    };
    let is_inbox = folder == "INBOX";
    for (n, (uid, bytes)) in held.iter().enumerate().filter(|(_, (uid, _))| wants(**uid)) {
        let n = n + 1;
        if command.contains("RFC822.SIZE") {
            let octets = u32::try_from(bytes.len()).unwrap();
            let octets = post
                .claimed
                .get(uid)
                .filter(|_| is_inbox)
                .unwrap_or(&octets);
            said += &format!("* {n} FETCH (UID {uid} RFC822.SIZE {octets})\r\n");
            continue;
        }
        if is_inbox && post.deadly.contains(uid) {
            return None;
        }
        if is_inbox && post.withheld.contains(uid) {
            continue;
        }
        let text = String::from_utf8_lossy(bytes);
        let (what, text) = match command.contains("BODY.PEEK[HEADER]") {
            true => ("HEADER", text.split_inclusive("\r\n\r\n").next().unwrap()),
            false => ("", text.as_ref()),
        };
        let usual = "22-Nov-2026 10:00:00 +0000";
        let dated = post.dated.get(uid).filter(|_| is_inbox).unwrap_or(&usual);
        said += &format!(
            "* {n} FETCH (UID {uid} INTERNALDATE \"{dated}\" BODY[{what}] {{{}}}\r\n{text})\r\n",
            text.len(),
        );
    }
    Some(format!("{said}{tag} OK done\r\n"))
}
