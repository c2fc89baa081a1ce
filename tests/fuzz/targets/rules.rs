//! The policy document.

use policy::{Edition, Line, LineKind};

#[path = "../../../src-tauri/crates/policy/tests/testkit/mod.rs"]
mod testkit;

/// A document is refused with a place in it for every problem, or it judges: twice the same, and so
/// when read twice.
pub fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let read = policy::parse(text);
    assert_eq!(read, policy::parse(text));
    let facts = testkit::facts();
    let decision = Edition::read(1, text).evaluate(&facts);
    assert_eq!(decision, Edition::read(1, text).evaluate(&facts));
    match read {
        Ok(_) => reads(text),
        Err(problems) => {
            assert!(!problems.is_empty());
            let lines = text.matches('\n').count() + 1;
            for one in problems {
                assert!((1..=lines).contains(&(one.line as usize)), "{one}");
                assert!(one.column >= 1 && !one.message.is_empty(), "{one}");
            }
            assert!(policy::lines(text).is_empty());
        }
    }
}

/// What reads is said in words, one for each override, and takes a line more.
fn reads(text: &str) {
    let said = policy::lines(text);
    assert!(said.iter().all(|one| !one.words.is_empty()));
    let line = Line {
        agent: None,
        to: vec!["dana@acme.com".to_owned()],
        kind: LineKind::AlwaysAsk,
        reason: "asked for".to_owned(),
    };
    let _a_long_document_has_no_room = policy::undone_by(text, &line);
    let longer = line.appended_to(text);
    if policy::parse(&longer).is_ok() {
        assert_eq!(policy::lines(&longer).len(), said.len() + 1);
    }
}
