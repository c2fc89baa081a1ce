//! Which agent is asking.

use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
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
    /// Asks the engine whose token this is.
    pub async fn of(door: &Door, token: &str) -> Result<Self, Refusal> {
        let token = token.to_owned();
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
