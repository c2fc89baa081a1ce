//! Reading against a server that follows a script: what is passed over, and what must not be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do"
)]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{ImapAuth, ImapSettings, SentCopy, TlsMode};
use mail::imap::{Batch, Listed, MailTrouble, MailTroubleKind, Mailroom};
use mail::steps::{Step, Told, Witness};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

/// Message 1 and 3 of three.
const FIRST_AND_LAST: &str = "* 1 FETCH (UID 1 INTERNALDATE \" 1-Feb-2026 10:00:00 +0000\" \
     BODY[] {3}\r\none)\r\n* 3 FETCH (UID 3 BODY[] {5}\r\nthree)\r\n";

/// Fetches messages 1 to 3 from a server that answers the fetch, and the question what of the rest
/// still stands, as given; `TAG` stands for the command's tag. It hangs up after the last answer.
async fn fetch(answers: &'static [&'static str]) -> Result<Batch, MailTrouble> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(b"* OK ready\r\n").await.unwrap();
        let mut answers = answers.iter();
        let mut line = String::new();
        while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
            let (tag, command) = line.split_once(' ').unwrap();
            let said = match command.split_whitespace().next().unwrap_or_default() {
                "CAPABILITY" => "* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n",
                "UID" => answers.next().unwrap(),
                _ => "TAG OK done\r\n",
            };
            let said = said.replace("TAG", tag);
            stream.write_all(said.as_bytes()).await.unwrap();
            if answers.len() == 0 {
                return;
            }
            line.clear();
        }
    };
    let settings = settings(port);
    let client = async move {
        let mut room = Mailroom::open(&settings, "secret").await.unwrap();
        let wanted = [1, 2, 3].map(|uid| Listed { uid, octets: 10 });
        room.fetch(&wanted).await
    };
    let (_, fetched) = tokio::join!(server, client);
    fetched
}

fn answer(rest: &str) -> &'static str {
    Box::leak(format!("{FIRST_AND_LAST}{rest}").into_boxed_str())
}

#[tokio::test]
async fn a_message_that_is_gone_is_left_out() {
    for refusal in ["TAG OK done\r\n", "TAG NO some are gone\r\n"] {
        let answers = Box::leak(Box::new([answer(refusal), "TAG OK none\r\n"]));
        let fetched = fetch(answers).await.unwrap();
        let uids: Vec<u32> = fetched.messages.iter().map(|row| row.uid).collect();
        assert_eq!(uids, [1, 3], "{refusal}");
        assert!(fetched.withheld.is_empty(), "{refusal}");
        let at = fetched.messages.first().unwrap().received_at;
        assert_eq!(at, Some(1_769_940_000));
    }
}

#[tokio::test]
async fn a_message_that_stands_and_is_not_given_is_told_apart_from_one_that_is_gone() {
    let stands = "* 2 FETCH (UID 2 RFC822.SIZE 10)\r\nTAG OK done\r\n";
    for refusal in ["TAG OK done\r\n", "TAG NO not now\r\n", "TAG BAD what\r\n"] {
        let answers = Box::leak(Box::new([answer(refusal), stands]));
        let fetched = fetch(answers).await.unwrap();
        assert_eq!(fetched.withheld, [2], "{refusal}");
        assert_eq!(fetched.messages.len(), 2, "{refusal}");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_short_is_no_answer() {
    let answers = Box::leak(Box::new([answer("")]));
    assert!(fetch(answers).await.is_err());
    for refusal in ["TAG NO not now\r\n", "TAG BAD what\r\n"] {
        let answers = Box::leak(Box::new([answer("TAG OK done\r\n"), refusal]));
        assert!(fetch(answers).await.is_err(), "{refusal}");
    }
}

#[tokio::test]
async fn a_message_larger_than_its_server_said_is_cut_to_its_headers() {
    let head = "Subject: small\r\n\r\n";
    let body = "x".repeat(mail::imap::FETCH_OCTETS_MAX as usize);
    let octets = head.len() + body.len();
    let said = format!("* 1 FETCH (UID 1 BODY[] {{{octets}}}\r\n{head}{body})\r\nTAG OK done\r\n");
    let answers: &[&str] = Box::leak(Box::new([&*said.leak(), "TAG OK none\r\n"]));
    let fetched = fetch(answers).await.unwrap();
    let one = fetched.messages.first().unwrap();
    assert!(one.is_head);
    assert_eq!(String::from_utf8_lossy(&one.bytes), head);
}

/// Logs in with the token `tok` at a server that offers this, and refuses; what it was asked and
/// given, and what comes of it.
async fn log_in(offer: &'static str) -> (Vec<String>, MailTrouble) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(b"* OK ready\r\n").await.unwrap();
        let mut heard = Vec::new();
        let (mut line, mut asked) = (String::new(), String::new());
        while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
            let words = line.trim_end().to_owned();
            line.clear();
            let said = match words.split_once(' ') {
                Some((tag, "CAPABILITY")) => {
                    format!("* CAPABILITY IMAP4rev1 {offer}\r\n{tag} OK done\r\n")
                }
                Some((tag, command)) => {
                    asked = tag.to_owned();
                    heard.push(command.to_owned());
                    "+ \r\n".to_owned()
                }
                None if heard.len() == 1 => {
                    heard.push(words);
                    "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n".to_owned()
                }
                None => {
                    heard.push(words);
                    format!("{asked} NO expired\r\n")
                }
            };
            stream.write_all(said.as_bytes()).await.unwrap();
            if heard.len() == 3 {
                break;
            }
        }
        heard
    };
    let settings = ImapSettings {
        auth: ImapAuth::Xoauth2 {
            user: "me".to_owned(),
        },
        ..settings(port)
    };
    let (heard, opened) = tokio::join!(server, Mailroom::open(&settings, "tok"));
    let port = port.to_string();
    let heard = heard.into_iter().map(|said| {
        let read = STANDARD.decode(&said).ok();
        let read = read.and_then(|read| String::from_utf8(read).ok());
        read.unwrap_or(said).replace(&port, "PORT")
    });
    (heard.collect(), opened.err().unwrap())
}

