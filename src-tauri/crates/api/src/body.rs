//! Reading a request's JSON, strictly: every field we do not know, and every value we cannot use, is
//! named by its JSON pointer.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{Extensions, HeaderMap, header};
use domain::{AgentId, Code, Problem, limits};
use engine::LongPlace;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_path_to_error::{Path, Segment};

use crate::door::Door;
use crate::guard::{Caller, NOBODY};
use crate::problem::{Refusal, cut};

/// How long a body may take to arrive.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(60);
/// Bodies longer than this, in octets, are long: they take a place in memory of the few there are,
/// and are read away from the async threads.
pub const SHORT_OCTETS_MAX: usize = 64 * 1024;

/// A request's body: declared as JSON, within its limit, not yet looked at.
pub struct JsonBody {
    octets: Bytes,
    /// Its place among the long ones, kept until it is read.
    place: Option<LongPlace>,
}

impl FromRequest<Door> for JsonBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, door: &Door) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        check_media_type(&parts.headers, &body)?;
        let (octets, place) = whole(door, &parts.extensions, body).await?;
        Ok(JsonBody { octets, place })
    }
}

impl JsonBody {
    /// Runs `read` over the bytes, away from the async threads if there are many of them.
    pub async fn read<T, F>(self, read: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&[u8]) -> Result<T, Problem> + Send + 'static,
    {
        let JsonBody { octets, place } = self;
        if octets.len() <= SHORT_OCTETS_MAX {
            return Ok(read(&octets)?);
        }
        let read = move || {
            let result = read(&octets);
            drop((octets, place));
            result
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(result) => Ok(result?),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(Refusal::new(
                Code::ShuttingDown,
                "this door is closing; ask again later",
            )),
        }
    }

    /// The body as one object of the shape `T`.
    pub async fn object<T: DeserializeOwned + Send + 'static>(self) -> Result<T, Refusal> {
        self.read(|bytes| object(bytes, "")).await
    }
}

/// The whole of a request's body, and its place among the long ones if it is one. Whose it is, the
/// guard has left in the request's extensions.
///
/// # Errors
/// `body_too_large` over [`limits::BODY_OCTETS_MAX`], `malformed_body` if it breaks off or takes
/// longer than [`BODY_TIME_MAX`], `too_many_requests` if no place for a long one is free.
pub async fn whole(
    door: &Door,
    extensions: &Extensions,
    body: Body,
) -> Result<(Bytes, Option<LongPlace>), Refusal> {
    let short = body
        .size_hint()
        .upper()
        .is_some_and(|upper| upper <= SHORT_OCTETS_MAX as u64);
    let place = match short {
        true => None,
        false => Some(door.long_bodies().place(whose(extensions)).await?),
    };
    let octets = tokio::time::timeout(BODY_TIME_MAX, collect(body))
        .await
        .unwrap_or_else(|_| {
            let seconds = BODY_TIME_MAX.as_secs();
            let detail = format!("the body did not arrive within {seconds} s");
            Err(Refusal::new(Code::MalformedBody, detail))
        })?;
    // One that did not say how long it is may have been short.
    let place = place.filter(|_| octets.len() > SHORT_OCTETS_MAX);
    Ok((octets, place))
}

fn whose(extensions: &Extensions) -> AgentId {
    let caller = extensions.get::<Caller>();
    caller.map_or(NOBODY, |caller| caller.agent.id)
}

/// One JSON object of the shape `T`; pointers of problems begin with `base`.
///
/// # Errors
/// `malformed_body` for what is no JSON object, `unknown_field` and `invalid_field` with a pointer.
pub fn object<T: DeserializeOwned>(bytes: &[u8], base: &str) -> Result<T, Problem> {
    let Object(value) = value(bytes, base)?;
    Ok(value)
}

