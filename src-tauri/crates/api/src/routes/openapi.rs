//! `GET /v1/openapi.json`: the door described, as it is generated from the handlers.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, PathItem, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::{ProblemCode, ProblemShape, problem_response};

const ABOUT: &str = "Agents ask to send; Sendoff judges each ask in one transaction and answers with \
a decision. Branch on `code`, `verdict` and `next.class`, never on text. A policy verdict is never an \
HTTP error. No operation approves, resumes, raises or lifts: asking for one answers 403 \
`human_decision_required` with what a person would do.";

/// This document.
#[utoipa::path(
    get, path = "/v1/openapi.json", tag = "door", operation_id = "openapi", security(()),
    responses((status = 200, description = "OpenAPI 3.1.", content_type = "application/json"))
)]
pub async fn openapi() -> impl IntoResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(crate::openapi_json);
    (
        [(header::CONTENT_TYPE, "application/json")],
        DOCUMENT.as_str(),
    )
}

/// The document of the collected routes, with what they share: the token, the problems.
pub fn document(mut openapi: OpenApi) -> String {
    openapi.info = InfoBuilder::new()
        .title("Sendoff")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .build();
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("so_live_…")
        .description(Some("An agent's token, shown once when it is made."))
        .build();
    let components = openapi.components.get_or_insert_with(Components::new);
    components.add_security_scheme("token", SecurityScheme::Http(token));
    let mut problems = vec![(ProblemShape::name().to_string(), ProblemShape::schema())];
    problems.push((ProblemCode::name().to_string(), ProblemCode::schema()));
    components.schemas.extend(problems);
    openapi.security = Some(vec![SecurityRequirement::new(
        "token",
        Vec::<String>::new(),
    )]);
    for operation in openapi.paths.paths.values_mut().flat_map(operations) {
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter {
                not_null(parameter.schema.as_mut());
            }
        }
        operation
            .responses
            .responses
            .insert("default".to_owned(), RefOr::T(problem_response()));
    }
    // Plain strings and maps: this cannot fail.
    let mut text = openapi.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// A parameter is there or it is not: nobody can write null into a header.
fn not_null(schema: Option<&mut RefOr<Schema>>) {
    let Some(RefOr::T(Schema::Object(object))) = schema else {
        return;
    };
    if let SchemaType::Array(types) = &object.schema_type {
        let mut rest = types.iter().filter(|one| **one != Type::Null);
        if let (Some(only), None) = (rest.next(), rest.next()) {
            object.schema_type = SchemaType::Type(only.clone());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
        &mut item.put,
    ]
    .into_iter()
    .flatten()
}