#[tokio::test]
async fn a_token_goes_the_way_the_server_offers_and_its_refusal_says_what_to_do() {
    let (heard, trouble) = log_in("AUTH=XOAUTH2 AUTH=OAUTHBEARER").await;
    let xoauth2 = [
        "AUTHENTICATE XOAUTH2",
        "user=me\x01auth=Bearer tok\x01\x01",
        "",
    ];
    assert_eq!(heard, xoauth2);
    assert_eq!(trouble.kind, MailTroubleKind::Login);
    assert!(trouble.text.contains("sign in again"), "{trouble}");
    assert!(!trouble.text.contains("tok\x01"), "{trouble}");
    let (heard, _) = log_in("AUTH=OAUTHBEARER").await;
    let standard = [
        "AUTHENTICATE OAUTHBEARER",
        "n,a=me,\x01host=127.0.0.1\x01port=PORT\x01auth=Bearer tok\x01\x01",
        "\x01",
    ];
    assert_eq!(heard, standard);
}

/// What a server offers that tells of new mail by itself.
const OFFER: &str = "* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK done\r\n";

/// A server that answers CAPABILITY and IDLE as given, with nothing in its folders; one with nothing
/// to say hangs up.
async fn serve(listener: TcpListener, offer: &'static str, idle: &'static str) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = BufReader::new(stream);
    stream.write_all(b"* OK ready\r\n").await.unwrap();
    let (mut line, mut idling) = (String::new(), String::new());
    while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
        let (tag, command) = line.trim_end().split_once(' ').unwrap_or((&idling, "DONE"));
        let said = match command.split_whitespace().next().unwrap_or_default() {
            "CAPABILITY" => offer,
            "LIST" => "* LIST () \"/\" INBOX\r\n* LIST (\\Sent) \"/\" Sent\r\nTAG OK done\r\n",
            "EXAMINE" => {
                "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 1] ok\r\nTAG OK [READ-ONLY] done\r\n"
            }
            "IDLE" => idle,
            _ => "TAG OK done\r\n",
        };
        let said = said.replace("TAG", tag);
        idling = tag.to_owned();
        if said.is_empty() {
            break;
        }
        stream.write_all(said.as_bytes()).await.unwrap();
        line.clear();
    }
    drop(stream);
    std::future::pending::<()>().await;
}

fn settings(port: u16) -> ImapSettings {
    ImapSettings {
        host: "127.0.0.1".to_owned(),
        port,
        tls: TlsMode::None,
        ca_file: None,
        auth: ImapAuth::Password {
            user: "team".to_owned(),
        },
        folders: Vec::new(),
        sent_copy: SentCopy::None,
        people_write: true,
        reply_tokens: domain::ReplyTokens::Off,
        authserv_id: None,
        verify_dkim: true,
    }
}

