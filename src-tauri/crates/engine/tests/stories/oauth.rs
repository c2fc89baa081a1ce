//! A mailbox that is signed in by OAuth: a provider, a relay and an IMAP server on this machine that
//! take nothing but the right bearer token.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::{
    AccountKind, Digest, ImapAuth, Level, SentCopy, SmtpAuth, SmtpSettings, Span, StateName,
    TlsMode,
};
use engine::{OAuthClient, RedirectHost, SignIn};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::imap::Imap;
use crate::reading::until;
use crate::world::{MAILBOX, World};

/// What the provider knows.
#[derive(Default)]
struct Book {
    /// Challenges of sign-ins, by code.
    codes: Vec<(String, String)>,
    given: u32,
    /// The refresh token that is good now.
    refresh: String,
    /// The access token that is good now.
    access: String,
    revoked: bool,
    /// How often a device is told to wait.
    pending: u32,
    refreshed: u32,
    /// What the relay took.
    taken: Vec<String>,
    /// Logins the relay refused.
    refused: u32,
}

#[derive(Clone)]
struct Provider {
    book: Arc<Mutex<Book>>,
    http: u16,
    smtp: u16,
}

impl Provider {
    async fn start() -> Provider {
        let book: Arc<Mutex<Book>> = Arc::default();
        let http = served(Arc::clone(&book), |stream, book| {
            Box::pin(answer(stream, book))
        })
        .await;
        let smtp = served(Arc::clone(&book), |stream, book| {
            Box::pin(relay(stream, book))
        })
        .await;
        Provider { book, http, smtp }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    fn client(&self) -> OAuthClient {
        let door = |path: &str| format!("http://127.0.0.1:{}/{path}", self.http);
        OAuthClient {
            auth_url: door("authorize"),
            token_url: door("token"),
            device_url: Some(door("device")),
            scopes: vec!["mail".to_owned()],
            extra: Vec::new(),
            redirect_host: RedirectHost::Address,
            client_id: "our-id".to_owned(),
            client_secret: None,
        }
    }

    /// A person with a browser: goes where they are sent, and back.
    async fn browse(&self, sign_in: &SignIn) -> String {
        let went = get(&sign_in.url).await;
        let back = went
            .lines()
            .find_map(|line| line.strip_prefix("Location: "))
            .unwrap_or_else(|| panic!("{went}"));
        get(back.trim()).await
    }
}

type Serving = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

async fn served(book: Arc<Mutex<Book>>, serve: fn(TcpStream, Arc<Mutex<Book>>) -> Serving) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    #[expect(clippy::disallowed_methods, reason = "a server of a test")]
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&book)));
        }
    });
    port
}

async fn get(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, _) = rest.split_once(['/', '?']).unwrap();
    let path = &rest[host.len()..];
    let path = path.strip_prefix('/').unwrap_or(path);
    let mut stream = TcpStream::connect(host).await.unwrap();
    let asked = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    stream.write_all(asked.as_bytes()).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    said
}

/// The value of a name in a form; enough of the decoding for what stands in these.
fn field(form: &str, name: &str) -> Option<String> {
    let found = form.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| value.to_owned())
    })?;
    Some(found.replace("%3A", ":").replace("%2F", "/"))
}

/// The provider's side of one HTTP request.
async fn answer(stream: TcpStream, book: Arc<Mutex<Book>>) {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).await.unwrap();
    let mut octets = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if let Some(length) = line.to_lowercase().strip_prefix("content-length:") {
            octets = length.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; octets];
    stream.read_exact(&mut body).await.unwrap();
    let body = String::from_utf8(body).unwrap();
    let target = first.split(' ').nth(1).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let said = {
        let mut book = book.lock().unwrap();
        match path {
            "/authorize" => authorize(&mut book, query),
            "/token" => token(&mut book, &body),
            "/device" => json(
                200,
                r#"{"device_code":"dev","user_code":"ABCD-EFGH",
                    "verification_uri":"https://there.example/device","expires_in":600,"interval":0}"#,
            ),
            _ => json(404, "{}"),
        }
    };
    stream.write_all(said.as_bytes()).await.unwrap();
    let _ = stream.shutdown().await;
}

