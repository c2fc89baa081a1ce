//! A mailbox that is signed in by OAuth: a provider, a relay and an IMAP server on this machine that
//! take nothing but the right bearer token.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::{
    AccountKind, Digest, ImapAuth, ImapSettings, Level, SentCopy, SmtpAuth, SmtpSettings, Span,
    StateName, SubmissionId, TlsMode,
};
use engine::{Ask, OAuthClient, RedirectHost, Rehearsal, SignIn};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::imap::Imap;
use crate::reading::until;
use crate::world::{MAILBOX, World, ask_about, stranger};

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
    /// It is in a bad hour: every answer is an error of its own.
    broken: bool,
    /// It takes a renewal and keeps its answer back.
    stalls: bool,
    /// Its refresh tokens are longer than a vault keeps.
    long: bool,
    /// How often a device is told to wait.
    pending: u32,
    refreshed: u32,
    /// What the relay took.
    taken: Vec<String>,
    /// Logins the relay refused.
    refused: u32,
    /// Logins the relay heard, as they were said.
    logins: Vec<String>,
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
            hosts: vec!["127.0.0.1".to_owned()],
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
    while path == "/token" && book.lock().unwrap().stalls {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // Whoever asked may be gone.
    let _ = stream.write_all(said.as_bytes()).await;
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
    if book.broken {
        return json(500, r#"{"error":"internal_failure"}"#);
    }
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
    let more = if book.long {
        "x".repeat(9_000)
    } else {
        String::new()
    };
    book.refresh = format!("refresh-{n}{more}");
    book.access = format!("access-{n}");
    let refresh = &book.refresh;
    json(
        200,
        &format!(
            r#"{{"access_token":"access-{n}","refresh_token":"{refresh}","token_type":"Bearer",
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
                is_known = token == format!("user=me\x01auth=Bearer {}\x01\x01", book.access)
                    || token == "\0me\0app-password";
                book.logins.push(token);
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
    let world = World::through(Level::AskOnException, relay_of(provider)).await;
    read_from(&world, imap.settings(SentCopy::None), None).await;
    world
}

fn relay_of(provider: &Provider) -> AccountKind {
    AccountKind::Smtp(SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: provider.smtp,
        tls: TlsMode::None,
        ca_file: None,
        auth: SmtpAuth::None,
    })
}

async fn read_from(world: &World, settings: ImapSettings, secret: Option<&str>) {
    let mailbox = mailbox(world).await;
    let secret = secret.map(str::to_owned);
    let set = world.engine.set_imap(mailbox, Some(settings), secret);
    set.await.unwrap();
}

/// The account, with its logins in words: how it sends, how it reads.
async fn logins(world: &World) -> (SmtpAuth, ImapAuth) {
    let (_, account) = world.engine.mailboxes().await.unwrap().remove(0);
    let AccountKind::Smtp(smtp) = account.kind else {
        panic!("a rehearsal sends with no login");
    };
    (smtp.auth, account.imap.unwrap().auth)
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
        .begin_sign_in(mailbox, Some(provider.client()), false)
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
        .begin_sign_in(mailbox, Some(provider.client()), false)
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
        .begin_sign_in(mailbox, Some(provider.client()), true)
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
    // Tried by nobody, it has not failed, though others leave behind it.
    let rehearsed = world.engine.rehearse().await.unwrap();
    for _ in 0..3 {
        world.pass(Span::from_hours(2));
        let other = rehearsed_ask(&world, &rehearsed).await;
        world.until(other, StateName::Sent).await;
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

/// Something to send from the rehearsal's mailbox, whose account is another.
async fn rehearsed_ask(world: &World, rehearsed: &Rehearsal) -> SubmissionId {
    let n = world.engine.rehearsal_delivered().len();
    let ask = Ask {
        mailbox: rehearsed.mailbox.address.clone(),
        ..ask_about(&stranger(n), "rehearsed")
    };
    let held = world.engine.submit(&rehearsed.agent, ask).await.unwrap();
    let id = held.row.id;
    if world.state(id).await == StateName::Held {
        world.approve(id).await;
        world.pass(Span::from_minutes(1));
    }
    id
}

#[tokio::test]
async fn no_server_but_the_providers_is_shown_a_token_and_each_login_keeps_its_user() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let elsewhere = AccountKind::Smtp(SmtpSettings {
        host: "localhost".to_owned(),
        port: provider.smtp,
        tls: TlsMode::None,
        ca_file: None,
        auth: SmtpAuth::Password {
            user: "apikey".to_owned(),
        },
    });
    let secret = Some("key");
    let world = World::through_with(Level::AskOnException, elsewhere, secret).await;
    read_from(&world, imap.settings(SentCopy::None), None).await;
    sign_in(&world, &provider).await;
    let (sends, reads) = logins(&world).await;
    let user = |user: &str| user.to_owned();
    assert_eq!(
        sends,
        SmtpAuth::Password {
            user: user("apikey")
        }
    );
    assert_eq!(reads, ImapAuth::Xoauth2 { user: user("me") });
    world.ask("dana@there.example").await;
    let heard = until(&world, "the relay is logged in at", async || {
        provider.book().logins.first().cloned()
    })
    .await;
    assert_eq!(heard, "\0apikey\0key");

    // Where nothing is the provider's, nobody is sent to sign in.
    let mut client = provider.client();
    client.hosts = vec!["there.example".to_owned()];
    let mailbox = mailbox(&world).await;
    let begun = world.engine.begin_sign_in(mailbox, Some(client), false);
    let refused = begun.await.unwrap_err();
    assert!(refused.detail.contains("there.example"), "{refused}");
    assert!(
        refused.detail.contains("localhost and 127.0.0.1"),
        "{refused}"
    );
}

#[tokio::test]
async fn signing_out_forgets_the_grant_and_goes_back_to_a_password() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    let mailbox = mailbox(&world).await;
    let engine = &world.engine;
    assert!(
        engine.sign_out(mailbox, None).await.is_err(),
        "never signed in"
    );
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    let refused = engine.sign_out(mailbox, None).await.unwrap_err();
    assert!(refused.detail.contains("no password is kept"), "{refused}");

    let password = Some("app-password".to_owned());
    engine.sign_out(mailbox, password).await.unwrap();
    let user = "me".to_owned();
    let passwords = (
        SmtpAuth::Password { user: user.clone() },
        ImapAuth::Password { user },
    );
    assert_eq!(logins(&world).await, passwords);
    until_sent(&world, "eve@far.example").await;
    let last = provider.book().logins.last().cloned();
    assert_eq!(last.as_deref(), Some("\0me\0app-password"));
    // Nothing is left to sign in again with.
    let again = engine.begin_sign_in(mailbox, None, false).await;
    assert!(again.is_err());
}

#[tokio::test]
async fn who_is_signed_out_and_has_a_password_again_sends() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    provider.book().revoked = true;
    world.pass(Span::from_hours(2));
    let id = world.ask("eve@far.example").await.row.id;
    until(&world, "it is said", async || {
        sends(&world).filter(|(ok, _)| !ok)
    })
    .await;
    let password = Some("app-password".to_owned());
    let mailbox = mailbox(&world).await;
    world.engine.sign_out(mailbox, password).await.unwrap();
    // The refused try has a wait of its own behind it.
    until(&world, "it is sent", async || {
        (world.state(id).await == StateName::Sent).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_sends_with_no_token_waits_for_no_sign_in() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = World::at(Level::AskOnException).await;
    read_from(&world, imap.settings(SentCopy::None), Some("a password")).await;
    sign_in(&world, &provider).await;
    provider.book().revoked = true;
    world.pass(Span::from_hours(2));
    // Another watcher, that needs another token.
    let mut settings = imap.settings(SentCopy::None);
    settings.people_write = true;
    settings.auth = ImapAuth::Xoauth2 {
        user: "me".to_owned(),
    };
    read_from(&world, settings.clone(), None).await;
    until(&world, "reading is refused", async || {
        let health = world.engine.mail_health().into_values().next();
        health.filter(|one| one.text.contains("sign in again"))
    })
    .await;
    let id = world.ask("eve@far.example").await.row.id;
    world.until(id, StateName::Sent).await;

    // A token by hand would never be used beside a sign-in, a password ends that.
    let mailbox = mailbox(&world).await;
    let by_hand = Some("a token".to_owned());
    let set = world.engine.set_imap(mailbox, Some(settings), by_hand);
    let refused = set.await.unwrap_err();
    assert!(refused.detail.contains("sign out first"), "{refused}");
    read_from(&world, imap.settings(SentCopy::None), Some("a password")).await;
    until(&world, "it is read again", async || {
        let health = world.engine.mail_health().into_values().next();
        health.filter(|one| one.ok)
    })
    .await;
    let again = world.engine.begin_sign_in(mailbox, None, false).await;
    assert!(again.is_err(), "the grant is forgotten");
}

#[tokio::test]
async fn a_provider_in_a_bad_hour_signs_nobody_out() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    provider.book().broken = true;
    world.pass(Span::from_hours(2));
    let mut settings = imap.settings(SentCopy::None);
    settings.people_write = true;
    settings.auth = ImapAuth::Xoauth2 {
        user: "me".to_owned(),
    };
    read_from(&world, settings, None).await;
    // For reading it is a connection that is not there, and asked for again soon.
    let read = until(&world, "it is said of reading", async || {
        let health = world.engine.mail_health().into_values().next();
        health.filter(|one| !one.ok && one.failures == 1)
    })
    .await;
    let rests = read.rests_until.unwrap();
    assert!(rests < read.at + Span::from_minutes(1), "{read:?}");
    let id = world.ask("eve@far.example").await.row.id;
    let said = until(&world, "it is said", async || {
        sends(&world).filter(|(ok, _)| !ok)
    })
    .await;
    assert!(said.1.contains("HTTP 500"), "{said:?}");
    assert!(!said.1.contains("sign in again"), "{said:?}");
    provider.book().broken = false;
    until(&world, "it is sent", async || {
        (world.state(id).await == StateName::Sent).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_renewal_is_kept_though_whoever_asked_has_left() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    world.pass(Span::from_minutes(58));
    provider.book().stalls = true;
    let mut settings = imap.settings(SentCopy::None);
    settings.auth = ImapAuth::Xoauth2 {
        user: "me".to_owned(),
    };
    settings.people_write = true;
    read_from(&world, settings.clone(), None).await;
    until(&world, "a renewal is under way", async || {
        (provider.book().refreshed == 1).then_some(())
    })
    .await;
    // The watcher that asked is ended by other settings; then the provider answers.
    settings.people_write = false;
    let ended = read_from(&world, settings, None);
    let answered = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        provider.book().stalls = false;
    };
    tokio::join!(ended, answered);
    // Had its refresh token gone with the watcher, nobody would get in again.
    until_sent(&world, "eve@far.example").await;
    world.pass(Span::from_hours(2));
    until_sent(&world, "finn@near.example").await;
    assert_eq!(provider.book().refused, 0);
}

#[tokio::test]
async fn a_refresh_token_the_vault_does_not_take_is_used_all_the_same() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    provider.book().long = true;
    world.pass(Span::from_hours(2));
    until_sent(&world, "dana@there.example").await;
    provider.book().long = false;
    world.pass(Span::from_hours(2));
    until_sent(&world, "eve@far.example").await;
    world.pass(Span::from_hours(2));
    until_sent(&world, "finn@near.example").await;
    assert_eq!(provider.book().taken.len(), 3);
}

#[tokio::test]
async fn many_that_need_a_token_at_once_spend_one_refresh_token() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    world.pass(Span::from_minutes(58));
    provider.book().stalls = true;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(world.ask(&stranger(n)).await.row.id);
    }
    until(&world, "a renewal is under way", async || {
        (provider.book().refreshed > 0).then_some(())
    })
    .await;
    provider.book().stalls = false;
    for id in ids {
        world.until(id, StateName::Sent).await;
    }
    assert_eq!(provider.book().refreshed, 1);
    assert_eq!(provider.book().refused, 0);
}

