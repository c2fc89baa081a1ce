//! The Resend-shaped door, at `/resend` and at `/`: change the address, keep the code.
//!
//! Takes what its clients send, answers as they expect, and carries our own answer beside it. What
//! it cannot say natively (held, deferred) it says with `202` and in our fields. Unknown fields are
//! let go; a field that would change what leaves and that we do not keep is refused by name.

mod answer;
mod batch;
mod change;
mod look;
mod receive;
mod send;
mod shape;

use axum::Router;
use axum::http::{HeaderMap, Uri};
use axum::routing::{any, get, post};
use domain::{Code, Problem, Span};
use serde_json::json;

use crate::dialect::{Dialect, Told, bearer};
use crate::door::Door;
use crate::problem::{Refusal, cut};
use crate::told::{Period, Refused, Why};

/// How long a key means the ask it came with.
const KEY_LASTS: Span = Span::from_hours(24);

/// Its dialect.
pub static DIALECT: Dialect = Dialect {
    claims,
    token: bearer,
    test_token: None,
    refuse: Some(refuse),
};

/// What else that service keeps under the same token, and we do not.
const ELSEWHERE: &[&str] = &[
    "api-keys",
    "audiences",
    "automations",
    "broadcasts",
    "contact-properties",
    "contacts",
    "domains",
    "events",
    "inboxes",
    "logs",
    "oauth",
    "segments",
    "suppressions",
    "templates",
    "topics",
    "usage",
    "webhooks",
];

/// Its routes, at both places.
pub fn routes() -> Router<Door> {
    let emails = Router::new()
        .route("/emails", post(send::send).get(look::list))
        .route("/emails/batch", post(batch::batch))
        .route("/emails/receiving", get(receive::list))
        .route("/emails/receiving/{id}", get(receive::show))
        .route("/emails/{id}", get(look::show).patch(change::update))
        .route("/emails/{id}/cancel", post(change::cancel));
    let elsewhere = ELSEWHERE.iter().fold(Router::new(), |router, name| {
        router
            .route(&format!("/{name}"), any(not_here))
            .route(&format!("/{name}/{{*rest}}"), any(not_here))
    });
    let all = emails.merge(elsewhere);
    Router::new().merge(all.clone()).nest("/resend", all)
}

async fn not_here(uri: Uri) -> Refusal {
    let path = cut(uri.path(), 200);
    let detail = format!(
        "`{path}` is not kept here; Sendoff takes `/emails`, `/emails/batch` and `/emails/receiving`, and what an agent \
         may see beyond its mail is in `GET /v1/openapi.json`"
    );
    Refusal::new(Code::NotFound, detail)
}

fn claims(path: &str, headers: &HeaderMap) -> bool {
    let first = |path: &str| {
        path.trim_start_matches('/')
            .split('/')
            .next()
            .map(str::to_owned)
    };
    match first(path).as_deref() {
        Some("resend" | "emails") => true,
        Some(name) => ELSEWHERE.contains(&name) && !headers.contains_key(crate::postmark::TOKEN),
        None => false,
    }
}

/// A name of its error list, with the status it goes with.
struct Name(u16, &'static str);

fn refuse(problem: &Problem) -> Told {
    let Name(status, name) = name(problem);
    Told {
        status,
        body: json!({"statusCode": status, "name": name, "message": problem.detail}),
    }
}

fn name(problem: &Problem) -> Name {
    let at = problem.pointer.as_deref().unwrap_or_default();
    let missing = problem.detail.ends_with("is missing");
    match problem.code {
        // Its clients tell a forgotten token from a wrong one by these two.
        Code::Unauthenticated if problem.detail.starts_with("there is no `Auth") => {
            Name(401, "missing_api_key")
        }
        Code::Unauthenticated | Code::TokenEnded => Name(403, "invalid_api_key"),
        Code::NotFound => Name(404, "not_found"),
        Code::MethodNotAllowed => Name(405, "method_not_allowed"),
        Code::IdempotencyMismatch => Name(409, "invalid_idempotent_request"),
        Code::TooManyRequests => Name(429, "rate_limit_exceeded"),
        Code::HostForbidden
        | Code::OriginForbidden
        | Code::HumanDecisionRequired
        | Code::OperatorProofNeeded => Name(403, "security_error"),
        Code::NoRecipients => Name(422, "missing_required_field"),
        Code::InvalidField if missing => Name(422, "missing_required_field"),
        Code::InvalidField if at == "/dedupe_key" => Name(400, "invalid_idempotency_key"),
        Code::InvalidAddress if at.ends_with("/from") => Name(422, "invalid_from_address"),
        Code::UnknownMailbox => Name(422, "invalid_from_address"),
        Code::InvalidAttachment => Name(422, "invalid_attachment"),
        Code::MalformedRequest => Name(422, "invalid_parameter"),
        Code::Internal => Name(500, "application_error"),
        Code::StoreUnavailable | Code::VaultUnavailable | Code::ShuttingDown => {
            Name(503, "application_error")
        }
        code @ (Code::MalformedBody | Code::BodyTooLarge | Code::UnsupportedMediaType) => {
            Name(code.status(), "validation_error")
        }
        Code::WrongState
        | Code::StaleHash
        | Code::AlreadyExists
        | Code::UnknownField
        | Code::InvalidField
        | Code::InvalidAddress
        | Code::HeaderInjection
        | Code::TooManyRecipients
        | Code::MalformedMessage
        | Code::InvalidPolicy => Name(422, "validation_error"),
    }
}

/// A block, as its error list has it.
fn blocked(refused: &Refused) -> Name {
    match refused.why {
        Why::Rate(Period::Short) => Name(429, "rate_limit_exceeded"),
        Why::Rate(Period::Day) | Why::Budget => Name(429, "daily_quota_exceeded"),
        Why::Rate(Period::Month) => Name(429, "monthly_quota_exceeded"),
        Why::NotAllowed => Name(403, "security_error"),
        Why::Inactive | Why::Content => Name(422, "validation_error"),
    }
}
