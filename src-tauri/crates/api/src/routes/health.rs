//! `GET /v1/health`: is anyone there.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::door::Door;
use crate::problem::Refusal;

/// Liveness.
#[derive(Serialize, ToSchema)]
pub struct HealthAnswer {
    /// Always `ok`: anything else is a problem document.
    status: &'static str,
    /// The program's version.
    version: &'static str,
}

/// Answers once the record can be read.
///
/// Says nothing else: it needs no token.
#[utoipa::path(
    get, path = "/v1/health", tag = "door", operation_id = "health", security(()),
    responses((status = 200, description = "Alive, and the record can be read.", body = HealthAnswer))
)]
pub async fn health(State(door): State<Door>) -> Result<Json<HealthAnswer>, Refusal> {
    door.engine().paused_at().await?;
    Ok(Json(HealthAnswer {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    }))
}
