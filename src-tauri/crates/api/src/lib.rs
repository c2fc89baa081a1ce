//! The HTTP doors: agents ask over REST, over MCP or in another service's words, on loopback or a
//! Unix socket.
//!
//! Owns HTTP: the guard before every route, the shapes of requests and answers, problems as
//! RFC 9457 says them, the event stream, and the OpenAPI document. Must not know store, mail or
//! console: it turns a visitor's shape into the engine's verbs and back. A policy verdict is an
//! answer, never an HTTP error. No verb here approves, resumes, raises or lifts.
//!
//! To add a route: `routes/<area>/<verb>.rs` and one line in `routes.rs`; then
//! `UPDATE=1 cargo test -p sendoff-api` for the golden `openapi.json`. To add a door shaped like
//! another service's: a page with its `Dialect` and its routes, a line each in `dialect.rs` and
//! `routes.rs`, and one in `tests/it/doors.rs`, which holds all of them to the same guard.

mod body;
mod dialect;
mod door;
mod guard;
mod letter;
mod listen;
mod mcp;
mod postmark;
mod problem;
mod query;
mod resend;
mod routes;
mod serve;
mod shapes;
mod told;

pub use guard::HostRule;
pub use listen::{Bound, Listen, ListenError, bind};
pub use problem::PROBLEM_JSON;
pub use serve::{CLOSING_TIME_MAX, HEADER_OCTETS_MAX, HEADER_TIME_MAX, HEADERS_MAX};

use std::sync::Arc;

use axum::Router;
use engine::{AskRate, Budget, Engine, Shares};

/// What the operator may choose about a door.
#[derive(Clone)]
pub struct Options {
    /// Origins (`http://localhost:5173`) whose pages may use it; none by default.
    pub allowed_origins: Vec<String>,
    /// What each agent may take, shared with the house's other doors.
    pub budget: Arc<Budget>,
    /// How many connections it keeps.
    pub shares: Shares,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            allowed_origins: Vec::new(),
            budget: Budget::new(AskRate::default()),
            shares: Shares::default(),
        }
    }
}

/// The whole door as one service, answering to `host`, without a listener.
pub fn router_for(engine: Engine, options: Options, host: HostRule) -> Router {
    let (_, closing) = tokio::sync::watch::channel(false);
    routes::router(&door::Door::new(engine, options, host, closing))
}

/// The whole door as one service, answering to loopback names with port 7411.
pub fn router(engine: Engine, options: Options) -> Router {
    router_for(engine, options, HostRule::LoopbackPort(7411))
}

/// The OpenAPI 3.1 document of the door, as it is served at `/v1/openapi.json`.
pub fn openapi_json() -> String {
    routes::openapi_json()
}
