//! One engine in memory, one mailbox, agents with tokens, and a way to ask.

use std::sync::Arc;

use api::Options;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use domain::{AccountKind, Actor, Address, Agent, Level, SuppressionReason, Timestamp};
use engine::{Engine, ManualClock, PauseScope, SeededIds};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// When every test begins.
pub const BEGIN: &str = "2026-11-22T10:00:00Z";
/// The mailbox there is.
pub const MAILBOX: &str = "ann@example.com";

/// An engine, its door, and one agent in front of it.
pub struct Desk {
    pub engine: Engine,
    pub clock: Arc<ManualClock>,
    pub router: Router,
    pub agent: Agent,
    pub token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub json: Value,
}

impl Reply {
    /// Status, code and pointer of a problem; fails if it is none.
    pub fn problem(&self) -> (u16, &str, Option<&str>) {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{self:?}"
        );
        let detail = self.json["detail"].as_str().unwrap();
        assert!(
            !detail.is_empty() && !detail.ends_with('.') && !detail.contains('\n'),
            "{detail}"
        );
        assert_eq!(self.json["status"], self.status);
        (
            self.status,
            self.json["code"].as_str().unwrap(),
            self.json["pointer"].as_str(),
        )
    }

    pub fn id(&self) -> String {
        self.json["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no id in {self:?}"))
            .to_owned()
    }
}

pub fn engine() -> (Engine, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(BEGIN.parse::<Timestamp>().unwrap()));
    let engine = Engine::memory(clock.clone(), Arc::new(SeededIds::new(7))).unwrap();
    (engine, clock)
}

pub async fn desk(level: Level) -> Desk {
    let (engine, clock) = engine();
    let address: Address = MAILBOX.parse().unwrap();
    let name = Some("Ann".to_owned());
    engine
        .add_mailbox(address.clone(), name, AccountKind::Rehearsal, None)
        .await
        .unwrap();
    let (agent, token) = engine
        .add_agent("helper", &address, level, None)
        .await
        .unwrap();
    let router = api::router(engine.clone(), Options::default());
    Desk {
        engine,
        clock,
        router,
        agent,
        token,
    }
}

/// An ask to one recipient.
pub fn ask(to: &str) -> Value {
    json!({"mailbox": MAILBOX, "to": [to], "subject": "Hello", "text": format!("Hello {to}.")})
}

impl Desk {
    /// Another agent for the same mailbox.
    pub async fn another(&self, name: &str, level: Level) -> (Agent, String) {
        self.engine
            .add_agent(name, &MAILBOX.parse().unwrap(), level, None)
            .await
            .unwrap()
    }

    /// The operator adds somebody nobody writes to.
    pub async fn suppress(&self, who: &str) {
        let reason = SuppressionReason::HardBounce;
        let suppress = self
            .engine
            .suppress(Actor::Operator, who.to_owned(), None, reason, None);
        suppress.await.unwrap();
    }

    /// The operator publishes a policy.
    pub async fn publish(&self, policy: &str) {
        self.engine.publish_policy(policy.to_owned()).await.unwrap();
    }

    /// The operator pauses everything.
    pub async fn pause(&self) {
        let pause = self.engine.pause(PauseScope::Workspace, Actor::Operator);
        pause.await.unwrap();
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(&self.token, Method::GET, path, None, &[]).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.call(&self.token, Method::DELETE, path, None, &[])
            .await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.call(&self.token, Method::POST, path, Some(body), &[])
            .await
    }

    pub async fn submit(&self, body: &Value) -> Reply {
        self.post("/v1/submissions", body).await
    }

    pub async fn call(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let body = body.map(|body| serde_json::to_vec(body).unwrap());
        let mut request = self.request(token, method, path);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = headers
            .iter()
            .fold(request, |r, (name, value)| r.header(*name, *value));
        self.send(
            request
                .body(body.map_or(Body::empty(), Body::from))
                .unwrap(),
        )
        .await
    }

    pub fn request(&self, token: &str, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:7411")
            .header("authorization", format!("Bearer {token}"))
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let json = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{json}");
        Reply {
            status: status.as_u16(),
            headers,
            json,
        }
    }
}
