//! Connecting: TCP, TLS, greeting, STARTTLS, login, capabilities.

use std::time::Duration;

use async_imap::imap_proto::{Capability, Response};
use async_imap::{Authenticator, Client};
use domain::{ImapAuth, ImapSettings, TlsMode};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{Line, MailTrouble, MailTroubleKind, Mailroom, Opened, Passed, broken, cut, within};
use crate::transport::smtp::tls;

/// How long connecting and the handshake may take, each.
const CONNECT: Duration = Duration::from_secs(30);
/// How long the greeting and the login may take, each. Some servers make a wrong password wait.
const LOGIN: Duration = Duration::from_secs(60);

/// Of the one command that is not the client's own; its tags begin otherwise.
const OFFER_TAG: &str = "offers";

/// Answers challenges with a response that was made before.
struct Bearer {
    response: Zeroizing<String>,
    /// What a second challenge gets: it is the server's error in JSON, and this ends it.
    end: &'static str,
    asked: bool,
}

impl Authenticator for &mut Bearer {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        if std::mem::replace(&mut self.asked, true) {
            return self.end.to_owned();
        }
        self.response.as_str().to_owned()
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
    mut client: Client<Line>,
    settings: &ImapSettings,
    secret: &str,
    server: &str,
) -> Result<(async_imap::Session<Line>, &'static str), MailTrouble> {
    let mut is_token = false;
    let (result, word) = match &settings.auth {
        ImapAuth::Password { user } => (timeout(LOGIN, client.login(user, secret)).await, "LOGIN"),
        ImapAuth::Xoauth2 { user } => {
            is_token = true;
            let (word, mut bearer) = match offers_oauthbearer_alone(&mut client, server).await? {
                false => {
                    let response = crate::oauth::xoauth2_response(user, secret);
                    ("XOAUTH2", bearer(response, ""))
                }
                true => {
                    let (host, port) = (&settings.host, settings.port);
                    let response = crate::oauth::bearer_response(user, host, port, secret);
                    ("OAUTHBEARER", bearer(response, "\x01"))
                }
            };
            let asked = timeout(LOGIN, client.authenticate(word, &mut bearer)).await;
            (asked, word)
        }
    };
    match result {
        Err(_) => Err(trouble(
            MailTroubleKind::Connection,
            format!("{server} did not answer the login"),
        )),
        Ok(Ok(session)) => Ok((session, word)),
        Ok(Err((async_imap::error::Error::No(said), _))) if is_token => Err(trouble(
            MailTroubleKind::Login,
            format!(
                "{server} does not take this user's access token ({}); sign in again",
                cut(&said)
            ),
        )),
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

fn bearer(response: String, end: &'static str) -> Bearer {
    Bearer {
        response: Zeroizing::new(response),
        end,
        asked: false,
    }
}

/// True if a server offers OAUTHBEARER and not XOAUTH2; one that offers neither may take the latter
/// all the same, and says so itself if not.
async fn offers_oauthbearer_alone(
    client: &mut Client<Line>,
    server: &str,
) -> Result<bool, MailTrouble> {
    let (mut xoauth2, mut oauthbearer) = (false, false);
    let asking = async {
        // Before the login the client asks nothing that is not its own: this goes past it.
        let line = client.get_mut();
        line.write_all(format!("{OFFER_TAG} CAPABILITY\r\n").as_bytes())
            .await?;
        line.flush().await?;
        while let Some(answer) = client.read_response().await? {
            if let Response::Capabilities(offered) = answer.parsed() {
                for one in offered {
                    if let Capability::Auth(name) = one {
                        xoauth2 |= name.eq_ignore_ascii_case("XOAUTH2");
                        oauthbearer |= name.eq_ignore_ascii_case("OAUTHBEARER");
                    }
                }
            }
            if let Response::Done { tag, .. } = answer.parsed()
                && tag.0 == OFFER_TAG
            {
                return Ok(());
            }
        }
        Err(async_imap::error::Error::ConnectionLost)
    };
    within(server, LOGIN, asking).await?;
    Ok(oauthbearer && !xoauth2)
}
