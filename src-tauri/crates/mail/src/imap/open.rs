//! Connecting: TCP, TLS, greeting, STARTTLS, login, capabilities.

use std::time::Duration;

use async_imap::{Authenticator, Client};
use domain::{ImapAuth, ImapSettings, TlsMode};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Line, MailTrouble, MailTroubleKind, Mailroom, Opened, Passed, broken, cut, within};
use crate::transport::smtp::tls;

/// How long connecting and the handshake may take, each.
const CONNECT: Duration = Duration::from_secs(30);
/// How long the greeting and the login may take, each. Some servers make a wrong password wait.
const LOGIN: Duration = Duration::from_secs(60);

struct Bearer<'a> {
    user: &'a str,
    token: &'a str,
    asked: bool,
}

impl Authenticator for Bearer<'_> {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        // A second challenge is the server's error in JSON; an empty answer ends it.
        if std::mem::replace(&mut self.asked, true) {
            return String::new();
        }
        format!("user={}\x01auth=Bearer {}\x01\x01", self.user, self.token)
    }
}

fn trouble(kind: MailTroubleKind, text: String) -> MailTrouble {
    MailTrouble { kind, text }
}

impl Mailroom {
    /// Connects and logs in.
    ///
    /// # Errors
    /// One sentence with what to do: no connection, no encryption, or a login that is not taken.
    pub async fn open(settings: &ImapSettings, secret: &str) -> Result<Mailroom, MailTrouble> {
        Self::open_telling(settings, secret, &mut Vec::new()).await
    }

    /// As [`Mailroom::open`], and puts each step that went well into `passed`.
    pub(super) async fn open_telling(
        settings: &ImapSettings,
        secret: &str,
        passed: &mut Vec<Passed>,
    ) -> Result<Mailroom, MailTrouble> {
        let server = format!("{}:{}", settings.host, settings.port);
        let lost = |text: String| trouble(MailTroubleKind::Connection, text);
        let tcp = TcpStream::connect((settings.host.as_str(), settings.port));
        let tcp = match timeout(CONNECT, tcp).await {
            Err(_) => {
                let text = format!("{server} did not answer within {} s", CONNECT.as_secs());
                return Err(lost(text));
            }
            Ok(Err(error)) => return Err(lost(format!("could not connect to {server}: {error}"))),
            Ok(Ok(tcp)) => tcp,
        };
        let _ = tcp.set_nodelay(true);
        passed.push(Passed::Connected);
        let (client, version) = match settings.tls {
            TlsMode::None => (greeted(Line::over(Box::new(tcp)), &server).await?, None),
            TlsMode::Implicit => {
                let (line, version) =
                    encrypted(Line::over(Box::new(tcp)), settings, &server).await?;
                (greeted(line, &server).await?, Some(version))
            }
            TlsMode::Starttls => {
                let mut client = greeted(Line::over(Box::new(tcp)), &server).await?;
                let started = client.run_command_and_check_ok("STARTTLS", None);
                within(&server, LOGIN, started).await.map_err(|refused| {
                    let text = format!(
                        "{} — nothing was sent; try `tls=implicit` on port 993",
                        refused.text
                    );
                    trouble(MailTroubleKind::Connection, text)
                })?;
                // What was said in the clear is forgotten with the client.
                let (line, version) = encrypted(client.into_inner(), settings, &server).await?;
                (Client::new(line), Some(version))
            }
        };
        if version.is_some() {
            passed.push(Passed::Encrypted);
        }
        let (mut session, login) = logged_in(client, settings, secret, &server).await?;
        passed.push(Passed::LoggedIn);
        let offered = within(&server, LOGIN, session.capabilities()).await?;
        let (can_idle, can_condstore) = (offered.has_str("IDLE"), offered.has_str("CONDSTORE"));
        let greeting = Opened {
            server: server.clone(),
            tls: version,
            login,
            idle: can_idle,
        };
        Ok(Mailroom {
            session,
            server,
            can_idle,
            can_condstore,
            greeting,
        })
    }
}

async fn greeted(line: Line, server: &str) -> Result<Client<Line>, MailTrouble> {
    let mut client = Client::new(line);
    let lost = |text: String| trouble(MailTroubleKind::Connection, text);
    match timeout(LOGIN, client.read_response()).await {
        Ok(Ok(Some(_))) => Ok(client),
        Ok(Ok(None)) => Err(lost(format!(
            "{server} closed the connection before its greeting; check the port and the kind of \
             encryption"
        ))),
        Ok(Err(error)) => Err(lost(format!("{server} does not speak IMAP here ({error})"))),
        Err(_) => Err(lost(format!(
            "{server} sent no greeting; check the port and the kind of encryption"
        ))),
    }
}

async fn encrypted(
    line: Line,
    settings: &ImapSettings,
    server: &str,
) -> Result<(Line, String), MailTrouble> {
    let lost = |text: String| trouble(MailTroubleKind::Connection, text);
    let ca_file = settings.ca_file.clone();
    let config = tokio::task::spawn_blocking(move || tls::config(ca_file.as_deref()))
        .await
        .map_err(|error| lost(error.to_string()))?
        .map_err(lost)?;
    let (stream, version) = tls::handshake(Box::new(line), config, &settings.host, CONNECT)
        .await
        .map_err(|why| lost(format!("{server} {why}")))?;
    Ok((Line::over(stream), version))
}

async fn logged_in(
    client: Client<Line>,
    settings: &ImapSettings,
    secret: &str,
    server: &str,
) -> Result<(async_imap::Session<Line>, &'static str), MailTrouble> {
    let (result, word) = match &settings.auth {
        ImapAuth::Password { user } => (timeout(LOGIN, client.login(user, secret)).await, "LOGIN"),
        ImapAuth::Xoauth2 { user } => {
            let bearer = Bearer {
                user,
                token: secret,
                asked: false,
            };
            let asked = timeout(LOGIN, client.authenticate("XOAUTH2", bearer)).await;
            (asked, "XOAUTH2")
        }
    };
    match result {
        Err(_) => Err(trouble(
            MailTroubleKind::Connection,
            format!("{server} did not answer the login"),
        )),
        Ok(Ok(session)) => Ok((session, word)),
        Ok(Err((async_imap::error::Error::No(said), _))) => Err(trouble(
            MailTroubleKind::Login,
            format!(
                "{server} does not take this user and password ({}); check both — many providers \
                 want an app password here",
                cut(&said)
            ),
        )),
        Ok(Err((error, _))) => Err(broken(server, &error)),
    }
}
