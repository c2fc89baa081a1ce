//! The Postmark-shaped door, by `X-Postmark-Server-Token`: change the address, keep the code.
//!
//! Answers `{ErrorCode, Message}` with the codes its clients turn into errors of their own. What
//! was held or deferred is taken: `ErrorCode` 0, and the `Message` says that it waits. Our own
//! answer is beside, under `Sendoff`.

mod answer;
mod send;
mod server;
mod shape;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::routing::{any, get, post};
use domain::{Code, Problem};
use serde_json::json;

use crate::dialect::{Dialect, Told};
use crate::door::Door;
use crate::problem::{Refusal, cut};
use crate::told::{Refused, Why};

/// Where its clients put their token.
pub const TOKEN: HeaderName = HeaderName::from_static("x-postmark-server-token");
/// The token that only tries a request's shape: judged by nobody, recorded nowhere.
const TEST_TOKEN: &str = "POSTMARK_API_TEST";

/// Its dialect.
pub static DIALECT: Dialect = Dialect {
    claims,
    token,
    test_token: Some(TEST_TOKEN),
    refuse: Some(refuse),
};

/// What else that service keeps under the same token, and we do not.
const ELSEWHERE: &[&str] = &[
    "bounces",
    "deliverystats",
    "message-streams",
    "messages",
    "stats",
    "templates",
    "triggers",
];

/// Its routes.
pub fn routes() -> Router<Door> {
    let routes = Router::new()
        .route("/email", post(send::send))
        .route("/email/batch", post(send::batch))
        .route("/email/{other}", any(not_here))
        .route("/server", get(server::show));
    // Where the other service of our doors has a name too, its route says the same.
    ELSEWHERE
        .iter()
        .filter(|name| **name != "templates")
        .fold(routes, |router, name| {
            router
                .route(&format!("/{name}"), any(not_here))
                .route(&format!("/{name}/{{*rest}}"), any(not_here))
        })
}

async fn not_here(uri: Uri) -> Refusal {
    let path = cut(uri.path(), 200);
    let detail = format!(
        "`{path}` is not kept here; Sendoff takes `/email` and `/email/batch`, and what an agent \
         may see beyond its mail is in `GET /v1/openapi.json`"
    );
    Refusal::new(Code::NotFound, detail)
}

fn claims(path: &str, headers: &HeaderMap) -> bool {
    let own = |own: &&str| {
        let rest = path.strip_prefix(*own);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    ["/email", "/server"].iter().any(own) || headers.contains_key(TOKEN)
}

fn token(headers: &HeaderMap) -> Result<&str, Problem> {
    let refuse = |detail: &str| Err(Problem::new(Code::Unauthenticated, detail));
    let mut values = headers.get_all(TOKEN).iter();
    match (values.next().map(|value| value.to_str()), values.next()) {
        (Some(Ok(token)), None) if !token.trim().is_empty() => Ok(token.trim()),
        (None, _) => refuse(
            "there is no `X-Postmark-Server-Token`; send the agent's token (`so_live_…`) in it",
        ),
        (Some(_), _) => refuse("`X-Postmark-Server-Token` cannot be read; send it once"),
    }
}

/// A status, and a code of its error list.
struct Said(u16, u16);

fn refuse(problem: &Problem) -> Told {
    let Said(status, code) = said(problem.code);
    Told {
        status,
        body: json!({"ErrorCode": code, "Message": problem.detail}),
    }
}

fn said(code: Code) -> Said {
    match code {
        Code::Unauthenticated | Code::TokenEnded => Said(401, 10),
        Code::TooManyRequests => Said(429, 429),
        Code::HostForbidden
        | Code::OriginForbidden
        | Code::HumanDecisionRequired
        | Code::OperatorProofNeeded => Said(403, 405),
        Code::NotFound | Code::MethodNotAllowed | Code::BodyTooLarge => {
            Said(code.status(), code.status())
        }
        // "Invalid JSON", "JSON required" and "Sender signature not found".
        Code::MalformedBody => Said(422, 402),
        Code::UnsupportedMediaType => Said(422, 409),
        Code::UnknownMailbox => Said(422, 400),
        Code::Internal => Said(500, 500),
        Code::StoreUnavailable | Code::VaultUnavailable | Code::ShuttingDown => Said(503, 100),
        Code::MalformedRequest
        | Code::IdempotencyMismatch
        | Code::WrongState
        | Code::StaleHash
        | Code::AlreadyExists
        | Code::UnknownField
        | Code::InvalidField
        | Code::InvalidAddress
        | Code::HeaderInjection
        | Code::NoRecipients
        | Code::TooManyRecipients
        | Code::InvalidAttachment
        | Code::MalformedMessage
        | Code::InvalidPolicy => Said(422, 300),
    }
}

/// A block: its status, code and sentence.
fn blocked(refused: &Refused) -> (Said, String) {
    let sentence = refused.sentence.clone();
    match refused.why {
        Why::Rate(_) => (Said(429, 429), sentence),
        Why::Budget | Why::NotAllowed => (Said(422, 405), sentence),
        Why::Inactive => (Said(422, 406), inactive(refused)),
        Why::Content => (Said(422, 300), sentence),
    }
}

/// Word for word: its clients read the addresses out of this sentence.
fn inactive(refused: &Refused) -> String {
    let who: Vec<&str> = refused.recipients.iter().map(|one| one.as_str()).collect();
    format!(
        "Found inactive addresses: {}. Inactive recipients are ones that have generated a hard \
         bounce, a spam complaint, or a manual suppression.",
        who.join(", ")
    )
}