/// One JSON value of the shape `T`.
///
/// # Errors
/// As [`object`].
pub fn value<'de, T: Deserialize<'de>>(bytes: &'de [u8], base: &str) -> Result<T, Problem> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::new(
            Code::MalformedBody,
            "the body is empty; send one JSON value",
        ));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        // What is no JSON further down is no JSON, whatever stands before it.
        match serde_json::from_slice::<IgnoredAny>(bytes) {
            Err(syntax) => malformed(&syntax),
            Ok(_) => problem(&error.path().clone(), &error.into_inner(), base),
        }
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn check_media_type(headers: &HeaderMap, body: &Body) -> Result<(), Refusal> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        // Nothing sent, nothing to declare: `POST /v1/me/pause` has no body.
        if body.is_end_stream() {
            return Ok(());
        }
        let detail = "the body has no `Content-Type`; send `Content-Type: application/json`";
        return Err(Refusal::new(Code::UnsupportedMediaType, detail));
    };
    let said = String::from_utf8_lossy(value.as_bytes());
    let essence = said.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = format!(
        "`{}` is not read here; send `application/json`",
        cut(&said, 80)
    );
    Err(Refusal::new(Code::UnsupportedMediaType, detail))
}

async fn collect(mut body: Body) -> Result<Bytes, Refusal> {
    let refuse = || {
        let max = limits::BODY_OCTETS_MAX / (1024 * 1024);
        let detail = format!("the body is over {max} MiB; send fewer or smaller attachments");
        Err(Refusal::new(Code::BodyTooLarge, detail))
    };
    let hint = body.size_hint();
    let lower = usize::try_from(hint.lower()).unwrap_or(usize::MAX);
    if lower > limits::BODY_OCTETS_MAX {
        return refuse();
    }
    let mut octets = Vec::with_capacity(lower);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Refusal::new(
                Code::MalformedBody,
                "the body broke off before its end; send it again",
            )
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if octets.len().saturating_add(data.len()) > limits::BODY_OCTETS_MAX {
            return refuse();
        }
        octets.extend_from_slice(&data);
    }
    Ok(octets.into())
}

/// What serde says, as a problem of ours.
fn problem(path: &Path, error: &serde_json::Error, base: &str) -> Problem {
    use serde_json::error::Category;
    match error.classify() {
        Category::Syntax | Category::Eof | Category::Io => return malformed(error),
        Category::Data => {}
    }
    let said = error.to_string();
    let said = said
        .rsplit_once(" at line ")
        .map_or(said.as_str(), |(before, _)| before);
    let mut pointer = format!("{base}{}", pointer(path));
    let named = |text: &str| text.split('`').next().unwrap_or_default().to_owned();
    // Serde's own sentences for these three are stable, and there is no other way to tell.
    if let Some(field) = said.strip_prefix("unknown field `").map(named) {
        // The path already ends with it: it is the key that was refused, not the object's end.
        let known = said
            .split_once(", expected ")
            .map_or("", |(_, known)| known);
        let detail = format!(
            "`{}` is not a field here; known are {known}",
            cut(&field, 80)
        );
        return Problem::new(Code::UnknownField, detail.replace("one of ", "")).at(pointer);
    }
    if let Some(field) = said.strip_prefix("missing field `").map(named) {
        step_into(&mut pointer, &field);
        return Problem::new(Code::InvalidField, format!("`{field}` is missing")).at(pointer);
    }
    if let Some(field) = said.strip_prefix("duplicate field `").map(named) {
        step_into(&mut pointer, &field);
        let detail = format!("`{field}` is there twice; send it once");
        return Problem::new(Code::InvalidField, detail).at(pointer);
    }
    if pointer.is_empty() {
        let detail = format!("the body is not of the shape asked for: {}", cut(said, 300));
        return Problem::new(Code::MalformedBody, detail);
    }
    let detail = format!(
        "`{}` cannot be used: {}",
        cut(&pointer, 100),
        cut(said, 300)
    );
    Problem::new(Code::InvalidField, detail).at(pointer)
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(
        Code::MalformedBody,
        format!("the body is not JSON: {error}"),
    )
}

