//! A problem on the wire: RFC 9457 `application/problem+json` with a code of the closed list.
//!
//! Branch on `code`, never on text. A policy verdict is never a problem: it is an answer.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Code, Problem};
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

/// The media type of every refusal.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A problem as a handler returns it: `Result<_, Refusal>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal(pub Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal(problem)
    }
}

impl Refusal {
    /// A refusal with its code and its sentence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Refusal(Problem::new(code, detail))
    }

    /// No such path, and where to find those there are.
    pub fn no_such_path(path: &str) -> Self {
        let path = cut(path, 200);
        let detail = format!("nothing is served at `{path}`; `GET /v1/openapi.json` lists all");
        Refusal::new(Code::NotFound, detail)
    }
}

/// The members of a problem document.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemShape {
    /// Always `about:blank`: the code says more than a page could.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The HTTP status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What to branch on.
    #[schema(schema_with = code_reference)]
    code: Code,
    /// One sentence: what could not be done, to which thing, and what to do now.
    detail: String,
    /// JSON pointer (RFC 6901) to the field of the body it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// Seconds to wait, where waiting helps; also in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl From<Problem> for ProblemShape {
    fn from(problem: Problem) -> Self {
        let status = status(problem.code);
        ProblemShape {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("error"),
            status: status.as_u16(),
            code: problem.code,
            detail: problem.detail,
            pointer: problem.pointer,
            retry_after: problem.retry_after,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (code, retry_after) = (self.0.code, self.0.retry_after);
        // For the layer that says it again in another door's words.
        let problem = self.0.clone();
        // Strings and numbers only: this cannot fail, and a problem must not become another one.
        let body = serde_json::to_vec(&ProblemShape::from(self.0)).unwrap_or_default();
        let mut response = (status(code), body).into_response();
        response.extensions_mut().insert(problem);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status(code) == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// At most `max` characters of a visitor's text, control characters left out, for a sentence.
pub fn cut(text: &str, max: usize) -> String {
    let mut said: String = text.chars().filter(|c| !c.is_control()).take(max).collect();
    if said.len() < text.len() {
        said.push('…');
    }
    said
}

/// The closed list of codes as an OpenAPI schema: it walks [`Code::ALL`], nothing repeats it.
pub struct ProblemCode;

impl ToSchema for ProblemCode {
    fn name() -> std::borrow::Cow<'static, str> {
        "ProblemCode".into()
    }
}

impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        let table: Vec<String> = Code::ALL
            .iter()
            .map(|code| format!("`{}` ({})", code.as_str(), code.status()))
            .collect();
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Code::ALL.iter().map(|code| code.as_str())))
            .description(Some(format!(
                "What to branch on, with its status: {}",
                table.join(", ")
            )))
            .into()
    }
}

fn code_reference() -> Ref {
    Ref::from_schema_name("ProblemCode")
}

/// The one response description every operation shares.
pub fn problem_response() -> utoipa::openapi::Response {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description("What is wrong with the request, as RFC 9457 says it.")
        .content(PROBLEM_JSON, content)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_carries_its_status_its_type_and_its_headers() {
        let problem = Problem::new(Code::TooManyRequests, "slow down").retry_after(3);
        let response = Refusal(problem).into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["content-type"], PROBLEM_JSON);
        assert_eq!(response.headers()["retry-after"], "3");
        let response = Refusal::new(Code::Unauthenticated, "who are you").into_response();
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }

    #[test]
    fn every_code_has_a_status_that_exists() {
        for code in Code::ALL {
            assert_eq!(status(*code).as_u16(), code.status());
            assert!(
                status(*code).canonical_reason().is_some(),
                "{}",
                code.as_str()
            );
        }
    }

    #[test]
    fn a_visitors_text_is_cut_and_never_breaks_a_line() {
        assert_eq!(cut("ab\r\ncd", 10), "abcd…");
        assert_eq!(cut("abcdef", 3), "abc…");
        assert_eq!(cut("éé", 2), "éé");
    }
}
