//! The ratchet: agents tighten, people loosen.
//!
//! None of these verbs exists on a door an agent can open. Asking for one answers
//! `403 human_decision_required` with what a person would do, so that an agent can say so to its
//! person instead of trying other spellings. They are in no OpenAPI document.

use axum::Router;
use axum::http::{HeaderValue, Method};
use axum::routing::{self, MethodFilter, MethodRouter};
use domain::Code;
use utoipa::openapi::OpenApi;

use crate::door::Door;
use crate::problem::Refusal;

const APPROVE: &str = "only a person approves; it waits in the Queue of the Sendoff window, or \
    `sendoff approve ID --hash HEX`";
const REVIEW: &str = "only a person reviews what is held; it waits in the Queue of the Sendoff \
    window (you may cancel your own with `DELETE /v1/submissions/ID`)";
const SETTLE: &str = "only a person settles a delivery; under Needs attention in the Sendoff \
    window, or `sendoff settle ID --sent|--resend|--give-up`";
const RESUME: &str = "only a person resumes; with the pause switch of the Sendoff window, or \
    `sendoff resume`";
const LIFT: &str = "only a person lifts a suppression; under Contacts in the Sendoff window, or \
    `sendoff suppression lift ADDRESS`";
const POLICY: &str = "only a person changes the policy; in the Sendoff window, or `sendoff policy \
    publish FILE`";
const AGENTS: &str = "only a person makes or changes agents, their levels, tokens and mailboxes; \
    under Agents in the Sendoff window, or `sendoff agent`";
const MAILBOXES: &str = "only a person adds or changes mailboxes and accounts; under Mailboxes in \
    the Sendoff window, or `sendoff mailbox add`";
const LOOSEN: &str = "only a person loosens what you may send; ask yours to do it in the Sendoff \
    window";

/// What loosens, and what a person would do: methods, path, sentence.
pub const HUMAN_ONLY: &[(&[Method], &str, &str)] = &[
    (WRITES, "/v1/submissions/{id}/approve", APPROVE),
    (WRITES, "/v1/submissions/{id}/approval", APPROVE),
    (WRITES, "/v1/submissions/{id}/release", APPROVE),
    (WRITES, "/v1/submissions/{id}/override", APPROVE),
    (WRITES, "/v1/submissions/{id}/reject", REVIEW),
    (WRITES, "/v1/submissions/{id}/edit", REVIEW),
    (WRITES, "/v1/submissions/{id}/snooze", REVIEW),
    (WRITES, "/v1/submissions/{id}/undo", REVIEW),
    (WRITES, "/v1/submissions/{id}/settle", SETTLE),
    (WRITES, "/v1/submissions/{id}/resend", SETTLE),
    (WRITES, "/v1/resume", RESUME),
    (WRITES, "/v1/me/resume", RESUME),
    (&[Method::DELETE], "/v1/me/pause", RESUME),
    (&[Method::DELETE], "/v1/pause", RESUME),
    (
        &[Method::DELETE, Method::PATCH, Method::PUT],
        "/v1/suppressions/{address}",
        LIFT,
    ),
    (WRITES, "/v1/suppressions/{address}/lift", LIFT),
    (
        &[Method::DELETE, Method::PATCH, Method::PUT],
        "/v1/suppressions",
        LIFT,
    ),
    (WRITES, "/v1/policy", POLICY),
    (WRITES, "/v1/policy/{what}", POLICY),
    (WRITES, "/v1/policies", POLICY),
    (WRITES, "/v1/policies/{version}", POLICY),
    (WRITES, "/v1/settings", POLICY),
    (WRITES, "/v1/settings/{key}", POLICY),
    (WRITES, "/v1/agents", AGENTS),
    (WRITES, "/v1/agents/{id}", AGENTS),
    (WRITES, "/v1/agents/{id}/{what}", AGENTS),
    (WRITES, "/v1/me/token", AGENTS),
    (WRITES, "/v1/me/grants", AGENTS),
    (WRITES, "/v1/mailboxes", MAILBOXES),
    (WRITES, "/v1/mailboxes/{id}", MAILBOXES),
    (WRITES, "/v1/mailboxes/{id}/{what}", MAILBOXES),
    (WRITES, "/v1/accounts", MAILBOXES),
    (WRITES, "/v1/accounts/{id}", MAILBOXES),
    (WRITES, "/v1/limits", LOOSEN),
    (WRITES, "/v1/consents", LOOSEN),
    (WRITES, "/v1/consents/{address}", LOOSEN),
    (WRITES, "/v1/me/recipients", AGENTS),
    (WRITES, "/v1/me/recipients/{row}", AGENTS),
    (WRITES, "/v1/me/budget", AGENTS),
    (WRITES, "/v1/contacts/{address}/{what}", LOOSEN),
    (WRITES, "/v1/submissions/{id}/ask", REVIEW),
    (WRITES, "/v1/submissions/{id}/exception", POLICY),
    (WRITES, "/v1/warmup", LOOSEN),
    (WRITES, "/v1/allowlist", LOOSEN),
];

const WRITES: &[Method] = &[Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Adds the refusals to the routes there are.
pub fn refusals(router: Router<Door>) -> Router<Door> {
    HUMAN_ONLY
        .iter()
        .fold(router, |router, (methods, path, sentence)| {
            router.route(path, refusal(methods, sentence))
        })
}

/// What `Allow` says of a path with refusals: what can be had there, not what is refused to every
/// agent; none for a path without refusals.
pub fn on_offer(path: &str, served: &OpenApi) -> Option<HeaderValue> {
    if !HUMAN_ONLY.iter().any(|(_, refused, _)| *refused == path) {
        return None;
    }
    let item = served.paths.paths.get(path);
    let methods = item.into_iter().flat_map(|item| {
        [
            item.get.as_ref().map(|_| "GET,HEAD"),
            item.post.as_ref().map(|_| "POST"),
            item.patch.as_ref().map(|_| "PATCH"),
            item.delete.as_ref().map(|_| "DELETE"),
        ]
    });
    let offered: Vec<&str> = methods.flatten().collect();
    HeaderValue::try_from(offered.join(",")).ok()
}

fn refusal(methods: &[Method], sentence: &'static str) -> MethodRouter<Door> {
    methods
        .iter()
        .filter_map(|method| MethodFilter::try_from(method.clone()).ok())
        .fold(MethodRouter::new(), |router, filter| {
            let answer = move || async move { Refusal::new(Code::HumanDecisionRequired, sentence) };
            router.merge(routing::on(filter, answer))
        })
}
