//! Which agent is asking.

use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use domain::{Actor, Agent, Code};

use crate::door::Door;
use crate::problem::Refusal;

/// The agent behind a request, as a handler's argument.
#[derive(Clone)]
pub struct Caller {
    /// The agent as it was when the request came in.
    pub agent: Agent,
    token: String,
}

impl Caller {
    /// Reads `Authorization: Bearer …` and asks the engine whose token it is.
    pub async fn read(door: &Door, headers: &HeaderMap) -> Result<Self, Refusal> {
        let token = bearer(headers)?.to_owned();
        let agent = door.engine().authenticate(&token).await?;
        Ok(Caller { agent, token })
    }

    /// The agent as it is now; an error once its token has ended. Long answers ask again.
    pub async fn again(&self, door: &Door) -> Result<Agent, Refusal> {
        Ok(door.engine().authenticate(&self.token).await?)
    }

    /// The agent as an actor.
    pub fn actor(&self) -> Actor {
        Actor::Agent(self.agent.id)
    }
}

impl fmt::Debug for Caller {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("agent", &self.agent.id)
            .finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        // The guard put it there; a route outside the guard has nobody to act for.
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .ok_or_else(|| Refusal::new(Code::Unauthenticated, "this needs an agent's token"))
    }
}

/// The token of `Authorization: Bearer TOKEN` (RFC 6750; the scheme in any case).
fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let refuse = |detail: &str| Err(Refusal::new(Code::Unauthenticated, detail));
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
                .map_err(|refusal| refusal.0.code)
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
}
