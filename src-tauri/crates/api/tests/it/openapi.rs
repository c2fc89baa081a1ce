//! The OpenAPI document: golden, and held against the code lists it speaks of.

use serde_json::Value;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

#[test]
fn the_document_is_the_golden_one() {
    let document = api::openapi_json();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(GOLDEN, &document).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert!(
        document == golden,
        "run `UPDATE=1 cargo test -p sendoff-api` and read the difference"
    );
}

#[test]
fn every_problem_code_is_listed_and_every_operation_can_answer_one() {
    let document: Value = serde_json::from_str(&api::openapi_json()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let listed = document["components"]["schemas"]["ProblemCode"]["enum"]
        .as_array()
        .unwrap();
    let listed: Vec<&str> = listed.iter().map(|code| code.as_str().unwrap()).collect();
    let known: Vec<&str> = domain::Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(listed, known);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"];
            assert_eq!(
                problem["schema"]["$ref"], "#/components/schemas/Problem",
                "{method} {path}"
            );
            assert!(operation["description"].is_string() || operation["summary"].is_string());
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let text = api::openapi_json();
    let document: Value = serde_json::from_str(&text).unwrap();
    for found in text.split("\"#/").skip(1) {
        let pointer = format!("/{}", found.split('"').next().unwrap());
        assert!(document.pointer(&pointer).is_some(), "{pointer}");
    }
}

#[test]
fn nothing_that_loosens_is_offered() {
    let document: Value = serde_json::from_str(&api::openapi_json()).unwrap();
    let offered: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    for word in [
        "approve",
        "resume",
        "lift",
        "policy",
        "agents",
        "mailboxes",
        "grant",
        "settle",
    ] {
        assert!(
            !offered.iter().any(|path| path.contains(word)),
            "{word} in {offered:?}"
        );
    }
}
