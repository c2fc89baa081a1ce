//! Every route of the door: one line each, one file each.
//!
//! Handlers turn a request into one verb of the engine and its answer into JSON; they decide
//! nothing. What only a person may do is in `human.rs`, which answers 403 with what a person would
//! do instead.

mod conversations {
    pub mod list;
    pub mod show;
}
mod decisions {
    pub mod show;
}
mod events {
    pub mod follow;
    pub mod stream;
}
mod health;
mod human;
mod limits {
    pub mod show;
}
mod me {
    pub mod lower;
    pub mod pause;
    pub mod show;
}
mod openapi;
mod replies {
    pub mod ack;
    pub mod claim;
    pub mod give_back;
}
pub mod submissions {
    pub mod answer;
    pub mod batch;
    pub mod cancel;
    pub mod check;
    pub mod list;
    pub mod revise;
    pub mod show;
    pub mod submit;
}
mod suppressions {
    pub mod add;
}

use std::sync::LazyLock;

use axum::Router;
use axum::extract::MatchedPath;
use axum::http::{Method, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use domain::Code;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::door::Door;
use crate::problem::{Refusal, cut};
use crate::{guard, mcp, postmark, resend};

/// The routes that need an agent's token.
fn agents() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(
            submissions::list::list,
            submissions::submit::submit
        ))
        .routes(routes!(submissions::check::check))
        .routes(routes!(submissions::batch::batch))
        .routes(routes!(
            submissions::show::show,
            submissions::cancel::cancel
        ))
        .routes(routes!(submissions::answer::answer))
        .routes(routes!(submissions::revise::revise))
        .routes(routes!(conversations::list::list))
        .routes(routes!(conversations::show::show))
        .routes(routes!(replies::claim::claim))
        .routes(routes!(replies::ack::ack))
        .routes(routes!(replies::give_back::give_back))
        .routes(routes!(decisions::show::show))
        .routes(routes!(events::stream::stream))
        .routes(routes!(limits::show::show))
        .routes(routes!(suppressions::add::add))
        .routes(routes!(me::show::show, me::lower::lower))
        .routes(routes!(me::pause::pause))
}

/// The routes anyone on this machine may read.
fn open() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(openapi::openapi))
}

/// The whole door behind its guard.
pub fn router(door: &Door) -> Router {
    let authenticated = middleware::from_fn_with_state(door.clone(), guard::authenticate);
    let agents: Router<Door> = agents().into();
    let open: Router<Door> = open().into();
    let routes = human::refusals(agents)
        .merge(mcp::router(door))
        .merge(resend::routes())
        .merge(postmark::routes())
        .route_layer(authenticated)
        .merge(open)
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .with_state(door.clone());
    guard::around(routes, door)
}

/// The OpenAPI document of [`agents`] and [`open`].
pub fn openapi_json() -> String {
    openapi::document(agents().merge(open()).into_openapi())
}

async fn no_such_path(uri: Uri) -> Refusal {
    Refusal::no_such_path(uri.path())
}

async fn no_such_method(method: Method, uri: Uri, matched: Option<MatchedPath>) -> Response {
    static SERVED: LazyLock<OpenApi> = LazyLock::new(|| agents().into_openapi());
    let path = cut(uri.path(), 200);
    let detail = format!("`{path}` does not take {method}; `Allow` lists what it takes");
    let mut response = Refusal::new(Code::MethodNotAllowed, detail).into_response();
    // Where none is set the router lists every method it answers, refusals included.
    let offered = matched.and_then(|matched| human::on_offer(matched.as_str(), &SERVED));
    if let Some(offered) = offered {
        response.headers_mut().insert(header::ALLOW, offered);
    }
    response
}
