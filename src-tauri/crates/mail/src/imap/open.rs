//! Connecting: TCP, TLS, greeting, STARTTLS, login, capabilities.

use std::time::Duration;

use async_imap::imap_proto::{Capability, Response};
use async_imap::{Authenticator, Client};
use domain::{ImapAuth, ImapSettings, TlsMode};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{Line, MailTrouble, MailTroubleKind, Mailroom, Opened, broken, cut, within};
use crate::steps::{Step, Witness, reach};
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
        Self::open_before(settings, secret, Witness::nobody()).await
    }

    /// As [`Mailroom::open`], before a witness.
    pub(super) async fn open_before(
        settings: &ImapSettings,
        secret: &str,
        witness: Witness<'_>,
    ) -> Result<Mailroom, MailTrouble> {
        let server = format!("{}:{}", settings.host, settings.port);
        let lost = |text: String| trouble(MailTroubleKind::Connection, text);
        let tcp = reach(&settings.host, settings.port, &server, CONNECT, witness)
            .await
            .map_err(lost)?;
        let (client, version) = match settings.tls {
            TlsMode::None => {
                witness.passed(Step::Encrypt, || {
                    "Not encrypted, as the settings say".to_owned()
                });
                let client = greeted(Line::over(Box::new(tcp)), &server, witness).await?;
                (client, None)
            }
            TlsMode::Implicit => {
                let line = Line::over(Box::new(tcp));
                let (line, version) = encrypted(line, settings, &server, witness).await?;
                (greeted(line, &server, witness).await?, Some(version))
            }
            TlsMode::Starttls => {
                let mut client = greeted(Line::over(Box::new(tcp)), &server, witness).await?;
                witness.begun(Step::Encrypt);
                let started = client.run_command_and_check_ok("STARTTLS", None);
                within(&server, LOGIN, started).await.map_err(|refused| {
                    let text = format!(
                        "{} — nothing was sent; try `tls=implicit` on port 993",
                        refused.text
                    );
                    trouble(MailTroubleKind::Connection, text)
                })?;
                // What was said in the clear is forgotten with the client.
                let line = client.into_inner();
                let (line, version) = encrypted(line, settings, &server, witness).await?;
                (Client::new(line), Some(version))
            }
        };
        witness.begun(Step::Login);
        let (mut session, login) = logged_in(client, settings, secret, &server).await?;
        // Only then: a question that fails now belongs to this step, or nobody is told.
        let offered = within(&server, LOGIN, session.capabilities()).await?;
        witness.passed(Step::Login, || format!("Logged in with {login}"));
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

async fn greeted(
    line: Line,
    server: &str,
    witness: Witness<'_>,
) -> Result<Client<Line>, MailTrouble> {
    witness.begun(Step::Greeting);
    let mut client = Client::new(line);
    let lost = |text: String| trouble(MailTroubleKind::Connection, text);
    match timeout(LOGIN, client.read_response()).await {
        Ok(Ok(Some(_))) => {
            witness.passed(Step::Greeting, || "It speaks IMAP".to_owned());
            Ok(client)
        }
        Ok(Ok(None)) => Err(lost(format!(
            "{server} closed the connection before its greeting; check the port and the kind of \
             encryption"
        ))),
        Ok(Err(error)) => Err(lost(format!(
            "{server} does not speak IMAP here ({error}); check the port and the kind of encryption"
        ))),
        Err(_) => Err(lost(format!(
            "{server} sent no greeting; check the port and the kind of encryption"
        ))),
    }
}

async fn encrypted(
    line: Line,
    settings: &ImapSettings,
    server: &str,
    witness: Witness<'_>,
) -> Result<(Line, String), MailTrouble> {
    witness.begun(Step::Encrypt);
    let lost = |text: String| trouble(MailTroubleKind::Connection, text);
    let ca_file = settings.ca_file.clone();
    let config = tokio::task::spawn_blocking(move || tls::config(ca_file.as_deref()))
        .await
        .map_err(|error| lost(error.to_string()))?
        .map_err(lost)?;
    let (stream, version) = tls::handshake(Box::new(line), config, &settings.host, CONNECT)
        .await
        .map_err(|why| lost(format!("{server} {why}")))?;
    witness.passed(Step::Encrypt, || {
        format!("Encrypted with {version}; its certificate is trusted")
    });
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
            format!("{server} did not answer the login; try again in a few minutes"),
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