fn json(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

fn authorize(book: &mut Book, query: &str) -> String {
    assert_eq!(
        field(query, "code_challenge_method").as_deref(),
        Some("S256")
    );
    assert_eq!(field(query, "client_id").as_deref(), Some("our-id"));
    let code = format!("code-{}", book.codes.len());
    book.codes
        .push((code.clone(), field(query, "code_challenge").unwrap()));
    let back = field(query, "redirect_uri").unwrap();
    let state = field(query, "state").unwrap();
    format!(
        "HTTP/1.1 302 x\r\nLocation: {back}/?code={code}&state={state}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    )
}

fn token(book: &mut Book, form: &str) -> String {
    let refused = |why: &str| {
        json(
            400,
            &format!(r#"{{"error":"invalid_grant","error_description":"{why}"}}"#),
        )
    };
    match field(form, "grant_type").unwrap().as_str() {
        "authorization_code" => {
            let code = field(form, "code").unwrap();
            let Some(at) = book.codes.iter().position(|(known, _)| *known == code) else {
                return refused("no such code");
            };
            let (_, challenge) = book.codes.remove(at);
            let verifier = field(form, "code_verifier").unwrap();
            let digest = Digest::of(verifier.as_bytes()).0;
            if URL_SAFE_NO_PAD.encode(digest) != challenge {
                return refused("the verifier is another's");
            }
            book.revoked = false;
        }
        "refresh_token" => {
            if book.revoked || field(form, "refresh_token").as_ref() != Some(&book.refresh) {
                return refused("the grant was revoked");
            }
            book.refreshed += 1;
        }
        _ if book.pending > 0 => {
            book.pending -= 1;
            return json(400, r#"{"error":"authorization_pending"}"#);
        }
        _ => assert_eq!(field(form, "device_code").as_deref(), Some("dev")),
    }
    book.given += 1;
    let n = book.given;
    // The refresh token before is spent.
    book.refresh = format!("refresh-{n}");
    book.access = format!("access-{n}");
    json(
        200,
        &format!(
            r#"{{"access_token":"access-{n}","refresh_token":"refresh-{n}","token_type":"Bearer",
                "expires_in":3600}}"#
        ),
    )
}

/// A relay that takes mail from who has the token.
async fn relay(stream: TcpStream, book: Arc<Mutex<Book>>) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 here\r\n").await.unwrap();
    let mut line = String::new();
    let mut message: Option<String> = None;
    let mut is_known = false;
    while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
        if let Some(text) = &mut message {
            if line.trim_end() == "." {
                book.lock().unwrap().taken.push(std::mem::take(text));
                message = None;
                stream.write_all(b"250 taken\r\n").await.unwrap();
            } else {
                text.push_str(&line);
            }
            line.clear();
            continue;
        }
        let said = match line.split_whitespace().next().unwrap_or_default() {
            "EHLO" => "250-here\r\n250 AUTH PLAIN XOAUTH2\r\n".to_owned(),
            "AUTH" => {
                let token = STANDARD.decode(line.split_whitespace().nth(2).unwrap());
                let token = String::from_utf8(token.unwrap()).unwrap();
                let mut book = book.lock().unwrap();
                is_known = token == format!("user=me\x01auth=Bearer {}\x01\x01", book.access);
                if is_known {
                    "235 in\r\n".to_owned()
                } else {
                    book.refused += 1;
                    "535 5.7.8 the token is not taken\r\n".to_owned()
                }
            }
            "DATA" => {
                assert!(is_known, "mail without a login");
                message = Some(String::new());
                "354 go on\r\n".to_owned()
            }
            _ => "250 ok\r\n".to_owned(),
        };
        line.clear();
        if stream.write_all(said.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// A world that sends and reads at this provider, not signed in yet.
async fn world(provider: &Provider, imap: &Imap) -> World {
    let smtp = AccountKind::Smtp(SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: provider.smtp,
        tls: TlsMode::None,
        ca_file: None,
        auth: SmtpAuth::None,
    });
    let world = World::through(Level::AskOnException, smtp).await;
    let mailbox = mailbox(&world).await;
    let settings = imap.settings(SentCopy::None);
    world
        .engine
        .set_imap(mailbox, Some(settings), None)
        .await
        .unwrap();
    world
}

async fn mailbox(world: &World) -> domain::MailboxId {
    let address = MAILBOX.parse().unwrap();
    world.engine.mailbox_at(&address).await.unwrap().id
}

/// Signs in with a browser.
async fn sign_in(world: &World, provider: &Provider) {
    let mailbox = mailbox(world).await;
    let begun = world
        .engine
        .begin_sign_in(mailbox, provider.client(), false)
        .await
        .unwrap();
    assert_eq!(begun.user_code, None);
    let (finished, page) = tokio::join!(
        world.engine.finish_sign_in(&begun.handle),
        provider.browse(&begun)
    );
    finished.unwrap();
    assert!(page.contains("Signed in"), "{page}");
}

/// How sending goes, in words.
fn sends(world: &World) -> Option<(bool, String)> {
    let health = world.engine.dispatch_health();
    health.into_values().next().map(|one| (one.ok, one.text))
}

async fn until_sent(world: &World, to: &str) {
    let id = world.ask(to).await.row.id;
    until(world, "it is sent", async || {
        (world.state(id).await == StateName::Sent).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_is_signed_in_with_a_browser_and_sends_and_reads_with_tokens() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    imap.post().bearer = Some("access-1".to_owned());
    until_sent(&world, "dana@there.example").await;
    assert_eq!(provider.book().taken.len(), 1);
    assert_eq!(provider.book().refreshed, 0);
    until(&world, "mail is read", async || {
        let health = world.engine.mail_health().into_values().next();
        health.filter(|one| one.ok)
    })
    .await;
    let (_, account) = world.engine.mailboxes().await.unwrap().remove(0);
    let user = "me".to_owned();
    assert_eq!(account.imap.unwrap().auth, ImapAuth::Xoauth2 { user });
}

#[tokio::test]
async fn whoever_else_comes_to_the_door_of_a_sign_in_changes_nothing() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    let mailbox = mailbox(&world).await;
    let begun = world
        .engine
        .begin_sign_in(mailbox, provider.client(), false)
        .await
        .unwrap();
    let port = field(begun.url.split_once('?').unwrap().1, "redirect_uri").unwrap();
    let stranger = async {
        let said = get(&format!("{port}/?code=stolen&state=guessed")).await;
        assert!(said.starts_with("HTTP/1.1 400"), "{said}");
        let said = get(&format!("{port}/elsewhere?code=x")).await;
        assert!(said.starts_with("HTTP/1.1 404"), "{said}");
        provider.browse(&begun).await
    };
    let (finished, _) = tokio::join!(world.engine.finish_sign_in(&begun.handle), stranger);
    finished.unwrap();
    // A sign-in is over once it is done.
    assert!(world.engine.finish_sign_in(&begun.handle).await.is_err());
}

#[tokio::test]
async fn a_sign_in_on_another_device_waits_for_the_person() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    provider.book().pending = 1;
    let mailbox = mailbox(&world).await;
    let begun = world
        .engine
        .begin_sign_in(mailbox, provider.client(), true)
        .await
        .unwrap();
    assert_eq!(begun.user_code.as_deref(), Some("ABCD-EFGH"));
    assert_eq!(begun.url, "https://there.example/device");
    world.engine.finish_sign_in(&begun.handle).await.unwrap();
    until_sent(&world, "dana@there.example").await;
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_once_more_where_it_is_refused() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    world.pass(Span::from_minutes(58));
    until_sent(&world, "eve@far.example").await;
    assert!(provider.book().refreshed >= 1, "renewed before its end");
    assert_eq!(provider.book().refused, 0);

    // The provider ends it early: refused once, renewed, delivered.
    provider.book().access = "another".to_owned();
    until_sent(&world, "finn@near.example").await;
    assert_eq!(provider.book().refused, 1);
    assert_eq!(provider.book().taken.len(), 3);
}

#[tokio::test]
async fn where_the_provider_says_no_mail_waits_until_somebody_signs_in_again() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    {
        let mut book = provider.book();
        book.revoked = true;
        book.access = "none".to_owned();
    }
    world.pass(Span::from_hours(2));
    let id = world.ask("eve@far.example").await.row.id;
    let said = until(&world, "it is said", async || {
        sends(&world).filter(|(ok, _)| !ok)
    })
    .await;
    assert!(said.1.contains("sign in again"), "{said:?}");
    assert!(said.1.contains("the grant was revoked"), "{said:?}");
    for secret in ["refresh-1", "access-1"] {
        assert!(!said.1.contains(secret), "{said:?}");
    }
    // Tried by nobody, it has not failed.
    for _ in 0..5 {
        world.pass(Span::from_hours(2));
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(world.story(id).await.attempts.len(), 1);
    assert_eq!(world.state(id).await, StateName::Queued);
    assert_eq!(provider.book().taken.len(), 1);

    sign_in(&world, &provider).await;
    until(&world, "it is sent", async || {
        (world.state(id).await == StateName::Sent).then_some(())
    })
    .await;
    assert_eq!(provider.book().taken.len(), 2);
    world.verify().await;
}
