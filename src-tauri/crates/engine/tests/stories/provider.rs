//! A provider and a relay on this machine that take nothing but the right bearer token.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::Digest;
use engine::{OAuthClient, RedirectHost, SignIn};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the provider knows.
#[derive(Default)]
pub(crate) struct Book {
    /// Challenges of sign-ins, by code.
    pub(crate) codes: Vec<(String, String)>,
    pub(crate) given: u32,
    /// The refresh token that is good now.
    pub(crate) refresh: String,
    /// The access token that is good now.
    pub(crate) access: String,
    pub(crate) revoked: bool,
    /// It is in a bad hour: every answer is an error of its own.
    pub(crate) broken: bool,
    /// It takes a renewal and keeps its answer back.
    pub(crate) stalls: bool,
    /// Its refresh tokens are longer than a vault keeps.
    pub(crate) long: bool,
    /// How often a device is told to wait.
    pub(crate) pending: u32,
    pub(crate) refreshed: u32,
    /// What the relay took.
    pub(crate) taken: Vec<String>,
    /// Logins the relay refused.
    pub(crate) refused: u32,
    /// Logins the relay heard, as they were said.
    pub(crate) logins: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) book: Arc<Mutex<Book>>,
    pub(crate) http: u16,
    pub(crate) smtp: u16,
}

impl Provider {
    pub(crate) async fn start() -> Provider {
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

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    pub(crate) fn client(&self) -> OAuthClient {
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
    pub(crate) async fn browse(&self, sign_in: &SignIn) -> String {
        let went = get(&sign_in.url).await;
        let back = went
            .lines()
            .find_map(|line| line.strip_prefix("Location: "))
            .unwrap_or_else(|| panic!("{went}"));
        get(back.trim()).await
    }
}

pub(crate) type Serving = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) async fn served(
    book: Arc<Mutex<Book>>,
    serve: fn(TcpStream, Arc<Mutex<Book>>) -> Serving,
) -> u16 {
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

pub(crate) async fn get(url: &str) -> String {
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
pub(crate) fn field(form: &str, name: &str) -> Option<String> {
    let found = form.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| value.to_owned())
    })?;
    Some(found.replace("%3A", ":").replace("%2F", "/"))
}

/// The provider's side of one HTTP request.
pub(crate) async fn answer(stream: TcpStream, book: Arc<Mutex<Book>>) {
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

pub(crate) fn json(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn authorize(book: &mut Book, query: &str) -> String {
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

pub(crate) fn token(book: &mut Book, form: &str) -> String {
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
pub(crate) async fn relay(stream: TcpStream, book: Arc<Mutex<Book>>) {
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
