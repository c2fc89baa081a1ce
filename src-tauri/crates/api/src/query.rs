//! Reading the part behind the `?`, strictly: what we do not know is named instead of ignored, so
//! that a misspelt filter never answers with everything.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use domain::{Code, Problem};

use crate::problem::{Refusal, cut};

/// The query of a request, as pairs in the order they came.
pub struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let text = parts.uri.query().unwrap_or_default();
        Ok(Query(
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        ))
    }
}

impl Query {
    /// Refuses any parameter that is not among `known`.
    pub fn only(self, known: &[&str]) -> Result<Self, Refusal> {
        let stray = self
            .0
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()));
        match stray {
            None => Ok(self),
            Some((name, _)) => {
                let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                let known = if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                };
                let detail = format!(
                    "`{}` is not a parameter here; known: {known}",
                    cut(name, 80)
                );
                Err(Refusal::new(Code::MalformedRequest, detail))
            }
        }
    }

    /// The value of a parameter that may stand once; absent and empty are the same.
    pub fn one<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Refusal> {
        let times = self.0.iter().filter(|(given, _)| given == name).count();
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) if times <= 1 => Ok(value),
            (_, None | Some(_)) => {
                let detail = format!("`{name}` is there twice; send it once");
                Err(Refusal::new(Code::MalformedRequest, detail))
            }
        }
    }

    /// Every value of a parameter, commas separating several.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(given, _)| given == name)
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
    }

    /// How many rows of a list are asked for: `limit`, from 1 to `max`.
    pub fn page(&self, default: usize, max: usize) -> Result<usize, Refusal> {
        let limit = self.read::<usize>("limit", "a number of rows")?;
        rows(limit, default, max).map_err(Refusal)
    }

    /// The value of a parameter as a number from 0, as large as clients write them (`int64`).
    pub fn number(&self, name: &str, what: &str) -> Result<Option<u64>, Refusal> {
        let Some(number) = self.read::<u64>(name, what)? else {
            return Ok(None);
        };
        match i64::try_from(number) {
            Ok(_) => Ok(Some(number)),
            Err(_) => {
                let detail = format!("`{name}` is {number}, and not {what}: it is too large");
                Err(Refusal::new(Code::MalformedRequest, detail))
            }
        }
    }

    /// The value of a parameter, read as `T`; `what` says what would do.
    pub fn read<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, Refusal> {
        let Some(text) = self.one(name)? else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            let detail = format!("`{name}` is `{}`, and not {what}", cut(text, 80));
            Refusal::new(Code::MalformedRequest, detail)
        })
    }
}

/// A number of rows that was asked for, from 1 to `max`; `default` if none was.
///
/// # Errors
/// `malformed_request` for any other.
pub fn rows(asked: Option<usize>, default: usize, max: usize) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(default);
    if (1..=max).contains(&limit) {
        return Ok(limit);
    }
    let detail = format!("`limit` is {limit}; a page has 1 to {max} rows");
    Err(Problem::new(Code::MalformedRequest, detail))
}

/// The one `{id}` of a path, not yet read.
pub struct PathId(String);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| PathId(id))
            .map_err(|_| Refusal::no_such_path(parts.uri.path()))
    }
}

impl PathId {
    /// The id as one of its kind. What is no id of this kind names nothing: 404.
    pub fn read<T: FromStr>(&self, what: &str) -> Result<T, Refusal> {
        self.0.parse().map_err(|_| {
            let detail = format!(
                "there is no {what} `{}` here that you may see",
                cut(&self.0, 64)
            );
            Refusal::new(Code::NotFound, detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query(
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    #[test]
    fn what_is_not_known_is_refused_and_what_is_there_twice() {
        assert!(query("wait=5").only(&["wait"]).is_ok());
        assert!(query("").only(&[]).is_ok());
        let refused = query("stat=held").only(&["state", "after"]).err().unwrap();
        assert!(refused.0.detail.contains("`stat`") && refused.0.detail.contains("`state`"));
        assert!(query("wait=5&wait=6").one("wait").is_err());
        assert!(query("wait=x").read::<u64>("wait", "a number").is_err());
        let number = |text: &str| query(text).number("n", "a number").ok().flatten();
        assert_eq!(number("n=9223372036854775807"), Some(i64::MAX as u64));
        assert_eq!(
            (number("n=9223372036854775808"), number("n=-1")),
            (None, None)
        );
        assert_eq!(
            query("wait=7").read::<u64>("wait", "a number").unwrap(),
            Some(7)
        );
        assert_eq!(
            query("wait=").read::<u64>("wait", "a number").unwrap(),
            None
        );
    }

    #[test]
    fn several_values_are_separated_by_commas_or_repeated() {
        let states = query("state=held,queued&state=sent");
        assert_eq!(
            states.all("state").collect::<Vec<_>>(),
            ["held", "queued", "sent"]
        );
    }
}
