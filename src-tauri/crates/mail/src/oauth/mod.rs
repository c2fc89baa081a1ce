//! Access to a mailbox by OAuth 2.0, with the operator's own client id: signing in through a browser
//! on this machine (RFC 8252 with PKCE, RFC 7636) or on another device (RFC 8628), and trading the
//! refresh token for access tokens (RFC 6749, section 6).
//!
//! Stateless: what is kept, and when it is renewed, is decided above. No token stands in an error
//! or a log; of what a server says only its own description of an error is passed on.

mod http;
mod loopback;
mod providers;

use std::time::Duration;

use domain::Span;
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType, BasicTokenResponse};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    DeviceAuthorizationUrl, DeviceCodeErrorResponse, DeviceCodeErrorResponseType,
    ErrorResponseType, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardDeviceAuthorizationResponse, StandardErrorResponse,
    TokenResponse as _, TokenUrl,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use http::{NoAnswer, exchange};
pub use loopback::Loopback;
pub use providers::{PROVIDERS, Provider, provider};

/// How long an access token is taken to live that does not say it.
const LIFE_UNSAID: Span = Span::from_minutes(30);

/// No access token is taken to live longer than a day.
const LIFE_SECONDS_MAX: u64 = 86_400;

/// Errors only a person cures, besides those of RFC 6749, section 5.2: a refusal (section 4.1.2.1) and
/// a person who has to show up (OpenID Connect Core 1.0, section 3.1.2.6). Any other name may be a
/// provider's bad hour.
const FOR_GOOD: [&str; 5] = [
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "login_required",
];

/// The operator's registration with a provider, and that provider's doors.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthClient {
    /// Where a person signs in.
    pub auth_url: String,
    /// Where tokens are given out.
    pub token_url: String,
    /// Where a sign-in on another device begins, if the provider has that.
    #[serde(default)]
    pub device_url: Option<String>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// What the sign-in page is told besides.
    #[serde(default)]
    pub extra: Vec<(String, String)>,
    /// How the provider wants this machine named.
    #[serde(default)]
    pub redirect_host: RedirectHost,
    /// The servers that take these tokens: names, each with all below it. Another's server must not
    /// see one.
    pub hosts: Vec<String>,
    /// Who asks.
    pub client_id: String,
    /// Proof of it, where the provider gave one. On a person's machine it is no secret from that
    /// person (RFC 8252, section 8.5).
    #[serde(default)]
    pub client_secret: Option<Zeroizing<String>>,
}

/// How a redirect to this machine is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedirectHost {
    /// `127.0.0.1`, as RFC 8252 recommends.
    #[default]
    Address,
    /// `localhost`.
    Localhost,
}

/// What a provider gave.
pub struct Tokens {
    /// Opens the mailbox for a while.
    pub access: Zeroizing<String>,
    /// How long.
    pub lives: Span,
    /// Gets the next one; absent where the one before stays good.
    pub refresh: Option<Zeroizing<String>>,
}

/// A sign-in that waits for a person at another device.
pub struct DeviceSignIn {
    /// What the person types there.
    pub user_code: String,
    /// Where.
    pub verification_url: String,
    details: StandardDeviceAuthorizationResponse,
}

/// Why there is no token.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text}")]
pub struct OAuthTrouble {
    /// True if the provider says no: only a person who signs in again changes that.
    pub is_refused: bool,
    /// One sentence.
    pub text: String,
}

impl OAuthTrouble {
    fn refused(text: String) -> Self {
        OAuthTrouble {
            is_refused: true,
            text,
        }
    }

    fn later(text: String) -> Self {
        OAuthTrouble {
            is_refused: false,
            text,
        }
    }
}

impl std::fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OAuthClient({})", self.token_url)
    }
}

/// A client with its doors; a macro, for each door is part of its type.
macro_rules! client {
    ($of:expr) => {{
        let of: &OAuthClient = $of;
        let mut client = BasicClient::new(ClientId::new(of.client_id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::new(of.auth_url.clone()).map_err(|_| bad(&of.auth_url))?)
            .set_token_uri(TokenUrl::new(of.token_url.clone()).map_err(|_| bad(&of.token_url))?);
        if let Some(secret) = &of.client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.as_str().to_owned()));
        }
        client
    }};
}

