//! What is generated from the table of rules is the committed text. `UPDATE=1` writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::path::Path;

fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("reference")
        .join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{name} is not what the rules say; write it with `UPDATE=1 cargo test -p sendoff-policy`"
    );
}

#[test]
fn the_reference_page_says_what_the_rules_are() {
    let page = policy::reference_page();
    for code in policy::codes() {
        assert!(page.contains(&format!("`{code}`")), "{code}");
    }
    golden("policy.md", &page);
}

#[test]
fn the_override_of_the_reference_page_reads() {
    let page = policy::reference_page();
    let example = page
        .split("```toml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    policy::parse(example).unwrap();
}

#[test]
fn the_form_asks_for_everything_the_document_takes() {
    let form = policy::form();
    assert_eq!(form.rules.len(), policy::RULES.len());
    let document = policy::default_document();
    for field in form.rules.iter().flat_map(|rule| &rule.fields) {
        assert!(
            document.contains(&format!("\n{} = ", field.key)),
            "{}",
            field.key
        );
    }
    golden(
        "form.json",
        &format!("{}\n", serde_json::to_string_pretty(&form).unwrap()),
    );
}

#[test]
fn the_codes_are_a_closed_list() {
    let codes = policy::codes();
    golden(
        "codes.json",
        &format!("{}\n", serde_json::to_string_pretty(&codes).unwrap()),
    );
}