/// A path as a JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => step_into(&mut pointer, &index.to_string()),
            Segment::Map { key } => step_into(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// Appends one reference token.
fn step_into(pointer: &mut String, token: &str) {
    pointer.push('/');
    pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
}

/// A value that must be written as a JSON object. Serde's derived readers would take a list of the
/// fields in order as well, which nobody means.
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        name: String,
        #[serde(default, deserialize_with = "inners")]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        n: u8,
    }

    fn inners<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Inner>, D::Error> {
        let inners: Vec<Object<Inner>> = Vec::deserialize(deserializer)?;
        Ok(inners.into_iter().map(|Object(inner)| inner).collect())
    }

    fn refused(text: &str) -> (Code, Option<String>) {
        let problem = object::<Outer>(text.as_bytes(), "").expect_err(text);
        assert!(
            !problem.detail.is_empty() && !problem.detail.contains('\n'),
            "{problem}"
        );
        (problem.code, problem.pointer)
    }

    #[test]
    fn what_cannot_be_used_is_named_by_its_pointer() {
        let at = |code, pointer: &str| (code, Some(pointer.to_owned()));
        assert_eq!(
            refused(r#"{"name":"a","foo":1}"#),
            at(Code::UnknownField, "/foo")
        );
        assert_eq!(
            refused(r#"{"name":"a","a/b~c":1}"#),
            at(Code::UnknownField, "/a~1b~0c")
        );
        assert_eq!(
            refused(r#"{"name":"a","inner":[{"n":1},{"n":2,"x":3}]}"#),
            at(Code::UnknownField, "/inner/1/x")
        );
        assert_eq!(refused(r#"{}"#), at(Code::InvalidField, "/name"));
        assert_eq!(
            refused(r#"{"name":"a","inner":[{}]}"#),
            at(Code::InvalidField, "/inner/0/n")
        );
        assert_eq!(refused(r#"{"name":7}"#), at(Code::InvalidField, "/name"));
        assert_eq!(
            refused(r#"{"name":"a","inner":[{"n":900}]}"#),
            at(Code::InvalidField, "/inner/0/n")
        );
        assert_eq!(
            refused(r#"{"name":"a","inner":[[1]]}"#),
            at(Code::InvalidField, "/inner/0")
        );
        assert_eq!(
            refused(r#"{"name":"a","name":"b"}"#),
            at(Code::InvalidField, "/name")
        );
    }

    #[test]
    fn what_is_no_json_object_is_malformed() {
        for text in [
            "",
            "  ",
            "{",
            "nope",
            r#"{"name":"a"} x"#,
            r#"["a",[]]"#,
            r#""a""#,
            "null",
            "{\"name\":\"\u{1}\"}",
        ] {
            assert_eq!(refused(text), (Code::MalformedBody, None), "{text}");
        }
        let problem = object::<Outer>(b"{\n  \"name\": }", "").unwrap_err();
        assert!(problem.detail.contains("line 2 column"), "{problem}");
        assert_eq!(
            object::<Outer>(b"{\"name\":\"\xff\"}", "")
                .unwrap_err()
                .code,
            Code::MalformedBody
        );
    }

    #[test]
    fn a_row_of_a_batch_is_named_in_the_whole_body() {
        let problem = object::<Outer>(br#"{"name":1}"#, "/3").unwrap_err();
        assert_eq!(problem.pointer.as_deref(), Some("/3/name"));
    }

    #[test]
    fn a_long_value_is_cut_out_of_the_sentence() {
        let text = format!("{{\"name\":\"a\",\"inner\":\"{}\"}}", "x".repeat(100_000));
        let problem = object::<Outer>(text.as_bytes(), "").unwrap_err();
        assert!(problem.detail.chars().count() < 500);
    }
}