impl OAuthClient {
    /// Checks what a person filled in.
    ///
    /// # Errors
    /// Which address cannot be used.
    pub fn check(&self) -> Result<(), OAuthTrouble> {
        let doors = [&self.auth_url, &self.token_url];
        for door in doors.into_iter().chain(&self.device_url) {
            let url = url::Url::parse(door).map_err(|_| bad(door))?;
            let is_here = url.host_str().is_some_and(http::is_here);
            if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
                return Err(bad(door));
            }
        }
        if self.client_id.trim().is_empty() {
            let text = "a sign-in needs the client id that you registered with the provider";
            return Err(OAuthTrouble::refused(text.to_owned()));
        }
        Ok(())
    }

    /// True if this server takes the provider's tokens.
    pub fn opens(&self, server: &str) -> bool {
        let server = server.trim_end_matches('.').to_ascii_lowercase();
        self.hosts.iter().any(|host| {
            let host = host.to_ascii_lowercase();
            let below = server.strip_suffix(host.as_str());
            !host.is_empty() && below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    /// Where a person signs in. `state` comes back with them; `verifier` stays here (43 to 128
    /// letters, RFC 7636).
    ///
    /// # Errors
    /// If an address cannot be used.
    pub fn sign_in_url(
        &self,
        redirect: &str,
        state: &str,
        verifier: &str,
    ) -> Result<String, OAuthTrouble> {
        let verifier = PkceCodeVerifier::new(verifier.to_owned());
        let client = client!(self)
            .set_redirect_uri(RedirectUrl::new(redirect.to_owned()).map_err(|_| bad(redirect))?);
        let mut asking = client
            .authorize_url(|| CsrfToken::new(state.to_owned()))
            .add_scopes(self.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        for (key, value) in &self.extra {
            asking = asking.add_extra_param(key.clone(), value.clone());
        }
        let (url, _) = asking.url();
        Ok(url.to_string())
    }

    /// Trades the code a sign-in brought for tokens.
    ///
    /// # Errors
    /// If the provider does not give them.
    pub async fn redeem(
        &self,
        redirect: &str,
        code: String,
        verifier: &str,
    ) -> Result<Tokens, OAuthTrouble> {
        let client = client!(self)
            .set_redirect_uri(RedirectUrl::new(redirect.to_owned()).map_err(|_| bad(redirect))?);
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
            .request_async(&exchange)
            .await;
        answer.map(|answer| tokens(&answer)).map_err(trouble)
    }

    /// Gets a new access token.
    ///
    /// # Errors
    /// If the provider does not give one.
    pub async fn refresh(&self, refresh: &str) -> Result<Tokens, OAuthTrouble> {
        let client = client!(self);
        let refresh = RefreshToken::new(refresh.to_owned());
        let answer = client
            .exchange_refresh_token(&refresh)
            .request_async(&exchange)
            .await;
        answer.map(|answer| tokens(&answer)).map_err(trouble)
    }

    /// Begins a sign-in on another device.
    ///
    /// # Errors
    /// If the provider has none for this, or does not begin one.
    pub async fn device(&self) -> Result<DeviceSignIn, OAuthTrouble> {
        let Some(door) = &self.device_url else {
            let text = "this provider lets nobody into mail from another device; sign in with a \
                        browser on this machine, without `--device`";
            return Err(OAuthTrouble::refused(text.to_owned()));
        };
        let door = DeviceAuthorizationUrl::new(door.clone()).map_err(|_| bad(door))?;
        let client = client!(self).set_device_authorization_url(door);
        let details: StandardDeviceAuthorizationResponse = client
            .exchange_device_code()
            .add_scopes(self.scopes.iter().cloned().map(Scope::new))
            .request_async(&exchange)
            .await
            .map_err(trouble)?;
        Ok(DeviceSignIn {
            user_code: details.user_code().secret().clone(),
            verification_url: details.verification_uri().to_string(),
            details,
        })
    }

    /// Waits until the person has signed in on the other device, as often as the provider lets us
    /// ask, for at most `limit`.
    ///
    /// # Errors
    /// If they refused, or did not come in time.
    pub async fn device_tokens(
        &self,
        begun: &DeviceSignIn,
        limit: Duration,
    ) -> Result<Tokens, OAuthTrouble> {
        let client = client!(self);
        let answer = client
            .exchange_device_access_token(&begun.details)
            .request_async(&exchange, tokio::time::sleep, Some(limit))
            .await;
        answer.map(|answer| tokens(&answer)).map_err(
            |error: RequestTokenError<NoAnswer, DeviceCodeErrorResponse>| match error {
                RequestTokenError::ServerResponse(said) => {
                    if *said.error() == DeviceCodeErrorResponseType::ExpiredToken {
                        return too_late();
                    }
                    refusal(&said, true)
                }
                RequestTokenError::Request(no) => OAuthTrouble::later(no.0),
                RequestTokenError::Parse(..) => unreadable(),
                // What the waiting ends with when its time is over.
                RequestTokenError::Other(_) => too_late(),
            },
        )
    }
}

/// What XOAUTH2 sends.
pub(crate) fn xoauth2_response(user: &str, token: &str) -> String {
    format!("user={user}\x01auth=Bearer {token}\x01\x01")
}

/// What OAUTHBEARER sends (RFC 7628, section 3.1).
pub(crate) fn bearer_response(user: &str, host: &str, port: u16, token: &str) -> String {
    // `=` and `,` stand for themselves in no user name of GS2 (RFC 5801, section 4).
    let user = user.replace('=', "=3D").replace(',', "=2C");
    format!("n,a={user},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01")
}

fn tokens(answer: &BasicTokenResponse) -> Tokens {
    let kept = |text: &String| Zeroizing::new(text.clone());
    let lives = answer.expires_in().map_or(LIFE_UNSAID, |lives| {
        let seconds = lives.as_secs().min(LIFE_SECONDS_MAX);
        Span::from_seconds(i64::try_from(seconds).unwrap_or(0))
    });
    Tokens {
        access: kept(answer.access_token().secret()),
        lives,
        refresh: answer.refresh_token().map(|token| kept(token.secret())),
    }
}

fn trouble(error: RequestTokenError<NoAnswer, BasicErrorResponse>) -> OAuthTrouble {
    match error {
        RequestTokenError::ServerResponse(said) => {
            let is_for_good = match said.error() {
                BasicErrorResponseType::Extension(name) => FOR_GOOD.contains(&name.as_str()),
                BasicErrorResponseType::InvalidClient
                | BasicErrorResponseType::InvalidGrant
                | BasicErrorResponseType::InvalidRequest
                | BasicErrorResponseType::InvalidScope
                | BasicErrorResponseType::UnauthorizedClient
                | BasicErrorResponseType::UnsupportedGrantType => true,
            };
            refusal(&said, is_for_good)
        }
        RequestTokenError::Request(no) => OAuthTrouble::later(no.0),
        // What stands in it may be a token: it is not shown.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => unreadable(),
    }
}

fn too_late() -> OAuthTrouble {
    OAuthTrouble::refused("nobody signed in with the code in time; begin again".to_owned())
}

fn unreadable() -> OAuthTrouble {
    let text = "the provider's answer cannot be read; check the address its tokens come from";
    OAuthTrouble::later(text.to_owned())
}

fn refusal<T: ErrorResponseType + std::fmt::Display>(
    answer: &StandardErrorResponse<T>,
    is_refused: bool,
) -> OAuthTrouble {
    let name = answer.error().to_string();
    let why = match answer.error_description() {
        Some(description) => format!("{name}: {description}"),
        None => name,
    };
    OAuthTrouble {
        is_refused,
        text: format!("the provider refuses ({})", said(&why)),
    }
}

/// A provider's words on one line.
fn said(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(domain::limits::REPLY_CHARS_MAX)
        .collect()
}

fn bad(door: &str) -> OAuthTrouble {
    OAuthTrouble::refused(format!(
        "`{}` is no address of a provider; give one that begins with https://",
        said(door)
    ))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// What a renewal comes to at a provider that answers so.
    async fn renewed(status: u16, body: &str) -> OAuthTrouble {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = format!("http://{}/token", listener.local_addr().unwrap());
        let serving = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await.unwrap();
            let said = format!(
                "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(said.as_bytes()).await.unwrap();
        };
        let client = OAuthClient {
            auth_url: door.clone(),
            token_url: door,
            device_url: None,
            scopes: Vec::new(),
            extra: Vec::new(),
            redirect_host: RedirectHost::default(),
            hosts: vec!["127.0.0.1".to_owned()],
            client_id: "our-id".to_owned(),
            client_secret: None,
        };
        let (answer, ()) = tokio::join!(client.refresh("a-token"), serving);
        answer.err().unwrap()
    }

    #[tokio::test]
    async fn a_provider_that_says_no_is_told_apart_from_one_in_a_bad_hour() {
        for (status, error, is_refused) in [
            (400, "invalid_grant", true),
            (401, "invalid_client", true),
            (400, "interaction_required", true),
            (400, "consent_required", true),
            (400, "something_of_its_own", false),
            (400, "temporarily_unavailable", false),
            (500, "internal_failure", false),
            (503, "invalid_grant", false),
            (429, "rate_limited", false),
        ] {
            let body = format!(r#"{{"error":"{error}"}}"#);
            let trouble = renewed(status, &body).await;
            assert_eq!(
                trouble.is_refused, is_refused,
                "{status} {error}: {trouble}"
            );
        }
    }
}
