//! The tools' schemas, taken from the OpenAPI document: one shape, described once.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};

/// The component schemas of the document.
static COMPONENTS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(&crate::openapi_json()).unwrap_or_default();
    match document.pointer("/components/schemas") {
        Some(Value::Object(schemas)) => schemas.clone(),
        _ => Map::new(),
    }
});

const COMPONENT: &str = "#/components/schemas/";

/// A component by its name, with everything it refers to.
pub(crate) fn component(name: &str) -> Arc<JsonObject> {
    let mut schema = match COMPONENTS.get(name) {
        Some(Value::Object(schema)) => schema.clone(),
        _ => Map::new(),
    };
    let mut known = BTreeSet::new();
    let mut wanted = BTreeSet::new();
    for value in schema.values_mut() {
        refer(value, &mut wanted);
    }
    let mut parts = Map::new();
    while let Some(next) = wanted.pop_first() {
        if !known.insert(next.clone()) {
            continue;
        }
        let mut part = COMPONENTS.get(&next).cloned().unwrap_or_default();
        refer(&mut part, &mut wanted);
        parts.insert(next, part);
    }
    // Clients ask for an object by name, whatever else the schema says of it.
    schema.insert("type".to_owned(), json!("object"));
    if !parts.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(parts));
    }
    Arc::new(schema)
}

/// The `id` of something, needed, and the fields of a component but for those `left_out`.
pub(crate) fn component_of(name: &str, about: &str, left_out: &[&str]) -> Arc<JsonObject> {
    let mut schema = Arc::unwrap_or_clone(component(name));
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        fields.retain(|field, _| !left_out.contains(&field.as_str()));
        fields.insert("id".to_owned(), text(about));
    }
    let mut needed = vec![json!("id")];
    if let Some(Value::Array(required)) = schema.get("required") {
        let stays = |field: &&Value| field.as_str().is_none_or(|name| !left_out.contains(&name));
        needed.extend(required.iter().filter(stays).cloned());
    }
    schema.insert("required".to_owned(), Value::Array(needed));
    Arc::new(schema)
}

/// An object of these properties, the first `required` of them needed.
pub(crate) fn object(properties: &[(&str, Value)], required: usize) -> Arc<JsonObject> {
    let needed: Vec<&str> = properties
        .iter()
        .take(required)
        .map(|(name, _)| *name)
        .collect();
    let fields: Map<String, Value> = properties
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(fields));
    schema.insert("required".to_owned(), json!(needed));
    schema.insert("additionalProperties".to_owned(), json!(false));
    Arc::new(schema)
}

/// A text with what it is for.
pub(crate) fn text(about: &str) -> Value {
    json!({"type": "string", "description": about})
}

/// Points references into the schema itself, and collects what they name.
fn refer(value: &mut Value, wanted: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let named = value
                    .as_str()
                    .and_then(|target| target.strip_prefix(COMPONENT))
                    .map(str::to_owned);
                match named.filter(|_| key == "$ref") {
                    Some(name) => {
                        *value = Value::String(format!("#/$defs/{name}"));
                        wanted.insert(name);
                    }
                    None => refer(value, wanted),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| refer(item, wanted)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
