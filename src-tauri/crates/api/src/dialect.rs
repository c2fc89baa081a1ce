//! Who is speaking: how a visitor of each door names its token, and how it is told of a problem.
//!
//! Everything before a route refuses with a [`Problem`], whatever the door. The outermost layer
//! says it again in the visitor's own words, so that an unmodified client of another service reads
//! our 401, 413 or 429 as it reads theirs. To add a door: a [`Dialect`] here, its routes in
//! `routes.rs`.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use domain::{Code, Problem};
use serde_json::Value;

use crate::{postmark, resend};

/// One visitor's way of speaking HTTP.
pub struct Dialect {
    /// True if a request is in this dialect, by its path or its headers.
    pub claims: fn(path: &str, headers: &HeaderMap) -> bool,
    /// The token a request carries.
    pub token: fn(&HeaderMap) -> Result<&str, Problem>,
    /// The token for trying out a request's shape, where its clients have one: it is no agent's.
    pub test_token: Option<&'static str>,
    /// What is said instead of problem+json; none where that is the idiom.
    pub refuse: Option<fn(&Problem) -> Told>,
}

/// A problem in a visitor's words.
pub struct Told {
    /// The status its clients expect.
    pub status: u16,
    /// The body its clients read.
    pub body: Value,
}

/// The doors that have an idiom of their own; whoever is none of them speaks ours.
static OTHERS: &[&Dialect] = &[&resend::DIALECT, &postmark::DIALECT];

/// Ours: `Authorization: Bearer`, RFC 9457.
static OURS: Dialect = Dialect {
    claims: |_, _| true,
    token: bearer,
    test_token: None,
    refuse: None,
};

/// The dialect of a request.
pub fn of(path: &str, headers: &HeaderMap) -> &'static Dialect {
    // What is ours stays ours, whatever headers come with it.
    if path.starts_with("/v1/") || path == "/mcp" {
        return &OURS;
    }
    let claims = |dialect: &&&Dialect| (dialect.claims)(path, headers);
    OTHERS.iter().find(claims).copied().unwrap_or(&OURS)
}

/// Middleware: says a problem in the visitor's words.
pub async fn translate(request: Request, next: Next) -> Response {
    let dialect = of(request.uri().path(), request.headers());
    let response = next.run(request).await;
    let Some(refuse) = dialect.refuse else {
        return response;
    };
    let Some(problem) = response.extensions().get::<Problem>() else {
        return response;
    };
    let Told { status, body } = refuse(problem);
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::from_u16(status).unwrap_or(parts.status);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    Response::from_parts(parts, Body::from(body.to_string()))
}

/// The token of `Authorization: Bearer TOKEN` (RFC 6750; the scheme in any case).
///
/// # Errors
/// `unauthenticated`, with what is wrong about the header.
pub fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let refuse = |detail: &str| Err(Problem::new(Code::Unauthenticated, detail));
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (Some(value), None) => value,
        (Some(_), Some(_)) => return refuse("there is more than one `Authorization`; send one"),
        (None, _) => {
            return refuse(
                "there is no `Authorization`; send `Authorization: Bearer so_live_…` with the \
                 agent's token",
            );
        }
    };
    let Some((scheme, token)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return refuse("`Authorization` cannot be read; send `Bearer` and the agent's token");
    };
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return refuse("`Authorization` is not of the form `Bearer so_live_…`");
    }
    Ok(token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_behind_its_scheme_and_nothing_else_is() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            bearer(&headers)
                .map(str::to_owned)
                .map_err(|problem| problem.code)
        };
        assert_eq!(read(&["Bearer so_live_x"]), Ok("so_live_x".into()));
        assert_eq!(read(&["bearer  so_live_x "]), Ok("so_live_x".into()));
        for bad in [
            &[][..],
            &["so_live_x"],
            &["Basic eDp5"],
            &["Bearer "],
            &["Bearer"],
            &["Bearer a", "Bearer b"],
        ] {
            assert_eq!(read(bad), Err(Code::Unauthenticated), "{bad:?}");
        }
    }

    #[test]
    fn every_path_has_one_dialect_and_ours_cannot_be_taken_over() {
        let with = |name: &'static str| {
            HeaderMap::from_iter([(name.parse().unwrap(), "x".parse().unwrap())])
        };
        let none = HeaderMap::new();
        let postmark = with("x-postmark-server-token");
        let is = |path: &str, headers: &HeaderMap, dialect: &Dialect| {
            std::ptr::eq(of(path, headers), dialect)
        };
        assert!(is("/v1/me", &postmark, &OURS));
        assert!(is("/mcp", &postmark, &OURS));
        assert!(is("/", &none, &OURS) && is("/nothing", &none, &OURS));
        for path in [
            "/emails",
            "/emails/batch",
            "/resend/emails",
            "/resend",
            "/domains",
        ] {
            assert!(is(path, &none, &resend::DIALECT), "{path}");
        }
        assert!(!is("/emailsx", &none, &resend::DIALECT));
        for path in ["/email", "/email/batch", "/server", "/bounces"] {
            assert!(is(path, &postmark, &postmark::DIALECT), "{path}");
        }
        assert!(
            is("/email", &none, &postmark::DIALECT),
            "its client forgot the token"
        );
    }
}