/// Tries that server out.
async fn tried(
    offer: &'static str,
    idle: &'static str,
) -> (Result<mail::imap::Found, MailTrouble>, Vec<Told>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = settings(listener.local_addr().unwrap().port());
    let server = serve(listener, offer, idle);
    let told = std::sync::Mutex::new(Vec::new());
    let hears = |one| told.lock().unwrap().push(one);
    let found = tokio::select! {
        () = server => panic!("it waits"),
        found = mail::imap::try_out(&settings, "secret", Witness::new(&hears)) => found,
    };
    (found, told.into_inner().unwrap())
}

#[tokio::test]
async fn a_live_test_of_reading_tells_each_step_and_has_news_told_for_a_moment() {
    let (found, told) = tried(OFFER, "+ idling\r\n").await;
    let names: Vec<String> = found
        .unwrap()
        .folders
        .found
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(names, ["INBOX", "Sent"]);
    let passed = told.iter().filter_map(|one| match one {
        Told::Passed(step, _) => Some(*step),
        Told::Begun(_) => None,
    });
    use Step::{Checker, Connect, Encrypt, Folders, Greeting, Login, LookUp, News};
    let all = [
        LookUp, Connect, Encrypt, Greeting, Login, Folders, News, Checker,
    ];
    assert_eq!(passed.collect::<Vec<_>>(), all);
}

#[tokio::test]
async fn a_server_that_refuses_to_tell_of_news_is_asked_for_them() {
    for refusal in [
        "TAG NO not today\r\n",
        "TAG BAD what\r\n",
        "TAG BAD \r\n",
        "TAG OK no\r\n",
    ] {
        let (found, told) = tried(OFFER, refusal).await;
        assert_eq!(found.unwrap().folders.found.len(), 2, "{refusal}");
        let news = told.iter().find_map(|one| match one {
            Told::Passed(Step::News, text) => Some(text.as_str()),
            Told::Passed(..) | Told::Begun(_) => None,
        });
        assert!(
            news.unwrap().contains("refuses to; it is asked"),
            "{news:?}"
        );
    }
}

#[tokio::test]
async fn news_end_a_wait_even_where_they_come_before_it_begins() {
    for idle in [
        "* 1 EXISTS\r\n+ idling\r\n",
        "+ idling\r\n* OK still here\r\n* 1 EXISTS\r\n",
        "+ idling\r\nTAG OK enough\r\n",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = settings(listener.local_addr().unwrap().port());
        let waits = async {
            let mut room = Mailroom::open(&settings, "secret").await.unwrap();
            room.examine("INBOX").await.unwrap();
            room.wait(Duration::from_secs(3_600)).await.unwrap();
            assert!(room.can_idle());
            room.noop().await.unwrap();
        };
        let ended = async {
            tokio::select! {
                () = serve(listener, OFFER, idle) => panic!("it waits"),
                () = waits => {}
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(10), ended).await;
        assert!(ended.is_ok(), "{idle}");
    }
}

#[tokio::test]
async fn a_server_that_ends_a_wait_by_itself_is_read_on() {
    let (found, told) = tried(OFFER, "+ idling\r\n* 1 EXISTS\r\nTAG OK enough\r\n").await;
    assert!(found.is_ok(), "{told:?}");
    let (found, _) = tried(OFFER, "+ idling\r\nTAG OK enough\r\n").await;
    assert!(found.is_ok());
}

#[tokio::test]
async fn a_server_that_hangs_up_on_who_waits_fails_that_step() {
    let (found, told) = tried(OFFER, "").await;
    assert!(found.is_err());
    assert_eq!(told.last(), Some(&Told::Begun(Step::News)));
}

#[tokio::test]
async fn a_server_that_cannot_say_what_it_offers_fails_the_login_that_was_under_way() {
    // One that hangs up, or says NO, offers nothing: then the next step fails, and says so.
    let (found, told) = tried("* {nonsense\r\n", "").await;
    assert!(!found.err().unwrap().text.is_empty());
    assert_eq!(told.last(), Some(&Told::Begun(Step::Login)));
}

#[tokio::test]
async fn a_server_that_hangs_up_after_the_login_fails_the_step_that_comes_next() {
    let (found, told) = tried("", "").await;
    assert!(!found.err().unwrap().text.is_empty());
    assert_eq!(told.last(), Some(&Told::Begun(Step::Folders)));
}
