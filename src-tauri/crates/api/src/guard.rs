//! What stands before every route of every HTTP door.
//!
//! In this order, outside in: a request's unread body is read to its end after the answer is known
//! (so that the visitor can read it), a refusal is said in the visitor's dialect, a panic becomes a
//! 500, `Host` and `Origin` are checked, the token names an agent, and the agent takes one of its
//! places. Asks per second are taken where the number of asks is known, before judging.

mod caller;
mod connection;
mod drain;
mod held;
mod host;

pub(crate) use caller::Caller;
pub(crate) use connection::Connection;
pub use host::HostRule;

use std::any::Any;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use domain::{AgentId, Code};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;

use crate::dialect;
use crate::door::Door;
use crate::problem::Refusal;
use crate::{postmark, told};

/// Puts the guard that needs no token around a whole router.
pub(crate) fn around(router: Router, door: &Door) -> Router {
    let router = match cors(door) {
        Some(cors) => router.layer(cors),
        None => router,
    };
    router
        .layer(middleware::from_fn_with_state(door.clone(), check_page))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(middleware::from_fn(dialect::translate))
        .layer(middleware::from_fn(drain::after_answer))
}

/// Names the agent behind the token and holds one of its places until the answer is read.
pub(crate) async fn authenticate(
    State(door): State<Door>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let dialect = dialect::of(parts.uri.path(), &parts.headers);
    let token = (dialect.token)(&parts.headers)?;
    let place = if dialect.test_token == Some(token) {
        parts.extensions.insert(Trying);
        door.budget().open(NOBODY)?
    } else {
        let caller = Caller::of(&door, token).await?;
        let place = door.budget().open(caller.agent.id)?;
        if let Some(connection) = parts.extensions.get::<Connection>() {
            connection.is_an_agents();
        }
        parts.extensions.insert(caller);
        place
    };
    let response = next.run(Request::from_parts(parts, body)).await;
    Ok(response.map(|body| held::holding(body, place)))
}

/// In a request's extensions instead of a [`Caller`]: it came with a dialect's test token, is
/// nobody's, and may only be looked at for its shape.
#[derive(Clone, Copy)]
pub(crate) struct Trying;

/// Whose places and asks such requests take: all of them together one agent's worth.
pub(crate) const NOBODY: AgentId = AgentId::NIL;

async fn check_page(
    State(door): State<Door>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    door.host().check(&parts)?;
    host::check_origin(&parts.headers, door.allowed_origins())?;
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Pages the operator allowed may read our answers; with none allowed no header is added.
fn cors(door: &Door) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = door
        .allowed_origins()
        .iter()
        .filter_map(|origin| origin.parse().ok())
        .collect();
    if origins.is_empty() {
        return None;
    }
    let headers = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("last-event-id"),
        HeaderName::from_static("mcp-method"),
        HeaderName::from_static("mcp-name"),
        HeaderName::from_static("mcp-protocol-version"),
        HeaderName::from_static("mcp-session-id"),
        HeaderName::from_static("x-batch-validation"),
        postmark::TOKEN,
    ];
    let cors = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(headers)
        .expose_headers([header::RETRY_AFTER, told::DECISION, told::RULE]);
    Some(cors)
}

fn answer_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without words");
    tracing::error!(panic = said, "a request handler panicked");
    let detail = "something of ours failed and was written to the log; look up what became of the \
                  request before asking again";
    Refusal::new(Code::Internal, detail).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use axum::routing::get;
    use engine::{Engine, ManualClock, SeededIds};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::Options;

    async fn breaks() -> &'static str {
        panic!("secret words of a handler");
    }

    #[tokio::test]
    async fn a_panic_is_a_500_that_keeps_its_words_to_the_log() {
        let clock = Arc::new(ManualClock::at(domain::Timestamp::from_seconds(1_000_000)));
        let engine = Engine::memory(clock, Arc::new(SeededIds::new(1))).unwrap();
        let (_, closing) = tokio::sync::watch::channel(false);
        let door = Door::new(engine, Options::default(), HostRule::Any, closing);
        let router = around(Router::new().route("/", get(breaks)), &door);
        for _ in 0..2 {
            let request = Request::builder().uri("/").body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), 500);
            assert_eq!(response.headers()["content-type"], crate::PROBLEM_JSON);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(
                body.contains("\"internal\"") && !body.contains("secret words"),
                "{body}"
            );
        }
    }
}
