//! The operator's commands over loopback HTTP, for browser development and UI tests only.
//!
//! Whoever reaches this port with its secret is the operator, so it exists only behind a feature
//! that release builds refuse. `POST /rpc` `{name, args}` with `X-Sendoff-Dev: SECRET`, and
//! `GET /changes?secret=SECRET` as server-sent events; everything else is `ui/dist`, where it was
//! built, with the window's content security policy.

#[cfg(not(debug_assertions))]
compile_error!(
    "the feature `devhost` is for development: it makes whoever has its secret the operator"
);

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use console::tags::Heard;
use console::{Code, Operator, Problem};
use engine::Engine;
use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::Value;

use crate::exit::Failure;
use crate::house::{Doors, House};
use crate::print;
use crate::secret::Passphrase;

const HEADER: &str = "x-sendoff-dev";
const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
    frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'";

#[derive(Clone)]
struct Host {
    engine: Engine,
    secret: Arc<str>,
    pages: Arc<Path>,
}

/// Serves a data folder to a browser, with the agents' door on a free port.
///
/// # Errors
/// As `serve`; and if the port is taken.
pub(crate) async fn run(dir: &Path, port: u16, mut passphrase: Passphrase) -> Result<(), Failure> {
    let given = match passphrase.is_given() {
        true => Some(passphrase.get("devhost")?),
        false => None,
    };
    let doors = Doors {
        http: "127.0.0.1:0",
        smtp: None,
        smtp_starttls: false,
        options: api::Options::default(),
        said_rate: engine::SaidRate::default(),
    };
    let house = House::open(dir, doors, given).await?;
    house.announce();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let at = listener.local_addr()?;
    let secret: Arc<str> = match std::env::var("SENDOFF_DEV_SECRET") {
        Ok(secret) if secret.len() >= 16 => secret.into(),
        Ok(_) | Err(_) => {
            let bytes = domain::IdSource::secret(&engine::SystemIds::default());
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
                .into()
        }
    };
    let host = Host {
        engine: house.engine().clone(),
        secret: Arc::clone(&secret),
        pages: pages().into(),
    };
    let router = Router::new()
        .route("/rpc", post(rpc))
        .route("/changes", get(changes))
        .fallback(page)
        .with_state(host);
    print::line(&format!(
        "ready http={} dev=http://{at}/?secret={secret}",
        house.address()
    ))?;
    // Dropped with its connections when the house has ended: nothing is under way then.
    tokio::select! {
        served = axum::serve(listener, router) => served.map_err(Failure::from),
        ended = house.serve() => ended,
    }
}

/// Where the built pages are: beside the workspace this was compiled in.
fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../ui/dist")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    name: String,
    #[serde(default)]
    args: Value,
}

async fn rpc(State(host): State<Host>, headers: HeaderMap, body: String) -> Response {
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
    if given != Some(&*host.secret) {
        return refused(&Problem::new(
            Code::OperatorProofNeeded,
            "the secret of this start is missing",
        ));
    }
    let call: Call = match serde_json::from_str(&body) {
        Ok(call) => call,
        Err(error) => {
            return refused(&Problem::new(
                Code::MalformedBody,
                format!("not a command: {error}"),
            ));
        }
    };
    match console::rpc(&host.engine, &Operator::Window, &call.name, call.args).await {
        Ok(value) => axum::Json(value).into_response(),
        Err(problem) => refused(&problem),
    }
}

fn refused(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    (status, axum::Json(problem)).into_response()
}

#[derive(Deserialize)]
struct Secret {
    secret: String,
}

async fn changes(State(host): State<Host>, Query(given): Query<Secret>) -> Response {
    if *given.secret != *host.secret {
        return refused(&Problem::new(
            Code::OperatorProofNeeded,
            "the secret of this start is missing",
        ));
    }
    Sse::new(events(&host.engine))
        .keep_alive(KeepAlive::default())
        .into_response()
}

fn events(engine: &Engine) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    stream::unfold(Heard::from(engine), |mut heard| async move {
        let changed = heard.next().await?;
        let data = serde_json::to_string(&changed).unwrap_or_default();
        Some((Ok(Event::default().data(data)), heard))
    })
}

/// A file of `ui/dist`; every path that is none is the application itself.
async fn page(State(host): State<Host>, uri: Uri) -> Response {
    let wanted = uri.path().trim_start_matches('/');
    let safe = wanted
        .split('/')
        .all(|part| !part.is_empty() && !part.starts_with('.'));
    let file = match safe {
        true => host.pages.join(wanted),
        false => host.pages.join("index.html"),
    };
    let found = match tokio::fs::read(&file).await {
        Ok(bytes) => Ok((bytes, kind(wanted))),
        Err(_) => tokio::fs::read(host.pages.join("index.html"))
            .await
            .map(|bytes| (bytes, "text/html")),
    };
    match found {
        Ok((bytes, kind)) => (
            [
                (header::CONTENT_TYPE, kind),
                (header::CONTENT_SECURITY_POLICY, POLICY),
            ],
            Body::from(bytes),
        )
            .into_response(),
        Err(_) => (
            StatusCode::NOT_FOUND,
            "ui/dist is not built: npm run build --prefix ui",
        )
            .into_response(),
    }
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript",
        "css" => "text/css",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "html" | "" => "text/html",
        path if path.contains('/') || path == "index" => "text/html",
        _ => "application/octet-stream",
    }
}