#[tokio::test]
async fn reading_goes_on_the_moment_somebody_has_signed_in_again() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    provider.book().revoked = true;
    world.pass(Span::from_hours(2));
    let mut settings = imap.settings(SentCopy::None);
    settings.people_write = true;
    settings.auth = ImapAuth::Xoauth2 {
        user: "me".to_owned(),
    };
    read_from(&world, settings, None).await;
    until(&world, "reading is refused", async || {
        let health = world.engine.mail_health().into_values().next();
        health.filter(|one| one.text.contains("sign in again"))
    })
    .await;
    sign_in(&world, &provider).await;
    // The clock stands still: no rest ends by itself.
    let reads = async {
        while !world.engine.mail_health().into_values().all(|one| one.ok) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), reads).await;
    assert!(waited.is_ok(), "{:?}", world.engine.mail_health());
}

#[tokio::test]
async fn a_sign_in_that_is_given_up_ends_at_once() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    let mailbox = mailbox(&world).await;
    let client = Some(provider.client());
    let begun = world.engine.begin_sign_in(mailbox, client, false).await;
    let begun = begun.unwrap();
    let gives_up = async {
        tokio::task::yield_now().await;
        world.engine.cancel_sign_in(&begun.handle);
    };
    let waits = world.engine.finish_sign_in(&begun.handle);
    let (finished, ()) = tokio::join!(waits, gives_up);
    assert!(finished.unwrap_err().detail.contains("given up"));
    // Its door is shut.
    let port = field(begun.url.split_once('?').unwrap().1, "redirect_uri").unwrap();
    let there = port.strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(there).await.is_err());
}

#[tokio::test]
async fn after_a_restart_a_revoked_sign_in_is_asked_about_once_and_mail_waits() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let mut world = World::on_disk_through(Level::AskOnException, relay_of(&provider)).await;
    read_from(&world, imap.settings(SentCopy::None), None).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    provider.book().revoked = true;
    world.pass(Span::from_hours(2));
    let id = world.ask("eve@far.example").await.row.id;
    until(&world, "it is said", async || {
        sends(&world).filter(|(ok, _)| !ok)
    })
    .await;
    world.restart(11).await;
    until(&world, "it is said again", async || {
        let health = world.engine.mail_health().into_values().next();
        health.filter(|one| one.text.contains("sign in again"))
    })
    .await;
    assert_eq!(world.state(id).await, StateName::Queued);
    // Sending may have asked before reading did; neither asks again.
    assert!(world.story(id).await.attempts.len() <= 2);
    sign_in(&world, &provider).await;
    until(&world, "it is sent", async || {
        (world.state(id).await == StateName::Sent).then_some(())
    })
    .await;
}
