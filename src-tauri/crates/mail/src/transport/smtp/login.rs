//! AUTH (RFC 4954): PLAIN (RFC 4616), LOGIN, XOAUTH2 and OAUTHBEARER (RFC 7628).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::SmtpAuth;
use domain::delivery::Phase;
use zeroize::Zeroizing;

use super::session::Session;
use super::{Stop, reply};

/// Longest AUTH line with an initial response; a longer response waits for its challenge
/// (RFC 4954, section 4: the line is a command of at most 512 octets).
const AUTH_LINE_OCTETS: usize = 510;

/// Logs in, if the account says how. Gives the mechanism's name.
pub(super) async fn login(
    session: &mut Session<'_>,
    auth: &SmtpAuth,
    secret: Option<&Zeroizing<String>>,
) -> Result<Option<&'static str>, Stop> {
    let (user, token) = match auth {
        SmtpAuth::None => return Ok(None),
        SmtpAuth::Password { user } => (user, false),
        SmtpAuth::Xoauth2 { user } => (user, true),
    };
    let server = session.server().to_owned();
    let Some(secret) = secret else {
        return Err(Stop::new(
            Phase::Auth,
            format!(
                "there is no {} for `{user}` at {server}; give it to the account again",
                if token { "access token" } else { "password" }
            ),
        ));
    };
    if user.contains('\0') || secret.contains('\0') {
        return Err(Stop::new(
            Phase::Auth,
            format!(
                "the user name or the secret for {server} has a NUL character, which no server takes"
            ),
        ));
    }
    let offers = |name: &str| session.hello().auth.iter().any(|one| one == name);
    let (mechanism, answers) = if token && offers("XOAUTH2") {
        let response = crate::oauth::xoauth2_response(user, secret);
        ("XOAUTH2", vec![Zeroizing::new(response)])
    } else if token && offers("OAUTHBEARER") {
        let (host, port) = session.host();
        let response = crate::oauth::bearer_response(user, host, port, secret);
        ("OAUTHBEARER", vec![Zeroizing::new(response)])
    } else if !token && offers("PLAIN") {
        (
            "PLAIN",
            vec![Zeroizing::new(format!("\0{user}\0{}", secret.as_str()))],
        )
    } else if !token && offers("LOGIN") {
        ("LOGIN", vec![Zeroizing::new(user.clone()), secret.clone()])
    } else {
        return Err(Stop::new(Phase::Auth, not_offered(session, token)));
    };
    let answers: Vec<Zeroizing<String>> = answers
        .iter()
        .map(|answer| Zeroizing::new(BASE64.encode(answer.as_bytes())))
        .collect();

    let mut rest = answers.iter();
    let mut line = Zeroizing::new(format!("AUTH {mechanism}"));
    // LOGIN has no initial response to the letter; the others save a round trip with it.
    if let [only] = answers.as_slice()
        && line.len() + 1 + only.len() <= AUTH_LINE_OCTETS
    {
        line.push(' ');
        line.push_str(only);
        rest.next();
    }
    let mut said = session.ask(Phase::Auth, &line).await?;
    while said.code == 334 {
        // A bad token is answered with a challenge of its own; an empty line gets the verdict, in
        // OAUTHBEARER one control character (RFC 7628, section 3.2.3).
        let end = if mechanism == "OAUTHBEARER" {
            "AQ=="
        } else {
            ""
        };
        let next = rest.next();
        let answer = next.map_or(end, |answer| answer.as_str());
        said = session.ask(Phase::Auth, answer).await?;
        if next.is_none() && said.code == 334 {
            break;
        }
    }
    if said.is_done() {
        return Ok(Some(mechanism));
    }
    let mut record = said.record();
    // A server that quotes our line back must not put a password into the record.
    for secret in answers.iter().chain([secret]) {
        if !secret.is_empty() {
            record.text = record.text.replace(secret.as_str(), "…");
        }
    }
    let what_now = match (said.is_for_now(), token) {
        (true, _) => "it is tried again later",
        (false, true) => "the access token is not taken; sign in again",
        (false, false) => "check the user name and the password",
    };
    let reason = format!(
        "{server} refused the login of `{user}` ({}); {what_now}",
        reply::said(&record)
    );
    Err(Stop {
        phase: Phase::Auth,
        reply: Some(record),
        reason,
    })
}

/// Why none of our mechanisms will do.
fn not_offered(session: &Session<'_>, token: bool) -> String {
    let server = session.server();
    let offered = &session.hello().auth;
    if offered.is_empty() {
        return match session.tls() {
            Some(_) => format!(
                "{server} offers no login; use an account without user name, or another port"
            ),
            None => format!("{server} offers no login without encryption; try `tls=starttls`"),
        };
    }
    let wanted = if token {
        "XOAUTH2 or OAUTHBEARER"
    } else {
        "PLAIN or LOGIN"
    };
    let offered: String = offered.join(", ").chars().take(120).collect();
    format!("{server} does not offer {wanted} but {offered}; another way to log in is needed")
}
